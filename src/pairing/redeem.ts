// pairing/: how an app turns a code or a QR secret into a token of its own.
import { randomUUID } from 'node:crypto';
import { LatchkeyError } from '../errors.js';
import type { Directory, SharedState } from '../ports.js';
import type { ApiTokens } from '../tokens/api-token.js';
import type { KeyRing } from '../tokens/key-ring.js';
import type { Account, OnEvent } from '../types.js';
import { type Codes, equal } from './code.js';
import { checkedDevice, checkedProof, type Proof, type RedeemingDevice, redemptionHash } from './input.js';
import { type PairedDevice, type Pairing, statusAt } from './pairing.js';
import { locatorKey, type PairingRecords } from './records.js';
import { pairingSecret } from './secrets.js';
import { type Throttle, throttled } from './throttle.js';

/** What the app gets. */
export interface Redemption {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly deviceId: string;
  /** Whose account it is now in, for the app to show. */
  readonly account: { readonly subject: string; readonly displayName?: string };
}

/** What redeeming works with. */
export interface RedeemServices {
  readonly state: SharedState;
  readonly records: PairingRecords;
  readonly throttle: Throttle;
  readonly codes: Codes;
  readonly keys: KeyRing;
  readonly tokens: ApiTokens;
  readonly directory: Pick<Directory, 'createDevice' | 'findDevice' | 'listDevices'>;
  readonly findAccount: (subject: string) => Promise<Account | undefined>;
  readonly revokeDevice: (subject: string, deviceId: string) => Promise<void>;
  readonly maximumDevices: number;
  readonly onEvent: OnEvent;
}

/** Wrong tries after which a pairing is burned. */
export const triesPerPairing = 5;

