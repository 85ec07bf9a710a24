// From a redeemed pairing to a device and its token. Safe to do twice.

import type { ApiTokens } from '../tokens/api-token.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { NewDevice } from '../vocabulary/port-values.js';
import type { Directory } from '../vocabulary/ports.js';
import type { Account, Actor, Device, OnEvent } from '../vocabulary/types.js';
import { answerAgainSeconds, type Claim, type Pairing } from './pairing.js';
import type { PairingRecords, StoredPairing } from './records.js';

/** What the app gets. */
export interface Redemption {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly deviceId: string;
  /** Whose account it is now in, for the app to show. */
  readonly account: { readonly subject: string; readonly displayName?: string };
}

/** What issuing works with. */
export interface IssueServices {
  readonly records: PairingRecords;
  readonly tokens: ApiTokens;
  readonly directory: Pick<Directory, 'createDevice' | 'findDevice' | 'listDevices'>;
  /** The account of a subject if it is admitted now, for tokens. */
  readonly findAccount: (subject: string) => Promise<Account | undefined>;
  /** Revokes a device everywhere. May reject with `ERR_DEVICE_UNKNOWN`. */
  readonly revokeDevice: (subject: string, deviceId: string) => Promise<void>;
  /** How many devices one user may have. */
  readonly maximumDevices: number;
  /** Must not throw. */
  readonly onEvent: OnEvent;
}

/** Makes devices and tokens, and takes them back. */
export interface Issuer {
  /**
   * The owner, if admitted. A subject can come back as another user; the pairing belongs to the one who opened or
   * approved it. Throws `ERR_GRANT_INVALID`.
   */
  ownerOf(pairing: Pairing): Promise<Account>;
  /**
   * Throws `ERR_DEVICE_LIMIT` where the owner has no room for another device: before the pairing is used up, so that it
   * goes on once one is revoked. Of those who come at once too many may pass here; `issue` lets through no more than
   * there is room for. `now`: milliseconds.
   */
  requireRoom(userId: string, now: number): Promise<void>;
  /** Whether the directory has this device, revoked or not. */
  isIssued(deviceId: string): Promise<boolean>;
  /** Makes the device of a redeemed pairing, and the token. `first`: this redemption cannot have made the device before. */
  issue(redeemed: StoredPairing, account: Account, first: boolean): Promise<Redemption>;
  /**
   * Revokes what a replayed pairing gave out: again for whoever asks again, so that an outage can't keep it alive.
   * Revoking what is gone already is no error. `first`: the replay has not been reported yet.
   */
  endReplayed(pairing: Pairing, first: boolean): Promise<void>;
  /**
   * The same for a pairing whose device the directory has, if the shared state still says that it is not redeemed. `false`:
   * it does not, so somebody else was just faster.
   */
  endForgotten(pairing: Pairing, claim: Claim): Promise<boolean>;
}

