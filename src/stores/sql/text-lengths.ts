// The maximum lengths of text in the tables. Latchkey checks these lengths itself, because SQLite does not enforce
// them, and MySQL truncates text that is too long if the `sql_mode` is not strict. Two truncated subjects could share
// one row.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { requireStorable } from '../storable-text.js';

/** The maximum lengths of text in the columns, in Unicode code points. */
export const lengths = { name: 512, note: 500, hostUser: 255, label: 64, profile: 16_000 } as const;

/**
 * Checks that a column can store these strings unaltered.
 * @param kind The kind of column.
 * @param texts The texts to be written. `undefined` is accepted.
 * @throws {LatchkeyError} `ERR_DIRECTORY_VALUE` when one of the texts is too long or cannot be stored
 */
export function requireFitting(
  kind: keyof typeof lengths,
  ...texts: readonly (string | readonly string[] | undefined)[]
): void {
  requireStorable(...texts);
  for (const text of texts.flat()) {
    if (text !== undefined && !isAtMost(text, lengths[kind])) {
      throw new LatchkeyError('ERR_DIRECTORY_VALUE', {
        detail: `A text must have at most ${lengths[kind]} characters.`,
      });
    }
  }
}

/**
 * Checks that texts are not empty.
 * @throws {LatchkeyError} `ERR_DIRECTORY_VALUE` when one of the texts is empty
 */
export function requireSome(...texts: readonly (string | undefined)[]): void {
  if (texts.includes('')) throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'A name must not be empty.' });
}

/**
 * Converts an instant to milliseconds since the epoch, which the tables store.
 * @throws {LatchkeyError} `ERR_DIRECTORY_VALUE` when the instant is an invalid date
 */
export function millisecondsOf(instant: Date): number {
  const milliseconds = instant.getTime();
  if (Number.isNaN(milliseconds)) {
    throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'An invalid date cannot be stored.' });
  }
  return milliseconds;
}

/** Returns `true` if the text has at most this many characters. */
export function isAtMost(text: string, length: number): boolean {
  // A character has at most two code units. So text with more than `2 * length` code units is too long, and does not
  // have to be split into characters.
  return text.length <= length || (text.length <= 2 * length && [...text].length <= length);
}
