// The state of a token relative to its device's row. A renewal replaces one token of the device with the next.
import type { Device } from '../vocabulary/types.js';

/**
 * `current`: the valid token. `next`: issued by a renewal, not used yet. `previous`: replaced, but still within its
 * grace period. `reused`: replaced, and used after its grace period. `unknown`: never issued according to the row.
 */
export type TokenState = 'current' | 'next' | 'previous' | 'reused' | 'unknown';

/** The grace period in seconds: how long a replaced token is still accepted after the first use of its replacement. */
export const graceSeconds = 600;

/** Returns the state of the token with this serial number. `now` is milliseconds since the epoch. */
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
