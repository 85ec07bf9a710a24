// The names of tables. Statements in the source contain the default prefix, and each store replaces this prefix with
// the host's prefix.
import { describeValue } from '../vocabulary/describe-value.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { EveryMember } from '../vocabulary/every-member.js';
import { checkOptionNames } from './store-checks.js';

/** Options of `migrate`, and of the directories that use a database. */
export interface TableOptions {
  /**
   * The prefix of Latchkey's table names. The prefix consists of 1–32 letters, digits and underscores, and does not
   * begin with a digit. Default: `latchkey_`. Pass the same prefix to `migrate`.
   */
  readonly tablePrefix?: string | undefined;
}

/** Replaces the default prefix in a statement with the host's prefix. */
export type Named = (text: string) => string;

const standard = 'latchkey_';

const names: EveryMember<TableOptions> = { tablePrefix: true };

/**
 * Checks the options.
 * @param taker The name of the function that received the options, for the error message.
 * @returns a function that puts the prefix into statements. This is safe, because statements contain no values.
 * @throws {LatchkeyError} `ERR_CONFIG` when the prefix is invalid, or when there is an unknown option
 */
export function tableNames(taker: string, options: TableOptions = {}): Named {
  checkOptionNames(taker, options, names);
  const prefix: unknown = options.tablePrefix ?? standard;
  if (typeof prefix !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]{0,31}$/.test(prefix)) {
    const expected = '1–32 letters, digits and _, not a digit first';
    throw new LatchkeyError('ERR_CONFIG', {
      detail: `${taker} expected a tablePrefix of ${expected}, saw ${describeValue(prefix)}.`,
    });
  }
  return prefix === standard ? (text) => text : (text) => text.replaceAll(standard, prefix);
}
