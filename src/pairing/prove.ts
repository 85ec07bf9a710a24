// Finds the pairing to which a code or a QR secret belongs. Counts each attempt before evaluating it.
import { LatchkeyError } from '../vocabulary/errors.js';
import { equal } from './equal.js';
import type { Proof } from './input.js';
import { isUnderWay, type Pairing, statusAt } from './pairing.js';
import { locatorKey, type StoredPairing } from './records.js';
import { nothing, pairingSecret, type SecretSource } from './secrets.js';
import type { PairingServices } from './services.js';

/**
 * The pairing of a correct proof. If `suspicious` is `true`, there were many wrong codes recently, so a typed code
 * needs approval.
 */
export interface Proven extends StoredPairing {
  readonly suspicious: boolean;
}

/** The number of wrong tries after which a pairing is burned. */
export const triesPerPairing = 5;

const triesWindowSeconds = 900;
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Creates the function that finds the pairing to which a proof belongs. For every invalid proof, the function throws
 * the same `ERR_GRANT_INVALID`, so that the error does not reveal the reason.
 */
export function prover(services: PairingServices): (proof: Proof, address: string) => Promise<Proven> {
  const { state, records, throttle, codes, keys, onEvent } = services;
  const blank = nothing(keys);

  /** Counts the attempt, and then finds the pairing id to which the proof refers. */
  async function look(given: Proof, address: string): Promise<Looked> {
    if ('secret' in given) {
      await throttle.attempt(address);
      const matches: Matcher = async (source) =>
        equal(pairingSecret(keys, source, 'qr')?.toString('base64url'), given.secret);
      return { id: uuidPattern.test(given.id) ? given.id : 'none', matches, suspicious: false };
    }
    const code = codes.parse(given.code);
    const [, [id, suspicion]] = await Promise.all([
      throttle.attempt(address),
      state.get([locatorKey(code?.locator), throttle.suspicionKey]),
    ]);
    const matches: Matcher = (source, at) => codes.matches(source, code?.proof ?? '', at);
    return { id: id ?? 'none', matches, suspicious: suspicion !== undefined };
  }

  async function burn(stored: StoredPairing): Promise<void> {
    const { id, owner } = stored.pairing;
    const burned = await records.transition(stored, { type: 'exhaust' });
    if (burned?.outcome !== 'moved') return;
    onEvent({ type: 'pairing.burned', pairingId: id, userId: owner?.userId ?? '', subject: owner?.subject ?? '' });
  }

  async function prove(given: Proof, address: string): Promise<Proven> {
    const { id, matches, suspicious } = await look(given, address);
    const { pairing, now } = await records.find(id);
    const live = pairing !== undefined && isLive(pairing, now) ? pairing : undefined;
    // The try is counted before it is evaluated. So if 200 guesses arrive at the same time, only 5 of them are
    // evaluated.
    const tries = await state.increment(`pairing-tries:${pairing?.id ?? 'none'}`, triesWindowSeconds);
    const reserved = tries <= triesPerPairing ? live : undefined;
    const evaluated = (await throttle.userAttempt(reserved?.owner)) ? reserved : undefined;
    // A code that was already used is checked as of the time of its first use, so that a second use is detected long
    // after the code's time step.
    const usedAt = live?.claim?.claimedAt;
    const matched = await matches(evaluated ?? blank, usedAt ?? now);
    if (evaluated !== undefined && matched) return { pairing: evaluated, suspicious, now };
    await throttle.miss();
    // A wrong try burns the pairing only if it is the last permitted try. Later tries do not burn the pairing, because
    // a correct try might still be in progress.
    const last = tries === triesPerPairing || evaluated === undefined;
    if (reserved?.state === 'open' && last) await burn({ pairing: reserved, now });
    throw new LatchkeyError('ERR_GRANT_INVALID');
  }

  return prove;
}

interface Looked {
  readonly id: string;
  readonly matches: Matcher;
  readonly suspicious: boolean;
}

type Matcher = (source: SecretSource, at: number) => Promise<boolean>;

/**
 * Returns `true` if a correct proof still has an effect: it leads to a token, to a wait for approval, or to the
 * detection of a second redemption.
 */
function isLive(pairing: Pairing, now: number): boolean {
  const status = statusAt(pairing, now);
  return pairing.flow === 'browser' && (isUnderWay(status) || status === 'redeemed' || pairing.replayed === true);
}
