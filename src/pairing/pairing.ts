// The state machine of a pairing, for the browser flow and the device flow. All functions are pure.
import type { Owner, PairedBy, PairingStatus } from '../vocabulary/types.js';
import { isOneOf, underWayStatuses } from '../vocabulary/words.js';

/** In the browser flow, the number of seconds for which an app can redeem a pairing after it was opened. */
export const pairingSeconds = 300;
/**
 * The number of seconds for which a user can approve a device request after it was opened. The user has to open a
 * browser first.
 */
export const requestSeconds = 600;
/** The minimum number of seconds that a user has to decide about a claim, even if the claim came late. */
export const decisionSeconds = 120;
/** The minimum number of seconds that an app has to collect its token after the approval. */
export const collectSeconds = 60;
/** The number of seconds for which a pairing is kept after its end, so that a second redemption is still detected. */
export const tombstoneSeconds = 600;
/** The number of seconds for which the app can request a lost answer again after the redemption. */
export const answerAgainSeconds = 60;
/** The number of wrong match numbers after which a claim is denied. */
export const wrongNumbersAllowed = 3;

/** Where a pairing starts: in a logged-in browser (quick connect), or on a device (RFC 8628). */
export type Flow = 'browser' | 'device';

/** An app's request for access to an account, with the app's description of itself. */
export interface Claim {
  /** The id of the device that the pairing creates. Every claim of one pairing has the same device id. */
  readonly deviceId: string;
  readonly deviceName: string;
  readonly clientId: string;
  readonly appVersion?: string | undefined;
  readonly platform?: string | undefined;
  /** The IP address of the request. */
  readonly address: string;
  readonly pairedBy: PairedBy;
  /**
   * The SHA-256 hash of the app's redemption id. Absent if the app sent no redemption id. Without a redemption id, an
   * app cannot prove later that it is the same app.
   */
  readonly redemptionHash?: string | undefined;
  /** The time at which the app requested access, in milliseconds since the epoch by the shared clock. */
  readonly claimedAt: number;
}

/**
 * One attempt to connect an app. The record contains no secrets, because all secrets are derived from `id` and the key
 * with the id `kid`.
 */
export interface Pairing {
  readonly id: string;
  readonly flow: Flow;
  /**
   * The user to whose account the app is connected. In the device flow, absent until a user has approved the request.
   */
  readonly owner?: Owner | undefined;
  /** The id of the key from which every code and secret of this pairing is derived. */
  readonly kid: string;
  /** The part of a typed code that identifies the pairing. Present only in the browser flow. */
  readonly locator?: string | undefined;
  /** In milliseconds since the epoch by the shared clock, like all times in this interface. */
  readonly openedAt: number;
  readonly expiresAt: number;
  readonly state: Exclude<PairingStatus, 'expired'>;
  readonly claim?: Claim | undefined;
  /** The number of wrong match numbers that the user has typed. */
  readonly wrongNumbers?: number | undefined;
  readonly approvedAt?: number | undefined;
  readonly redeemedAt?: number | undefined;
  /**
   * `true` as soon as the device exists in the directory and Latchkey may issue its token. Before that, a second
   * redemption revokes nothing.
   */
  readonly issued?: true | undefined;
  /** `true` if the pairing was burned because it was redeemed a second time. */
  readonly replayed?: true | undefined;
}

/**
 * The events of a pairing.
 *
 * `prove`: an app has sent a correct code or QR secret. If `approval` is `true`, the user must approve the app first.
 *
 * `approve`: in the browser flow, the owner has typed a match number, which may be wrong. In the device flow, a user
 * has entered the user code and approved the device.
 *
 * `deny`, `cancel`: a user has denied or canceled the pairing.
 *
 * `collect`: the app polls for its token.
 *
 * `issue`: the device was created in the directory.
 *
 * `release`: the device could not be created, because the owner has too many devices.
 *
 * `replay`: the directory has the device of an earlier redemption that the shared state has lost. If a new redemption
 * was stored before the device was found, `redeemedAt` is the time of the new redemption.
 *
 * `exhaust`: too many wrong codes were tried.
 */
export type PairingEvent =
  | { readonly type: 'prove'; readonly claim: Claim; readonly approval: boolean }
  | { readonly type: 'approve'; readonly owner: Owner; readonly matched: boolean }
  | { readonly type: 'deny' }
  | { readonly type: 'collect' }
  | { readonly type: 'issue'; readonly deviceId: string; readonly redeemedAt: number }
  | { readonly type: 'release'; readonly deviceId: string; readonly redeemedAt: number }
  | { readonly type: 'replay'; readonly claim: Claim; readonly redeemedAt?: number | undefined }
  | { readonly type: 'exhaust' }
  | { readonly type: 'cancel' };

/**
 * The result of an event.
 * - `moved`: the event changes the pairing, and the caller must store the new pairing.
 * - `again`: the same app requests a lost answer again.
 * - `waiting`: the user has not decided yet.
 * - `replayed`: a second redemption has already burned the pairing.
 * - `refused`: the event is not allowed in this state.
 */
export interface Decision {
  readonly outcome: 'moved' | 'again' | 'waiting' | 'replayed' | 'refused';
  /** The pairing after the event. */
  readonly pairing: Pairing;
}

/** Returns the status of the pairing at the time `now`. */
export function statusAt(pairing: Pairing, now: number): PairingStatus {
  return isUnderWay(pairing.state) && now >= pairing.expiresAt ? 'expired' : pairing.state;
}

/** Returns `true` if a pairing with this status can still lead to a token. */
export function isUnderWay(status: PairingStatus): boolean {
  return isOneOf(underWayStatuses, status);
}

