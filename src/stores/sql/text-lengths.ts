// The lengths of texts that the tables hold. They are checked here, because SQLite does not limit texts, and MySQL
// shortens a text that is too long unless its sql_mode is strict: two subjects could then share one row.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { requireStorable } from '../storable-text.js';

/** The longest texts of the columns, in Unicode code points. */
export const lengths = { name: 512, note: 500, hostUser: 255, label: 64, profile: 16_000 } as const;

/**
 * Checks that a column can hold these texts unaltered.
 * @param kind which column
 * @param texts the texts to be written; `undefined` is accepted
 * @throws {LatchkeyError} `ERR_DIRECTORY_VALUE` when one of them is too long or cannot be stored
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
 * @throws {LatchkeyError} `ERR_DIRECTORY_VALUE` when one is empty
 */
export function requireSome(...texts: readonly (string | undefined)[]): void {
  if (texts.includes('')) throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'A name must not be empty.' });
}

/**
 * An instant as the tables hold it, in milliseconds since the epoch.
 * @throws {LatchkeyError} `ERR_DIRECTORY_VALUE` when it is an invalid date
 */
export function millisecondsOf(instant: Date): number {
  const milliseconds = instant.getTime();
  if (Number.isNaN(milliseconds)) {
    throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'An invalid date cannot be stored.' });
  }
  return milliseconds;
}

/** Whether a query can find a text of this length. */
export function isAtMost(text: string, length: number): boolean {
  // A character has at most two code units, so a text this long is rejected without splitting it into characters.
  return text.length <= length || (text.length <= 2 * length && [...text].length <= length);
}
