// Comparing secrets.
import { timingSafeEqual } from 'node:crypto';

/** Compares two texts in a time that depends on their lengths only. */
export function equal(expected: string | undefined, given: string): boolean {
  const left = Buffer.from(expected ?? '');
  const right = Buffer.from(given);
  return expected !== undefined && left.length === right.length && timingSafeEqual(left, right);
}
