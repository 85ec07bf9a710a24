// Creates the device and the token of a redeemed pairing. A repeated call creates no second device.
import type { ApiTokens } from '../tokens/api-token.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { OnEvent } from '../vocabulary/events.js';
import type { NewDevice } from '../vocabulary/port-values.js';
import type { Directory } from '../vocabulary/ports.js';
import type { Account, Actor, Device, Owner } from '../vocabulary/types.js';
import { answerAgainSeconds, type Claim, type Pairing } from './pairing.js';
import type { PairingRecords, StoredPairing } from './records.js';

/** The answer to a successful redemption. */
export interface Redemption {
  readonly accessToken: string;
  /** In seconds. */
  readonly expiresIn: number;
  readonly deviceId: string;
  /** The account that the app is now connected to. The app shows this account to the user. */
  readonly account: { readonly subject: string; readonly displayName?: string | undefined };
}

/** The dependencies of `issuer`. */
export interface IssueServices {
  readonly records: PairingRecords;
  readonly tokens: ApiTokens;
  readonly directory: Pick<Directory, 'createDevice' | 'findDevice' | 'listDevices'>;
  /**
   * Finds the account of a subject. Resolves to `undefined` if Latchkey currently refuses the tokens of this account.
   */
  readonly findAccount: (subject: string) => Promise<Account | undefined>;
  /** Revokes a device on all instances. Rejects with `ERR_DEVICE_UNKNOWN` if there is no such device. */
  readonly revokeDevice: (subject: string, deviceId: string) => Promise<void>;
  /** The maximum number of devices of one user. */
  readonly maximumDevices: number;
  /** The listener must not throw. */
  readonly onEvent: OnEvent;
}

/** Creates devices with their tokens, and revokes devices. */
export interface Issuer {
  /**
   * Returns the account of the pairing's owner. The pairing belongs to the user who opened or approved it, even if
   * another user has the same subject later.
   * @throws {LatchkeyError} `ERR_GRANT_INVALID` when this user is not admitted.
   */
  ownerOf(pairing: Pairing): Promise<Account>;
  /**
   * Checks that the owner has not reached the maximum number of devices. Call this function before the pairing is
   * redeemed. The pairing can then still be redeemed after the owner has revoked a device. Several concurrent requests
   * may pass this check, so only `issue` enforces the limit.
   * @param now The current time in milliseconds since the epoch.
   * @throws {LatchkeyError} `ERR_DEVICE_LIMIT` when the owner has reached the limit.
   */
  requireRoom(owner: Owner, now: number): Promise<void>;
  /** Resolves to `true` if the directory contains this device, even if the device is revoked. */
  isIssued(deviceId: string): Promise<boolean>;
  /**
   * Creates the device for a redeemed pairing, and the device's token.
   * @param first `true` if the device certainly does not exist yet. If `false`, this function first looks up the device
   * in the directory.
   */
  issue(redeemed: StoredPairing, account: Account, first: boolean): Promise<Redemption>;
  /**
   * Revokes the device of a pairing that was redeemed a second time. Each further redemption revokes the device again,
   * because an earlier revocation may have failed in an outage. If the device no longer exists, that is not an error.
   * @param first `true` if no event has reported the second redemption yet.
   */
  endReplayed(pairing: Pairing, first: boolean): Promise<void>;
  /**
   * Revokes the device of a pairing that has a device in the directory, but was never redeemed according to the shared
   * state.
   * @returns `false` when another request has redeemed the pairing meanwhile
   */
  endForgotten(stored: StoredPairing, claim: Claim): Promise<boolean>;
}