const triesWindowSeconds = 900;
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Redeems a proof. Whatever is wrong with it, the answer is the same `ERR_GRANT_INVALID`. */
export function redeemer(services: RedeemServices): (proof: Proof, device: RedeemingDevice) => Promise<Redemption> {
  const { state, records, throttle, codes, keys, tokens, directory, findAccount, revokeDevice, onEvent } = services;
  const { maximumDevices } = services;
  /** What is evaluated where there is nothing to evaluate, so that both take as long. */
  const nothing = { id: randomUUID(), kid: keys.current.kid };

  /** Finds what the proof is for, after counting the attempt. */
  async function look(given: Proof, address: string): Promise<{ id: string; matches: Matcher }> {
    if ('secret' in given) {
      await throttle.attempt(address);
      const matches: Matcher = async (source) =>
        equal(pairingSecret(keys, source, 'qr')?.toString('base64url'), given.secret);
      return { id: uuidPattern.test(given.id) ? given.id : 'none', matches };
    }
    const code = codes.parse(given.code);
    const [, [id, globalReached]] = await Promise.all([
      throttle.attempt(address),
      state.get([locatorKey(code?.locator), throttle.globalKey]),
    ]);
    if (globalReached !== undefined) throw throttled();
    return { id: id ?? 'none', matches: (source, at) => codes.matches(source, code?.proof ?? '', at) };
  }

  /** Says whose pairing the proof opens; throws for every other. */
  async function prove(given: Proof, address: string): Promise<Pairing> {
    const { id, matches } = await look(given, address);
    const { pairing, now } = await records.find(id);
    const live = pairing !== undefined && isLive(pairing, now) ? pairing : undefined;
    // Reserved before anything is evaluated: of 200 guesses at once, 5 count.
    const tries = await state.increment(`pairing-tries:${pairing?.id ?? 'none'}`, triesWindowSeconds);
    const reserved = tries <= triesPerPairing ? live : undefined;
    const evaluated = (await throttle.userAttempt(reserved?.userId)) ? reserved : undefined;
    // A used code is compared as of its redemption: a replay is recognised long after its step.
    const matched = await matches(evaluated ?? nothing, live?.redeemedAt ?? now);
    if (evaluated !== undefined && matched) return evaluated;
    await throttle.miss();
    // By the try that was the last one, not by those beyond: a right one may still be on its way.
    const last = tries === triesPerPairing || evaluated === undefined;
    if (reserved?.state === 'open' && last) await burn(reserved);
    throw new LatchkeyError('ERR_GRANT_INVALID');
  }

  async function burn({ id, userId }: Pairing): Promise<void> {
    const burned = await records.transition(id, { type: 'exhaust' });
    if (burned?.decision.outcome === 'moved') onEvent({ type: 'pairing.burned', pairingId: id, userId });
  }

  /** Ends what a replayed pairing gave out: again for whoever asks again, so that an outage can't keep it alive. */
  async function undo(pairing: Pairing, first: boolean): Promise<void> {
    const deviceId = pairing.device?.id ?? '';
    if (first) onEvent({ type: 'pairing.replayed', pairingId: pairing.id, userId: pairing.userId, deviceId });
    await revoke(pairing, deviceId);
  }

  async function revoke(pairing: Pairing, deviceId: string): Promise<void> {
    try {
      await revokeDevice(pairing.subject, deviceId);
    } catch (error) {
      // Gone already, with its owner or by their own hand.
      const absent =
        error instanceof LatchkeyError && (error.code === 'ERR_DEVICE_UNKNOWN' || error.code === 'ERR_USER_UNKNOWN');
      if (!absent) throw error;
    }
  }

  /** Makes the device of a redeemed pairing, and the token. Safe to do twice. */
  async function issue(pairing: Pairing, account: Account, first: boolean): Promise<Redemption> {
    const { device, redeemedAt = 0, userId, id } = pairing;
    if (device === undefined) throw new LatchkeyError('ERR_GRANT_INVALID');
    const issuedAt = new Date(redeemedAt);
    const expiresAt = new Date(redeemedAt + tokens.lifetimeSeconds * 1000);
    const known = first ? undefined : await directory.findDevice(device.id);
    if (known?.device.revokedAt !== undefined) throw new LatchkeyError('ERR_GRANT_INVALID');
    if (known === undefined) {
      await createDevice({
        id: device.id,
        userId,
        name: device.name,
        clientId: device.clientId,
        pairedBy: device.pairedBy,
        createdAt: issuedAt,
        expiresAt,
      });
    }
    const issuing = await records.transition(id, { type: 'issue', deviceId: device.id }).catch(async (error) => {
      // Without a redemption id nobody can ask for this device's token again, so it must not live on.
      if (device.redemptionHash === undefined) await revoke(pairing, device.id);
      throw error;
    });
    if (issuing === undefined || issuing.decision.outcome === 'refused') {
      await revoke(pairing, device.id);
      throw new LatchkeyError('ERR_GRANT_INVALID');
    }
    if (known === undefined) {
      onEvent({ type: 'device.paired', pairingId: id, userId, deviceId: device.id, pairedBy: device.pairedBy });
    }
    return {
      accessToken: tokens.mint({ deviceId: device.id, subject: pairing.subject, issuedAt, expiresAt }),
      expiresIn: Math.min(tokens.lifetimeSeconds, Math.floor((expiresAt.getTime() - issuing.now) / 1000)),
      deviceId: device.id,
      account: {
        subject: account.subject,
        ...(account.displayName === undefined ? {} : { displayName: account.displayName }),
      },
    };
  }

  async function createDevice(device: Parameters<Directory['createDevice']>[0]): Promise<void> {
    try {
      await directory.createDevice(device, maximumDevices);
    } catch (error) {
      const ownerGone = error instanceof LatchkeyError && error.code === 'ERR_USER_UNKNOWN';
      throw ownerGone ? new LatchkeyError('ERR_GRANT_INVALID') : error;
    }
  }

  /**
   * Refuses before the pairing is used up: it stays open, and goes on once a device is revoked. Of those who come at
   * once too many may pass here; `createDevice` lets through no more than there is room for.
   */
  async function requireRoom({ userId }: Pairing): Promise<void> {
    const devices = await directory.listDevices(userId, new Date(await state.now()));
    if (devices.length >= maximumDevices) throw new LatchkeyError('ERR_DEVICE_LIMIT');
  }

  /** The owner, if admitted. A subject can come back as another user; the pairing belongs to the one who opened it. */
  async function ownerOf(pairing: Pairing): Promise<Account> {
    const account = await findAccount(pairing.subject);
    if (account?.userId !== pairing.userId) throw new LatchkeyError('ERR_GRANT_INVALID');
    return account;
  }

  return async (givenProof, givenDevice) => {
    const proof = checkedProof(givenProof);
    const { address, redemptionId, ...names } = checkedDevice(givenDevice);
    const found = await prove(proof, address);
    const device: PairedDevice = {
      id: randomUUID(),
      name: names.deviceName,
      clientId: names.clientId,
      pairedBy: 'code' in proof ? 'code' : 'qr',
      ...(redemptionId === undefined ? {} : { redemptionHash: redemptionHash(redemptionId) }),
    };
    // Before the pairing is used up, so that an outage of the directory costs a try and no more. A second redemption is
    // dealt with first, whether its owner is admitted or not: what was issued must not come back with them.
    const owner = found.state === 'open' ? await ownerOf(found) : undefined;
    if (found.state === 'open') await requireRoom(found);
    const { decision } = (await records.transition(found.id, { type: 'redeem', device })) ?? {};
    if (decision === undefined || decision.outcome === 'refused') throw new LatchkeyError('ERR_GRANT_INVALID');
    const { pairing } = decision;
    if (pairing.replayed) {
      await undo(pairing, decision.outcome === 'moved');
      throw new LatchkeyError('ERR_GRANT_INVALID');
    }
    return issue(pairing, owner ?? (await ownerOf(pairing)), decision.outcome === 'moved');
  };
}

type Matcher = (source: { readonly id: string; readonly kid: string }, at: number) => Promise<boolean>;

/** Whether a right proof still means something: a token, or the discovery of a replay. */
function isLive(pairing: Pairing, now: number): boolean {
  const status = statusAt(pairing, now);
  return status === 'open' || status === 'redeemed' || pairing.replayed === true;
}
