// What both directories agree on about text: sets, order, and what can be stored at all.
import { LatchkeyError } from '../vocabulary/errors.js';
import { isStorable } from '../vocabulary/text-rules.js';

export { isStorable };

/** The sorted set of these texts, frozen. */
export function sortedSet(texts: Iterable<string>): readonly string[] {
  return Object.freeze([...new Set(texts)].sort());
}

/** Compares by code points, as Postgres does under `COLLATE "C"`; JavaScript's own order is by UTF-16 units. */
export function byCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * Throws `ERR_DIRECTORY_VALUE` for text that a database cannot hold unaltered.
 * @param texts what is about to be written; what is absent passes
 */
export function requireStorable(...texts: readonly (string | readonly string[] | undefined)[]): void {
  for (const text of texts.flat()) {
    if (text !== undefined && !isStorable(text)) {
      throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'Text with NUL or lone surrogates cannot be stored.' });
    }
  }
}

/** Whether this can be the number of a token, as Postgres' `integer` has it. */
export function isSerial(serial: number): boolean {
  return Number.isInteger(serial) && serial > 0 && serial < 2 ** 31;
}

const id = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether this is a UUID as we write them: Postgres would take other spellings of one for the same. */
export function isId(text: string): boolean {
  return id.test(text);
}

/** Whether this can be the id of an audit entry, as Postgres' `bigint` has it. */
export function isEntryId(text: string): boolean {
  return /^[0-9]{1,18}$/.test(text);
}
