// own-directory: the way to MariaDB. What a session must be like, transactions that run again, and errors in our words.
import { type ErrorCode, LatchkeyError } from 'latchkey';
import mysql from 'mysql2/promise';

/** What a statement may be given. */
export type Parameter = string | number | boolean | Date | null;

/** One row, under the names of its columns. */
export type Row = Readonly<Record<string, unknown>>;

/** Runs one statement, as a prepared one: parameters are never written into its text. */
export interface Session {
  rows(statement: string, params?: readonly Parameter[]): Promise<readonly Row[]>;
  /** How many rows it added, removed or found to update: the driver counts those, too, that it left as they were. */
  write(statement: string, params?: readonly Parameter[]): Promise<number>;
}

/** A pool that speaks in `LatchkeyError`s. */
export interface Database extends Session {
  /** Runs the work in one transaction, and again where it collided with another: it must do nothing but ask this session. */
  transaction<Result>(work: (session: Session) => Promise<Result>): Promise<Result>;
}

/**
 * A pool of Latchkey's own, beside the host's. The host's pool has the host's settings, and each of these matters:
 * text that does not fit is refused, not cut off (two subjects would meet in one row); dates are UTC, whatever the
 * server's time zone; a process that stands still in the middle of a transaction does not hold up the others for long; and
 * each statement sees what was committed before it. Under REPEATABLE READ, the default, a
 * transaction would go on reading from the snapshot of its first read, and lock more than it reads.
 */
export function accountsPool(options: mysql.PoolOptions): mysql.Pool {
  const pool = mysql.createPool({
    connectionLimit: 20,
    connectTimeout: 2000,
    ...options,
    // Not "utf8", which is three bytes a character here.
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

/** The database behind a pool that `accountsPool` made. */
export function database(pool: mysql.Pool): Database {
  return {
    rows: (statement, params) => withRetry(() => sessionOf(pool).rows(statement, params)),
    write: (statement, params) => withRetry(() => sessionOf(pool).write(statement, params)),
    transaction: (work) => withRetry(() => transaction(pool, work)),
  };
}

/** For LIMIT, which takes no parameter everywhere: only ever a whole number, so nothing can be smuggled in. */
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
    // Always: after a lock wait timeout MariaDB has undone the statement only, and the transaction would go on half done.
    await connection.rollback().then(
      () => connection.release(),
      () => connection.destroy(),
    );
    throw error;
  }
}

/** How often work is tried that the server undid for a collision, by the error's number. */
const attempts: Readonly<Record<number, number>> = {
  // ER_LOCK_DEADLOCK, and ER_CHECKREAD, which is how MariaDB 11.6 and later may refuse an outdated snapshot. Of those who
  // collide one gets through each time, so this is reached only by that many at once.
  1213: 100,
  1020: 100,
  // ER_LOCK_WAIT_TIMEOUT: somebody holds a lock for seconds. Once more, and then it is 503 rather than a request that hangs.
  1205: 2,
};
// ER_DATA_TOO_LONG, ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, ER_WARN_DATA_OUT_OF_RANGE, ER_CONSTRAINT_FAILED (a CHECK).
const refusals: readonly number[] = [1406, 1366, 1264, 4025];
// ER_NO_SUCH_TABLE, ER_BAD_FIELD_ERROR.
const outdated: readonly number[] = [1146, 1054];
// What somebody has to correct first: rights (1044, 1045, 1142, 1143), no such database (1049), a full disk or table (1021, 1114),
// a server that only reads (1290, 1836).
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

/** mysql2 hangs the statement on its errors, values included; what is told to the host must not have them. */
function plain(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return Object.assign(new Error(error.message), 'code' in error ? { code: error.code } : {});
}
