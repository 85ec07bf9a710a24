// The interface that the SQLite drivers better-sqlite3, libsql and node:sqlite have in common.
import { describeValue } from '../../vocabulary/describe-value.js';
import { LatchkeyError } from '../../vocabulary/errors.js';

/** A prepared statement of a SQLite driver. */
export interface SqliteStatement {
  all(...params: (string | number | null)[]): unknown[];
  run(...params: (string | number | null)[]): { readonly changes: number | bigint };
  /** Only `node:sqlite` has this method. */
  setReturnArrays?(enabled: boolean): void;
}

/**
 * A database handle of better-sqlite3, of `libsql`, or of Node's own `node:sqlite` (`DatabaseSync`, from Node 22). All
 * methods of the handle are synchronous.
 */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
}

/** Returns `true` if the value has the methods of a synchronous SQLite handle. */
export function isSqliteDatabase(value: unknown): value is SqliteDatabase {
  if (typeof value !== 'object' || value === null) return false;
  // A handle of the package sqlite3 has the same methods, but with callbacks. Such a handle also has the method `each`.
  const { exec, prepare, each } = value as Readonly<Record<string, unknown>>;
  return typeof exec === 'function' && typeof prepare === 'function' && typeof each !== 'function';
}

/**
 * Checks the handle.
 * @param taker The name of the function that received the handle, for the error message.
 * @throws {LatchkeyError} `ERR_CONFIG` when the value is not a synchronous SQLite handle
 */
export function checkSqliteDatabase(taker: string, value: unknown): void {
  if (isSqliteDatabase(value) && !isAsynchronous(value)) return;
  const expected = 'a synchronous SQLite handle: new Database(path) of better-sqlite3 or libsql, or a DatabaseSync';
  throw new LatchkeyError('ERR_CONFIG', { detail: `${taker} expected ${expected}, saw ${describeValue(value)}.` });
}

/** Returns `true` if `prepare` returns a promise, as in `libsql/promise`. */
function isAsynchronous(database: SqliteDatabase): boolean {
  try {
    const statement: unknown = database.prepare('SELECT 1');
    return !(typeof statement === 'object' && statement !== null && 'all' in statement);
  } catch {
    // The handle is closed, or the file is not a database. The first call of a directory method reports this failure.
    return false;
  }
}
