// own-directory: access to MariaDB: session settings, transactions with retries, and errors as `LatchkeyError`s.
import { type ErrorCode, LatchkeyError } from 'latchkey';
import mysql from 'mysql2/promise';

/** A parameter of a statement. */
export type Parameter = string | number | boolean | Date | null;

/** A row, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>;

/** Runs prepared statements, so that parameters never become part of their text. */
export interface Session {
  rows(statement: string, params?: readonly Parameter[]): Promise<readonly Row[]>;
  /** Returns the number of rows added, removed or found to update, including rows that an update did not change. */
  write(statement: string, params?: readonly Parameter[]): Promise<number>;
}

/** A pool that throws `LatchkeyError`s. */
export interface Database extends Session {
  /** Runs the work in one transaction. Retries it after a collision, so the work must only use this session. */
  transaction<Result>(work: (session: Session) => Promise<Result>): Promise<Result>;
}

/**
 * Latchkey's own pool, separate from the host's. The host's pool has the host's settings, but Latchkey needs these:
 * - The server refuses text that is too long. If it truncated the text, two subjects could become one.
 * - Dates are in UTC, whatever the server's time zone is.
 * - A process that hangs during a transaction does not block the others for long.
 * - Each statement sees all changes committed before it. Under REPEATABLE READ, the default, a transaction would keep
 *   reading from the snapshot of its first read, and lock more than it reads.
 */
export function accountsPool(options: mysql.PoolOptions): mysql.Pool {
  const pool = mysql.createPool({
    connectionLimit: 20,
    connectTimeout: 2000,
    ...options,
    // Not "utf8", which has at most three bytes per character in MariaDB.
    charset: 'utf8mb4',
    timezone: 'Z',
  });
  pool.pool.on('connection', (connection) => {
    const settings = [
      `SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = 5, idle_transaction_timeout = 2,
        sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`,
      'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    ];
    for (const statement of settings) {
      connection.query(statement, (error) => {
        if (error !== null) connection.destroy();
      });
    }
  });
  return pool;
}

/** The database of a pool from `accountsPool`. */
export function database(pool: mysql.Pool): Database {
  return {
    rows: (statement, params) => withRetry(() => sessionOf(pool).rows(statement, params)),
    write: (statement, params) => withRetry(() => sessionOf(pool).write(statement, params)),
    transaction: (work) => withRetry(() => transaction(pool, work)),
  };
}

/** A LIMIT clause, for statements that accept no parameter there. Only whole numbers, which prevents injection. */
export function limited(limit: number): string {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new LatchkeyError('ERR_PAGE');
  return `LIMIT ${limit}`;
}

function sessionOf(connection: Pick<mysql.Connection, 'execute'>): Session {
  return {
    rows: async (statement, params = []) =>
      (await connection.execute<mysql.RowDataPacket[]>(statement, [...params]))[0],
    write: async (statement, params = []) =>
      (await connection.execute<mysql.ResultSetHeader>(statement, [...params]))[0].affectedRows,
  };
}

async function withRetry<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= (attempts[errorNumber(error)] ?? 1)) throw directoryError(error);
    }
  }
}

async function transaction<Result>(pool: mysql.Pool, work: (session: Session) => Promise<Result>): Promise<Result> {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const result = await work(sessionOf(connection));
    await connection.commit();
    connection.release();
    return result;
  } catch (error) {
    // Needed even for errors of the server: after a lock wait timeout, MariaDB has only rolled back the statement.
    await connection.rollback().then(
      () => connection.release(),
      () => connection.destroy(),
    );
    throw error;
  }
}

/** The maximum number of attempts for work that the server rolled back after a collision, by the error's number. */
const attempts: Readonly<Record<number, number>> = {
  // ER_LOCK_DEADLOCK, and ER_CHECKREAD, with which MariaDB 11.6 and later may refuse an outdated snapshot. In each
  // collision one transaction succeeds, so only this many concurrent transactions can reach the maximum.
  1213: 100,
  1020: 100,
  // ER_LOCK_WAIT_TIMEOUT. The server ends a transaction that hangs (idle_transaction_timeout), so after five seconds,
  // this transaction usually waits behind many others that a slow server is still carrying out. After 30 seconds, 503
  // is better than to wait on.
  1205: 6,
};
// ER_DATA_TOO_LONG, ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, ER_WARN_DATA_OUT_OF_RANGE, ER_CONSTRAINT_FAILED (a CHECK).
const refusals: readonly number[] = [1406, 1366, 1264, 4025];
// ER_NO_SUCH_TABLE, ER_BAD_FIELD_ERROR.
const outdated: readonly number[] = [1146, 1054];
// Errors that an operator has to fix: privileges (1044, 1045, 1142, 1143), no such database (1049), a full disk or
// table (1021, 1114), a read-only server (1290, 1836).
const lasting: readonly number[] = [1044, 1045, 1142, 1143, 1049, 1021, 1114, 1290, 1836];

function errorNumber(error: unknown): number {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? error.errno : 0;
}

function directoryError(error: unknown): LatchkeyError {
  if (error instanceof LatchkeyError) return error;
  const number = errorNumber(error);
  const code: ErrorCode = refusals.includes(number)
    ? 'ERR_DIRECTORY_VALUE'
    : outdated.includes(number)
      ? 'ERR_DIRECTORY_SCHEMA'
      : lasting.includes(number)
        ? 'ERR_DIRECTORY_REFUSED'
        : 'ERR_DIRECTORY_UNAVAILABLE';
  return new LatchkeyError(code, { cause: plain(error) });
}

/** Removes the statement and its values, which mysql2 adds to its errors, because the host logs these errors. */
function plain(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return Object.assign(new Error(error.message), 'code' in error ? { code: error.code } : {});
}
