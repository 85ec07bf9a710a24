// The JSON of the routes for pairings.
import type { PairingStatus } from '../types.js';

/** How an app described itself, for the user who decides. */
export interface WireClaim {
  readonly device_name: string;
  readonly client_id: string;
  readonly app_version?: string | undefined;
  readonly platform?: string | undefined;
  /** The IP address of its request. */
  readonly address: string;
  /** Whole seconds since its request. */
  readonly age: number;
}

/**
 * A pairing as its owner sees it: the answer of all routes below `pairings`, and the data of `status` events. Durations
 * are in seconds.
 */
export interface WirePairing {
  readonly id: string;
  /** The current code. Only while open. */
  readonly code?: string | undefined;
  /** Time until the next code replaces this one. Only while open. */
  readonly code_expires_in?: number | undefined;
  /** Time until the pairing ends; 0 once it has ended. */
  readonly expires_in: number;
  /** The link in the QR code. Only while open. */
  readonly uri?: string | undefined;
  readonly status: PairingStatus;
  /** Time between two polls of a page that cannot keep an event stream open. */
  readonly interval: number;
  /** The app that requests access. Present while the pairing is claimed or approved. In the device flow, also while it is open. */
  readonly claim?: WireClaim | undefined;
  /** How many tries at the match number are left. Only while claimed. */
  readonly tries_left?: number | undefined;
  /** The device that the pairing created. Only when redeemed. */
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

/** The answer of POST `device/verification` to `lookup` and `deny`. The answer to `approve` is a `WirePairing`. */
export type VerificationResponse = Omit<WirePairing, 'id'>;
