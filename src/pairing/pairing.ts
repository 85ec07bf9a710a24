// The state machine of both doors. Pure: what may happen to a pairing, and nothing else may.
import type { PairedBy, PairingStatus } from '../vocabulary/types.js';

/** Seconds from opening in which a pairing of a browser can be redeemed. */
export const pairingSeconds = 300;
/** Seconds from opening in which a device's request can be approved: somebody has to walk to a browser first. */
export const requestSeconds = 600;
/** Seconds that a person has at least to decide about a claim, however late it came. */
export const decisionSeconds = 120;
/** Seconds that an app has at least to collect what was approved. */
export const collectSeconds = 60;
/** Seconds for which an ended pairing is remembered, so that a replay is still recognised. */
export const tombstoneSeconds = 600;
/** Seconds after redemption in which a lost answer is given again. */
export const answerAgainSeconds = 60;
/** Wrong numbers after which a claim is denied. */
export const wrongNumbersAllowed = 3;

/** Where a pairing began: in a logged-in browser (quick connect), or at a device (RFC 8628). */
export type Flow = 'browser' | 'device';

/** Whose login is lent. */
export interface Owner {
  readonly userId: string;
  readonly subject: string;
}

/** What an app said about itself when it asked to be let in. */
export interface Claim {
  /** Of the device that it becomes: the same for every claim of one pairing. */
  readonly deviceId: string;
  readonly deviceName: string;
  readonly clientId: string;
  readonly appVersion?: string;
  readonly platform?: string;
  /** Where it asked from, as people see it. */
  readonly address: string;
  readonly pairedBy: PairedBy;
  /** The SHA-256 hash of the app's redemption id. Absent: it sent none, and cannot prove again that it is the same. */
  readonly redemptionHash?: string;
  /** Milliseconds since the epoch, by the shared clock. */
  readonly claimedAt: number;
}

/** One attempt to lend a login to a device. Holds no secret: those are derived from `kid` and `id`. */
export interface Pairing {
  readonly id: string;
  readonly flow: Flow;
  /** Absent: opened at a device, and nobody has approved yet. */
  readonly owner?: Owner;
  /** The key of the ring that every code and secret of this pairing derives from. */
  readonly kid: string;
  /** What finds it by a typed code. Only where a browser opened it. */
  readonly locator?: string;
  /** Milliseconds since the epoch, by the shared clock, as all instants here. */
  readonly openedAt: number;
  readonly expiresAt: number;
  readonly state: Exclude<PairingStatus, 'expired'>;
  readonly claim?: Claim;
  /** Numbers that did not match so far. */
  readonly wrongNumbers?: number;
  readonly approvedAt?: number;
  readonly redeemedAt?: number;
  /** The device's row is made, and its token may be out. Until then a second redemption takes nothing back. */
  readonly issued?: true;
  /** Burned because it was redeemed a second time. */
  readonly replayed?: true;
}

/**
 * What can happen to a pairing. `prove`: an app has shown the code or the QR's secret; with `approval` a person must
 * say yes first. `approve`: by the owner, who typed a number that did or did not match, or by whoever typed the user
 * code. `collect`: the app that asked comes for its token. `issue`: the device's row is made. `release`: there was no room for it.
 * `replay`: the directory has the device of an earlier redemption, which the shared state has forgotten; with `redeemedAt` it
 * is the redemption of that time that found so.
 */
export type PairingEvent =
  | { readonly type: 'prove'; readonly claim: Claim; readonly approval: boolean }
  | { readonly type: 'approve'; readonly owner: Owner; readonly matched: boolean }
  | { readonly type: 'deny' }
  | { readonly type: 'collect' }
  | { readonly type: 'issue'; readonly deviceId: string; readonly redeemedAt: number }
  | { readonly type: 'release'; readonly deviceId: string; readonly redeemedAt: number }
  | { readonly type: 'replay'; readonly claim: Claim; readonly redeemedAt?: number }
  | { readonly type: 'exhaust' }
  | { readonly type: 'cancel' };

/**
 * What becomes of it. `moved`: it changes, to be stored. `again`: the same app asks for its lost answer. `waiting`: a
 * person has not decided yet. `replayed`: a second redemption has burned it before. `refused`: not in this state.
 */
export interface Decision {
  readonly outcome: 'moved' | 'again' | 'waiting' | 'replayed' | 'refused';
  /** As it stands after the event. */
  readonly pairing: Pairing;
}

/** Where the pairing stands at `now`. */
export function statusAt(pairing: Pairing, now: number): PairingStatus {
  return isUnderWay(pairing.state) && now >= pairing.expiresAt ? 'expired' : pairing.state;
}

/** Whether something can still come of it. */
export function isUnderWay(status: PairingStatus): boolean {
  return status === 'open' || status === 'claimed' || status === 'approved';
}

/** The one place that says what an event does to a pairing. */
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
      // Nobody guesses at what a device opened by typing codes: there is no locator to guess at.
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
  // Of those who race for the first token the others only lose: there is nothing yet that could be taken back.
  if (status !== 'redeemed' || !pairing.issued) return refused;
  // RFC 6749 §4.1.2: a code used twice is refused, and what was issued on it is revoked.
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
    return moved({ ...pairing, owner, state: 'approved', approvedAt: now, expiresAt });
  }
  const wrongNumbers = (pairing.wrongNumbers ?? 0) + 1;
  return moved({ ...pairing, wrongNumbers, ...(wrongNumbers < wrongNumbersAllowed ? {} : { state: 'denied' }) });
}

/** As it was before it was redeemed: it goes on once there is room for the device. */
function released({ redeemedAt: _, ...pairing }: Pairing): Pairing {
  if (pairing.approvedAt !== undefined) return { ...pairing, state: 'approved' };
  const { claim: _claim, ...unclaimed } = pairing;
  return { ...unclaimed, state: 'open' };
}

/** Whether an app has asked and nobody has answered it yet. */
function awaitsDecision({ flow }: Pairing, status: PairingStatus): boolean {
  return status === (flow === 'browser' ? 'claimed' : 'open');
}

/** By this redemption: a released pairing can be redeemed again, and becomes the same device. */
function isRedeemedBy(
  { state, claim, redeemedAt }: Pairing,
  event: { readonly deviceId: string; readonly redeemedAt: number },
): boolean {
  return state === 'redeemed' && claim?.deviceId === event.deviceId && redeemedAt === event.redeemedAt;
}

function moved(pairing: Pairing): Decision {
  return { outcome: 'moved', pairing };
}

/** Whether the same app asks again. Another app that sends its redemption id has come by somebody else's. */
export function sameRedemption(first: Claim | undefined, second: Claim): boolean {
  if (first?.redemptionHash === undefined) return false;
  return first.redemptionHash === second.redemptionHash && first.clientId === second.clientId;
}
