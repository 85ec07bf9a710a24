// Rules for text that all directories share: sets, the sort order, and the values that a database can store.
import { LatchkeyError } from '../vocabulary/errors.js';
import { isStorable } from '../vocabulary/text-rules.js';

export { isStorable };

/** Sorts the strings, removes duplicates, and freezes the result. */
export function sortedSet(texts: Iterable<string>): readonly string[] {
  return Object.freeze([...new Set(texts)].sort());
}

/**
 * Compares two strings by code points, as Postgres does with `COLLATE "C"`. JavaScript itself compares UTF-16 code
 * units.
 */
export function byCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * Checks that a database can store these texts.
 * @param texts The texts to be written. `undefined` is accepted.
 * @throws {LatchkeyError} `ERR_DIRECTORY_VALUE` when a database cannot store a text unaltered
 */
export function requireStorable(...texts: readonly (string | readonly string[] | undefined)[]): void {
  for (const text of texts.flat()) {
    if (text !== undefined && !isStorable(text)) {
      throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'Text with NUL or lone surrogates cannot be stored.' });
    }
  }
}

/** Returns `true` if the number can be the serial number of a token, and fits into Postgres' type `integer`. */
export function isSerial(serial: number): boolean {
  return Number.isInteger(serial) && serial > 0 && serial < 2 ** 31;
}

const id = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Returns `true` if the text is a UUID in lowercase. Postgres itself would accept other spellings of the same UUID. */
export function isId(text: string): boolean {
  return id.test(text);
}

/** Returns `true` if the text can be the id of an audit entry, and fits into Postgres' type `bigint`. */
export function isEntryId(text: string): boolean {
  return /^[0-9]{1,18}$/.test(text);
}
