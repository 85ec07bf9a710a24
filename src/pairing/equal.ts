// Compares secrets in constant time.
import { timingSafeEqual } from 'node:crypto';

/** Compares two strings in a time that depends only on their lengths. */
export function equal(expected: string | undefined, given: string): boolean {
  const left = Buffer.from(expected ?? '');
  const right = Buffer.from(given);
  return expected !== undefined && left.length === right.length && timingSafeEqual(left, right);
}
