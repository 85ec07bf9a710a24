// pairing/: the state machine. Pure: what may happen to a pairing, and nothing else may.
import type { PairedBy, PairingStatus } from '../types.js';

/** Seconds from opening in which a pairing can be redeemed. */
export const pairingSeconds = 300;
/** Seconds for which an ended pairing is remembered, so that a replay is still recognised. */
export const tombstoneSeconds = 600;
/** Seconds after redemption in which a lost answer is given again. */
export const answerAgainSeconds = 60;

/** The device of a redeemed pairing. */
export interface PairedDevice {
  readonly id: string;
  readonly name: string;
  readonly clientId: string;
  readonly pairedBy: PairedBy;
  /** The SHA-256 hash of the app's redemption id. Absent: it sent none, and cannot ask again. */
  readonly redemptionHash?: string;
}

/** One attempt of a browser to lend its login to a device. Holds no secret: those are derived from `kid` and `id`. */
export interface Pairing {
  readonly id: string;
  readonly userId: string;
  readonly subject: string;
  /** The key of the ring that the code and the QR secret derive from. */
  readonly kid: string;
  readonly locator: string;
  /** Milliseconds since the epoch, by the shared clock, as all instants here. */
  readonly openedAt: number;
  readonly expiresAt: number;
  readonly state: 'open' | 'redeemed' | 'burned' | 'cancelled';
  readonly device?: PairedDevice;
  readonly redeemedAt?: number;
  /** The device's row is made, and its token may be out. Until then a second redemption takes nothing back. */
  readonly issued?: true;
  /** Burned because it was redeemed a second time. */
  readonly replayed?: true;
}

/** What can happen to a pairing. `redeem`: the code or the QR secret was right. `issue`: the device's row is made. */
export type PairingEvent =
  | { readonly type: 'redeem'; readonly device: PairedDevice }
  | { readonly type: 'issue'; readonly deviceId: string }
  | { readonly type: 'exhaust' }
  | { readonly type: 'cancel' };

/**
 * What becomes of it. `moved`: it changes, to be stored. `again`: the same redemption asks for its lost answer.
 * `replayed`: a second redemption has burned it before. `refused`: it has ended.
 */
export type Decision =
  | { readonly outcome: 'moved'; readonly pairing: Pairing }
  | { readonly outcome: 'again'; readonly pairing: Pairing }
  | { readonly outcome: 'replayed'; readonly pairing: Pairing }
  | { readonly outcome: 'refused' };

/** Where the pairing stands at `now`. */
export function statusAt(pairing: Pairing, now: number): PairingStatus {
  return pairing.state === 'open' && now >= pairing.expiresAt ? 'expired' : pairing.state;
}

/** The one place that says what an event does to a pairing. */
export function decide(pairing: Pairing, event: PairingEvent, now: number): Decision {
  if (statusAt(pairing, now) === 'open') return fromOpen(pairing, event, now);
  if (event.type === 'issue') return issued(pairing, event.deviceId);
  if (event.type !== 'redeem') return { outcome: 'refused' };
  if (pairing.replayed) return { outcome: 'replayed', pairing };
  if (pairing.state !== 'redeemed') return { outcome: 'refused' };
  if (!sameRedemption(pairing.device, event.device)) {
    // Of those who race for the first token the others only lose: there is nothing yet that could be taken back.
    if (!pairing.issued) return { outcome: 'refused' };
    // RFC 6749 §4.1.2: a code used twice is refused, and what was issued on it is revoked.
    return moved({ ...pairing, state: 'burned', replayed: true });
  }
  const inTime = now < (pairing.redeemedAt ?? 0) + answerAgainSeconds * 1000;
  return inTime ? { outcome: 'again', pairing } : { outcome: 'refused' };
}

function fromOpen(pairing: Pairing, event: PairingEvent, now: number): Decision {
  switch (event.type) {
    case 'redeem':
      return moved({ ...pairing, state: 'redeemed', device: event.device, redeemedAt: now });
    case 'exhaust':
      return moved({ ...pairing, state: 'burned' });
    case 'cancel':
      return moved({ ...pairing, state: 'cancelled' });
    case 'issue':
      return { outcome: 'refused' };
  }
}

function issued(pairing: Pairing, deviceId: string): Decision {
  if (pairing.state !== 'redeemed' || pairing.device?.id !== deviceId) return { outcome: 'refused' };
  return pairing.issued ? { outcome: 'again', pairing } : moved({ ...pairing, issued: true });
}

function moved(pairing: Pairing): Decision {
  return { outcome: 'moved', pairing };
}

function sameRedemption(first: PairedDevice | undefined, second: PairedDevice): boolean {
  return first?.redemptionHash !== undefined && first.redemptionHash === second.redemptionHash;
}
