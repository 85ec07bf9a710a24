// How a token stands to its device's row while one takes the place of another.
import type { Device } from '../vocabulary/types.js';

/**
 * `current`: the one that counts. `next`: issued by a renewal, not seen before. `previous`: replaced, within its grace.
 * `reused`: replaced, and its grace is over. `unknown`: never issued, as far as these facts go.
 */
export type TokenState = 'current' | 'next' | 'previous' | 'reused' | 'unknown';

/** How long a token counts on after the first use of the one that took its place, in seconds. */
export const graceSeconds = 600;

/** How the token with this serial stands by these facts. `now`: milliseconds. */
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