/** Makes the service. */
export function issuer(services: IssueServices): Issuer {
  const { records, tokens, directory, findAccount, revokeDevice, maximumDevices, onEvent } = services;

  async function takeBack({ owner, claim }: Pairing): Promise<void> {
    try {
      await revokeDevice(owner?.subject ?? '', claim?.deviceId ?? '');
    } catch (error) {
      // Gone already, with its owner or by their own hand.
      if (!isCoded(error, 'ERR_DEVICE_UNKNOWN') && !isCoded(error, 'ERR_USER_UNKNOWN')) throw error;
    }
  }

  async function makeDevice(redeemed: StoredPairing, device: NewDevice, actor: Actor): Promise<void> {
    try {
      await directory.createDevice(device, maximumDevices, { actor });
    } catch (error) {
      if (isCoded(error, 'ERR_USER_UNKNOWN')) throw new LatchkeyError('ERR_GRANT_INVALID');
      // The browser must not say that this device is connected; once another is revoked, the same code works again.
      if (isCoded(error, 'ERR_DEVICE_LIMIT')) {
        const redeemedAt = device.createdAt.getTime();
        await records.transition(redeemed.pairing.id, { type: 'release', deviceId: device.id, redeemedAt }, redeemed);
      }
      throw error;
    }
  }

  async function endReplayed(pairing: Pairing, first: boolean): Promise<void> {
    if (first) {
      const userId = pairing.owner?.userId ?? '';
      onEvent({ type: 'pairing.replayed', pairingId: pairing.id, userId, deviceId: pairing.claim?.deviceId ?? '' });
    }
    await takeBack(pairing);
  }

  async function endForgotten(pairing: Pairing, claim: Claim): Promise<boolean> {
    const { id, redeemedAt } = pairing;
    const found = redeemedAt === undefined ? {} : { redeemedAt };
    const replay = await records.transition(id, { type: 'replay', claim, ...found });
    if (replay?.outcome !== 'moved' && replay?.outcome !== 'replayed') return false;
    await endReplayed(replay.pairing, replay.outcome === 'moved');
    return true;
  }

  /**
   * When the device was paired, if it is this redemption's: the row has the very millisecond. Any other row is of an
   * earlier redemption, which the shared state has forgotten. Its token goes again only to the app that asked first,
   * which an approved pairing knows by its device code or redemption id.
   */
  async function issuedAtOf({ createdAt }: Device, pairing: Pairing, claim: Claim): Promise<Date> {
    const late = (pairing.redeemedAt ?? 0) - createdAt.getTime();
    if (late === 0) return createdAt;
    if (pairing.approvedAt === undefined) await endForgotten(pairing, claim);
    else if (late > 0 && late < answerAgainSeconds * 1000) return createdAt;
    throw new LatchkeyError('ERR_GRANT_INVALID');
  }

  return {
    endReplayed,
    endForgotten,

    async isIssued(deviceId) {
      return (await directory.findDevice(deviceId)) !== undefined;
    },

    async ownerOf({ owner }) {
      const account = owner && (await findAccount(owner.subject));
      if (account === undefined || account.userId !== owner?.userId) throw new LatchkeyError('ERR_GRANT_INVALID');
      return account;
    },

    async requireRoom(userId, now) {
      const devices = await directory.listDevices(userId, new Date(now));
      if (devices.length >= maximumDevices) throw new LatchkeyError('ERR_DEVICE_LIMIT');
    },

    async issue(redeemed, account, first) {
      const { pairing } = redeemed;
      const { id, claim, redeemedAt = 0 } = pairing;
      if (claim === undefined) throw new LatchkeyError('ERR_GRANT_INVALID');
      const { deviceId, deviceName, clientId, appVersion, platform, pairedBy, address } = claim;
      const known = first ? undefined : await directory.findDevice(deviceId);
      if (known === undefined) {
        const createdAt = new Date(redeemedAt);
        const from = address === '' ? {} : { address };
        const device: NewDevice = {
          id: deviceId,
          userId: account.userId,
          name: deviceName,
          clientId,
          ...(appVersion === undefined ? {} : { appVersion }),
          ...(platform === undefined ? {} : { platform }),
          pairedBy,
          ...(address === '' ? {} : { lastAddress: address }),
          createdAt,
          expiresAt: tokens.expiryOf(createdAt, createdAt),
        };
        await makeDevice(redeemed, device, { subject: account.subject, ...from });
      }
      const row = known ?? (await directory.findDevice(deviceId));
      if (row?.user.id !== account.userId || row.device.revokedAt !== undefined) {
        throw new LatchkeyError('ERR_GRANT_INVALID');
      }
      const issuedAt = await issuedAtOf(row.device, pairing, claim);
      const expiresAt = tokens.expiryOf(issuedAt, issuedAt);
      const event = { type: 'issue', deviceId, redeemedAt } as const;
      const issuing = await records.transition(id, event, redeemed).catch(async (error) => {
        // An app that cannot ask again would never hold this device's token, so it must not live on.
        if (!canAskAgain(pairing)) await takeBack(pairing);
        throw error;
      });
      if (issuing === undefined || issuing.outcome === 'refused') {
        await takeBack(pairing);
        throw new LatchkeyError('ERR_GRANT_INVALID');
      }
      if (known === undefined && issuedAt.getTime() === redeemedAt) {
        const { userId } = account;
        onEvent({ type: 'device.paired', pairingId: id, userId, deviceId, deviceName, clientId, pairedBy, address });
      }
      return {
        accessToken: tokens.mint({ deviceId, subject: account.subject, clientId, issuedAt, expiresAt }),
        expiresIn: secondsUntil(expiresAt, Math.max(issuing.now, redeemedAt)),
        deviceId,
        account: {
          subject: account.subject,
          ...(account.displayName === undefined ? {} : { displayName: account.displayName }),
        },
      };
    },
  };
}

/** By its redemption id, or by the device code that it polls with. */
function canAskAgain({ approvedAt, claim }: Pairing): boolean {
  return approvedAt !== undefined || claim?.redemptionHash !== undefined;
}

function isCoded(error: unknown, code: LatchkeyError['code']): boolean {
  return error instanceof LatchkeyError && error.code === code;
}

function secondsUntil(end: Date, now: number): number {
  return Math.floor((end.getTime() - now) / 1000);
}
