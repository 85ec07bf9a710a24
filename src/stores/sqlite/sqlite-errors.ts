// Translates the errors of SQLite drivers to LatchkeyErrors. The drivers report the same codes in different ways.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { driverError, messageOf } from '../driver-error.js';
import { headMismatch } from '../journal-head.js';

/** The primary result codes of SQLite (https://www.sqlite.org/rescode.html) that need a translation. */
const names: Readonly<Record<number, string>> = {
  1: 'SQLITE_ERROR',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  18: 'SQLITE_TOOBIG',
  19: 'SQLITE_CONSTRAINT',
  20: 'SQLITE_MISMATCH',
  23: 'SQLITE_AUTH',
  26: 'SQLITE_NOTADB',
};

// Errors that last until an operator acts.
const refusals = /^SQLITE_(READONLY|CORRUPT|FULL|CANTOPEN|AUTH|NOTADB|PERM)/;
const values = /^SQLITE_(CONSTRAINT|TOOBIG|MISMATCH)/;

/**
 * Returns the result code of a driver's error, such as `SQLITE_BUSY`. Errors of better-sqlite3 and libsql contain the
 * code in the property `code`. Errors of node:sqlite contain the code's number in the property `errcode`. Returns
 * `undefined` if the error is not from SQLite itself, for example because the handle is closed.
 */
export function resultCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string' && error.code.startsWith('SQLITE_')) return error.code;
  const number: unknown = 'errcode' in error ? error.errcode : 'rawCode' in error ? error.rawCode : undefined;
  // The low eight bits of an extended result code are the primary result code.
  return typeof number === 'number' ? (names[number & 0xff] ?? `SQLITE_${number}`) : undefined;
}

/** Returns `true` if another connection holds a lock, or if the host has an open transaction on this handle. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return (
    code?.startsWith('SQLITE_BUSY') === true ||
    code?.startsWith('SQLITE_LOCKED') === true ||
    messageOf(error).includes('within a transaction')
  );
}

/** Translates a driver's error to a `LatchkeyError`. */
export function sqliteError(error: unknown): LatchkeyError {
  if (error instanceof LatchkeyError) return error;
  const code = resultCode(error);
  const cause = code === undefined ? driverError(error) : driverError(error, code);
  const { message } = cause;
  if (/no such (table|column)|has no column named/.test(message)) {
    const detail = 'The database lacks tables or columns that this version of Latchkey needs: run migrate(database).';
    return new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail, cause });
  }
  // The journal already contains a row with the next number, so the head is older than the journal.
  if (/UNIQUE constraint failed: \w+journal\.seq/.test(message)) return headMismatch(cause);
  if (code !== undefined && values.test(code)) return new LatchkeyError('ERR_DIRECTORY_VALUE', { cause });
  if (code !== undefined && refusals.test(code)) return new LatchkeyError('ERR_DIRECTORY_REFUSED', { cause });
  if (isBusy(error)) {
    const detail = 'Another connection keeps the SQLite database locked.';
    return new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE', { detail, cause });
  }
  return new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE', { cause });
}
