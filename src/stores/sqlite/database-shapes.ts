// The interface of SQLite drivers: what better-sqlite3, libsql and node:sqlite have in common.
import { describeValue } from '../../vocabulary/describe-value.js';
import { LatchkeyError } from '../../vocabulary/errors.js';

/** A prepared statement of a SQLite driver. */
export interface SqliteStatement {
  all(...params: (string | number | null)[]): unknown[];
  run(...params: (string | number | null)[]): { readonly changes: number | bigint };
  /** Only node:sqlite has it. */
  setReturnArrays?(enabled: boolean): void;
}

/**
 * A database handle of better-sqlite3, of `libsql`, or of Node's own `node:sqlite` (`DatabaseSync`, from Node 22). All
 * of its methods are synchronous.
 */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
}

/** Whether this has the methods of a synchronous SQLite handle. */
export function isSqliteDatabase(value: unknown): value is SqliteDatabase {
  if (typeof value !== 'object' || value === null) return false;
  // The package sqlite3 has the same methods with callbacks, and `each` besides.
  const { exec, prepare, each } = value as Readonly<Record<string, unknown>>;
  return typeof exec === 'function' && typeof prepare === 'function' && typeof each !== 'function';
}

/**
 * Checks the handle.
 * @param taker the function that received it, for the message
 * @throws {LatchkeyError} `ERR_CONFIG` when it is not a synchronous SQLite handle
 */
export function checkSqliteDatabase(taker: string, value: unknown): void {
  if (isSqliteDatabase(value) && !isAsynchronous(value)) return;
  const expected = 'a synchronous SQLite handle: new Database(path) of better-sqlite3 or libsql, or a DatabaseSync';
  throw new LatchkeyError('ERR_CONFIG', { detail: `${taker} expected ${expected}, saw ${describeValue(value)}.` });
}

/** Whether `prepare` returns a promise, as that of `libsql/promise` does. */
function isAsynchronous(database: SqliteDatabase): boolean {
  try {
    const statement: unknown = database.prepare('SELECT 1');
    return !(typeof statement === 'object' && statement !== null && 'all' in statement);
  } catch {
    // A closed handle, or a file that is not a database: the first call says so.
    return false;
  }
}