/** Creates the issuer. */
export function issuer(services: IssueServices): Issuer {
  const { records, tokens, directory, findAccount, revokeDevice, maximumDevices, onEvent } = services;

  async function revokeIssued({ owner, claim }: Pairing): Promise<void> {
    try {
      await revokeDevice(owner?.subject ?? '', claim?.deviceId ?? '');
    } catch (error) {
      // There is nothing left to revoke: the device was revoked, or its owner was deleted.
      if (!isCoded(error, 'ERR_DEVICE_UNKNOWN') && !isCoded(error, 'ERR_USER_UNKNOWN')) throw error;
    }
  }

  async function makeDevice(redeemed: StoredPairing, device: NewDevice, actor: Actor): Promise<void> {
    try {
      await directory.createDevice(device, maximumDevices, { actor });
    } catch (error) {
      if (isCoded(error, 'ERR_USER_UNKNOWN')) throw new LatchkeyError('ERR_GRANT_INVALID');
      // The browser must not show this device as connected. After the owner has revoked another device, the same code
      // works again.
      if (isCoded(error, 'ERR_DEVICE_LIMIT')) {
        const redeemedAt = device.createdAt.getTime();
        await records.transition(redeemed, { type: 'release', deviceId: device.id, redeemedAt });
      }
      throw error;
    }
  }

  async function endReplayed(pairing: Pairing, first: boolean): Promise<void> {
    if (first) {
      const { userId = '', subject = '' } = pairing.owner ?? {};
      const deviceId = pairing.claim?.deviceId ?? '';
      onEvent({ type: 'pairing.replayed', pairingId: pairing.id, userId, subject, deviceId });
    }
    await revokeIssued(pairing);
  }

  async function endForgotten(stored: StoredPairing, claim: Claim): Promise<boolean> {
    const { redeemedAt } = stored.pairing;
    const replay = await records.transition(stored, { type: 'replay', claim, redeemedAt });
    if (replay?.outcome !== 'moved' && replay?.outcome !== 'replayed') return false;
    await endReplayed(replay.pairing, replay.outcome === 'moved');
    return true;
  }

  /**
   * Returns the time at which the device was paired. If the row's `createdAt` is the time of this redemption, this
   * redemption created the row. Otherwise, an earlier redemption created the row, and the shared state has lost that
   * redemption. Only the app of the earlier redemption may then get the token again. If the pairing was approved, the
   * device code or the redemption id has already identified that app.
   */
  async function issuedAtOf({ createdAt }: Device, redeemed: StoredPairing, claim: Claim): Promise<Date> {
    const { pairing } = redeemed;
    const late = (pairing.redeemedAt ?? 0) - createdAt.getTime();
    if (late === 0) return createdAt;
    if (pairing.approvedAt === undefined) await endForgotten(redeemed, claim);
    else if (late > 0 && late < answerAgainSeconds * 1000) return createdAt;
    throw new LatchkeyError('ERR_GRANT_INVALID');
  }

  async function isIssued(deviceId: string): Promise<boolean> {
    return (await directory.findDevice(deviceId)) !== undefined;
  }

  async function ownerOf({ owner }: Pairing): Promise<Account> {
    const account = owner && (await findAccount(owner.subject));
    if (account === undefined || account.userId !== owner?.userId) throw new LatchkeyError('ERR_GRANT_INVALID');
    return account;
  }

  async function requireRoom({ userId }: Owner, now: number): Promise<void> {
    const devices = await directory.listDevices(userId, new Date(now));
    if (devices.length >= maximumDevices) throw new LatchkeyError('ERR_DEVICE_LIMIT');
  }

  async function issue(redeemed: StoredPairing, account: Account, first: boolean): Promise<Redemption> {
    const { pairing } = redeemed;
    const { id, claim, redeemedAt = 0 } = pairing;
    if (claim === undefined) throw new LatchkeyError('ERR_GRANT_INVALID');
    const { deviceId, deviceName, clientId, appVersion, platform, pairedBy, address } = claim;
    const known = first ? undefined : await directory.findDevice(deviceId);
    if (known === undefined) {
      const createdAt = new Date(redeemedAt);
      const lastAddress = address === '' ? undefined : address;
      const device: NewDevice = {
        id: deviceId,
        userId: account.userId,
        name: deviceName,
        clientId,
        appVersion,
        platform,
        pairedBy,
        lastAddress,
        createdAt,
        expiresAt: tokens.expiryOf(createdAt, createdAt),
      };
      await makeDevice(redeemed, device, { subject: account.subject, address: lastAddress });
    }
    const row = known ?? (await directory.findDevice(deviceId));
    if (row?.user.id !== account.userId || row.device.revokedAt !== undefined) {
      throw new LatchkeyError('ERR_GRANT_INVALID');
    }
    const issuedAt = await issuedAtOf(row.device, redeemed, claim);
    const expiresAt = tokens.expiryOf(issuedAt, issuedAt);
    const event = { type: 'issue', deviceId, redeemedAt } as const;
    const issuing = await records.transition(redeemed, event).catch(async (error) => {
      // An app that cannot repeat its request will never receive this device's token, so the device must not stay
      // valid.
      if (!canAskAgain(pairing)) await revokeIssued(pairing);
      throw error;
    });
    if (issuing === undefined || issuing.outcome === 'refused') {
      await revokeIssued(pairing);
      throw new LatchkeyError('ERR_GRANT_INVALID');
    }
    if (known === undefined && issuedAt.getTime() === redeemedAt) {
      const user = { userId: account.userId, subject: account.subject };
      onEvent({ type: 'device.paired', pairingId: id, ...user, deviceId, deviceName, clientId, pairedBy, address });
    }
    return {
      accessToken: tokens.mint({ deviceId, subject: account.subject, clientId, issuedAt, expiresAt }),
      expiresIn: secondsUntil(expiresAt, Math.max(issuing.now, redeemedAt)),
      deviceId,
      account: { subject: account.subject, displayName: account.displayName },
    };
  }

  return { ownerOf, requireRoom, isIssued, issue, endReplayed, endForgotten };
}

/** Returns `true` if the app can request a lost answer again, with its redemption id or its device code. */
function canAskAgain({ approvedAt, claim }: Pairing): boolean {
  return approvedAt !== undefined || claim?.redemptionHash !== undefined;
}

function isCoded(error: unknown, code: LatchkeyError['code']): boolean {
  return error instanceof LatchkeyError && error.code === code;
}

function secondsUntil(end: Date, now: number): number {
  return Math.floor((end.getTime() - now) / 1000);
}
