// The JSON of the routes for pairings.
import type { PairingStatus } from '../types.js';

/** The app's description of itself, for the user who decides about the pairing. */
export interface WireClaim {
  readonly device_name: string;
  readonly client_id: string;
  readonly app_version?: string | undefined;
  readonly platform?: string | undefined;
  /** The IP address from which the app's request came. */
  readonly address: string;
  /** How many whole seconds ago the app sent its request. */
  readonly age: number;
}

/**
 * A pairing in the form that its owner sees: the answer of all routes below `pairings`, and the data of `status`
 * events. Durations are in seconds.
 */
export interface WirePairing {
  readonly id: string;
  /** The current code, which is present only while the pairing is open. */
  readonly code?: string | undefined;
  /** The time until the next code replaces the current code. This time is present only while the pairing is open. */
  readonly code_expires_in?: number | undefined;
  /** The time until the pairing ends, or 0 after the pairing has ended. */
  readonly expires_in: number;
  /** The link in the QR code, which is present only while the pairing is open. */
  readonly uri?: string | undefined;
  readonly status: PairingStatus;
  /** The time between two polls, for a page that cannot keep an event stream open. */
  readonly interval: number;
  /**
   * The app that requests access. The claim is present while the pairing is claimed or approved. In the device flow,
   * the claim is also present while the pairing is open.
   */
  readonly claim?: WireClaim | undefined;
  /** How many tries at the match number are left. This number is present only while the pairing is claimed. */
  readonly tries_left?: number | undefined;
  /** The device that the pairing created. The device is present only if the pairing is redeemed. */
  readonly device?: { readonly id: string; readonly name: string } | undefined;
}

/** The body of POST `pairings/:id/approve`. */
export interface ApprovePairingRequest {
  /** The two digits that the app shows. */
  readonly match_number: string;
}

/** The body of POST `device/verification`. */
export interface VerificationRequest {
  /** The code that the device shows. */
  readonly user_code: string;
  readonly action: 'lookup' | 'approve' | 'deny';
}

/**
 * The answer of POST `device/verification` for the actions `lookup` and `deny`. The answer for the action `approve` is
 * a `WirePairing`.
 */
export type VerificationResponse = Omit<WirePairing, 'id'>;