/** Returns the effect of an event on a pairing. This is the transition function of the state machine. */
export function decide(pairing: Pairing, event: PairingEvent, now: number): Decision {
  const status = statusAt(pairing, now);
  const refused: Decision = { outcome: 'refused', pairing };
  switch (event.type) {
    case 'prove':
      return proved(pairing, status, event, now);
    case 'collect':
      return collected(pairing, status, now);
    case 'approve':
      return approved(pairing, status, event, now);
    case 'deny':
      return awaitsDecision(pairing, status) ? moved({ ...pairing, state: 'denied' }) : refused;
    case 'cancel':
      return isUnderWay(status) ? moved({ ...pairing, state: 'cancelled' }) : refused;
    case 'exhaust':
      // A pairing of the device flow has no locator, so nobody can guess codes for it.
      return status === 'open' && pairing.flow === 'browser' ? moved({ ...pairing, state: 'burned' }) : refused;
    case 'issue':
      if (!isRedeemedBy(pairing, event)) return refused;
      return pairing.issued ? { outcome: 'again', pairing } : moved({ ...pairing, issued: true });
    case 'release':
      if (!isRedeemedBy(pairing, event) || pairing.issued) return refused;
      return moved(released(pairing));
    case 'replay':
      if (pairing.replayed) return { outcome: 'replayed', pairing };
      if (!isUnderWay(status) && (status !== 'redeemed' || pairing.redeemedAt !== event.redeemedAt)) return refused;
      return moved({ ...pairing, claim: pairing.claim ?? event.claim, state: 'burned', replayed: true });
  }
}

function proved(
  pairing: Pairing,
  status: PairingStatus,
  { claim, approval }: Extract<PairingEvent, { type: 'prove' }>,
  now: number,
): Decision {
  const refused: Decision = { outcome: 'refused', pairing };
  if (pairing.flow !== 'browser') return refused;
  if (status === 'open') {
    if (!approval) return moved({ ...pairing, claim, state: 'redeemed', redeemedAt: now });
    const expiresAt = Math.max(pairing.expiresAt, now + decisionSeconds * 1000);
    return moved({ ...pairing, claim, state: 'claimed', expiresAt });
  }
  if (pairing.replayed) return { outcome: 'replayed', pairing };
  if (sameRedemption(pairing.claim, claim)) return collected(pairing, status, now);
  // Before the device exists, concurrent redemptions compete for the first token. The other redemptions are only
  // refused, because there is no token to revoke yet.
  if (status !== 'redeemed' || !pairing.issued) return refused;
  // If a code is used twice, the second use is refused, and the token from the first use is revoked (RFC 6749 §4.1.2).
  return moved({ ...pairing, state: 'burned', replayed: true });
}

function collected(pairing: Pairing, status: PairingStatus, now: number): Decision {
  switch (status) {
    case 'open':
    case 'claimed':
      return { outcome: 'waiting', pairing };
    case 'approved':
      return moved({ ...pairing, state: 'redeemed', redeemedAt: now });
    case 'redeemed': {
      const inTime = now < (pairing.redeemedAt ?? 0) + answerAgainSeconds * 1000;
      return { outcome: inTime ? 'again' : 'refused', pairing };
    }
    default:
      return { outcome: 'refused', pairing };
  }
}

function approved(
  pairing: Pairing,
  status: PairingStatus,
  { owner, matched }: Extract<PairingEvent, { type: 'approve' }>,
  now: number,
): Decision {
  if (!awaitsDecision(pairing, status)) return { outcome: 'refused', pairing };
  if (matched) {
    const expiresAt = Math.max(pairing.expiresAt, now + collectSeconds * 1000);
    // Only these two members are stored, because a caller may pass a whole principal.
    const { userId, subject } = owner;
    return moved({ ...pairing, owner: { userId, subject }, state: 'approved', approvedAt: now, expiresAt });
  }
  const wrongNumbers = (pairing.wrongNumbers ?? 0) + 1;
  return moved({ ...pairing, wrongNumbers, state: wrongNumbers < wrongNumbersAllowed ? pairing.state : 'denied' });
}

/**
 * Returns the pairing as it was before the redemption, so that an app can redeem it again after the owner has revoked a
 * device.
 */
function released({ redeemedAt: _, ...pairing }: Pairing): Pairing {
  if (pairing.approvedAt !== undefined) return { ...pairing, state: 'approved' };
  const { claim: _claim, ...unclaimed } = pairing;
  return { ...unclaimed, state: 'open' };
}

/** Returns `true` if an app has requested access and the user has not decided yet. */
function awaitsDecision({ flow }: Pairing, status: PairingStatus): boolean {
  return status === (flow === 'browser' ? 'claimed' : 'open');
}

/**
 * Returns `true` if the event belongs to the current redemption of the pairing. Compares the device id and the time.
 * The id alone is not sufficient: if a pairing is released and redeemed again, its device has the same id.
 */
function isRedeemedBy(
  { state, claim, redeemedAt }: Pairing,
  event: { readonly deviceId: string; readonly redeemedAt: number },
): boolean {
  return state === 'redeemed' && claim?.deviceId === event.deviceId && redeemedAt === event.redeemedAt;
}

function moved(pairing: Pairing): Decision {
  return { outcome: 'moved', pairing };
}

/**
 * Returns `true` if the same app repeats its request. Both the redemption id and the client id must be the same,
 * because another app might have stolen the redemption id.
 */
export function sameRedemption(first: Claim | undefined, second: Claim): boolean {
  if (first?.redemptionHash === undefined) return false;
  return first.redemptionHash === second.redemptionHash && first.clientId === second.clientId;
}
