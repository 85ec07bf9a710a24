// Compares a token's serial number with the row of its device. Each renewal replaces the device's token with a new
// token, whose serial number is higher by one.
import type { Device } from '../vocabulary/types.js';

/**
 * The state of a token that a client presents.
 * - `current`: this is the device's current token.
 * - `next`: a renewal has issued this token, but no client has used it before.
 * - `previous`: this token was replaced, but its grace period has not ended.
 * - `reused`: this token was replaced, and its grace period has ended.
 * - `unknown`: according to the row, this token was never issued.
 */
export type TokenState = 'current' | 'next' | 'previous' | 'reused' | 'unknown';

/**
 * The grace period, in seconds. A replaced token is still accepted for this time after the first use of its
 * replacement.
 */
export const graceSeconds = 600;

/** Returns the state of the token with this serial number. `now` is in milliseconds since the epoch. */
export function tokenState(
  { serial: counting, renewedAt, previousUntil }: Pick<Device, 'serial' | 'renewedAt' | 'previousUntil'>,
  serial: number,
  now: number,
): TokenState {
  if (serial === counting) return 'current';
  if (serial > counting) return serial === counting + 1 && renewedAt !== undefined ? 'next' : 'unknown';
  const graced = serial === counting - 1 && previousUntil !== undefined && now < previousUntil.getTime();
  return graced ? 'previous' : 'reused';
}
