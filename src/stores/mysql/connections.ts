// Runs the directory's methods in MySQL and MariaDB, on connections of the host's pool.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { runInTurn, type SqlRow, type SqlSession, type Statement, type Work } from '../sql/statement.js';
import type { Named } from '../table-prefix.js';
import { attemptsFor, errorNumber, mysqlError } from './mysql-errors.js';
import type { MysqlConnection, MysqlPromisePool } from './pool-shapes.js';

/**
 * Runs work on a connection of the pool, and repeats the work after a conflict. Rejects with a `LatchkeyError` on
 * failure.
 */
export type OnConnection = <Result>(work: (connection: MysqlConnection) => Promise<Result>) => Promise<Result>;

/**
 * Creates the function that runs work on connections of this pool. The function checks the settings of a connection
 * before it first uses the connection.
 */
export function connections(pool: MysqlPromisePool): OnConnection {
  const checked = new WeakSet<object>();
  return async (work) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await onOne(pool, checked, work);
      } catch (error) {
        if (attempt >= attemptsFor(error)) throw mysqlError(error);
      }
    }
  };
}

async function onOne<Result>(
  pool: MysqlPromisePool,
  checked: WeakSet<object>,
  work: (connection: MysqlConnection) => Promise<Result>,
): Promise<Result> {
  const connection = await pool.getConnection();
  const itself = connection.connection ?? connection;
  try {
    if (!checked.has(itself)) await check(connection);
    checked.add(itself);
    const result = await work(connection);
    connection.release();
    return result;
  } catch (error) {
    if (isUsableAfter(error)) connection.release();
    else connection.destroy();
    throw error;
  }
}

/** Returns `true` if the connection still works after this error: the server sent the error, or Latchkey threw it. */
function isUsableAfter(error: unknown): boolean {
  return error instanceof LatchkeyError || errorNumber(error) !== 0;
}

/**
 * Checks the settings of a new connection. Most settings of the host do not matter, because parameters are sent
 * separately from the statements.
 * @throws {LatchkeyError} `ERR_CONFIG` when the settings would alter text, or would let reads return an old state
 */
async function check(connection: MysqlConnection): Promise<void> {
  const [row] = await ask(connection, {
    text: `SELECT @@SESSION.character_set_client AS client, @@SESSION.character_set_connection AS middle,
      @@SESSION.character_set_results AS results, @@SESSION.autocommit AS autocommit, @@SESSION.sql_mode AS mode`,
    params: [],
    reads: true,
  });
  const charsets = [row?.['client'], row?.['middle'], row?.['results']].map(String);
  const foreign = charsets.find((charset) => charset !== 'utf8mb4');
  if (foreign !== undefined) {
    throw refused(`connections with the character set utf8mb4, saw ${foreign}: create the pool with charset 'utf8mb4'`);
  }
  if (Number(row?.['autocommit']) !== 1) throw refused('connections with autocommit, saw autocommit = 0');
  if (String(row?.['mode']).includes('EMPTY_STRING_IS_NULL')) {
    throw refused('a sql_mode without EMPTY_STRING_IS_NULL, which turns empty texts into NULL');
  }
}

function refused(expected: string): LatchkeyError {
  return new LatchkeyError('ERR_CONFIG', { detail: `The directory in MySQL expected ${expected}.` });
}

/** Runs a prepared statement. Returns rows as objects of plain values, regardless of the pool's settings. */
export async function ask(connection: MysqlConnection, { text, params, reads }: Statement): Promise<readonly SqlRow[]> {
  const [result] = await connection.execute({
    sql: text,
    values: [...params],
    rowsAsArray: false,
    nestTables: false,
    namedPlaceholders: false,
    typeCast: (_, next) => next(),
  });
  if (reads) return result as readonly SqlRow[];
  return [{ affected: (result as { readonly affectedRows: number }).affectedRows }];
}

/*
 * All changes wait for the lock on the journal's head row. If the process that holds this lock hangs or loses its
 * connection, the server ends the connection, so that other changes can continue. `wait_timeout` is used, because MySQL
 * has no time limit for idle transactions. After the transaction, both limits are reset to the host's values.
 */
const limits = `SET @latchkey_wait = @@SESSION.wait_timeout, @latchkey_lock = @@SESSION.innodb_lock_wait_timeout,
  SESSION wait_timeout = 2, SESSION innodb_lock_wait_timeout = 5`;
const formerLimits = 'SET SESSION wait_timeout = @latchkey_wait, SESSION innodb_lock_wait_timeout = @latchkey_lock';

/**
 * Runs work in one transaction. The isolation level is READ COMMITTED, because each statement must see what was
 * committed while the transaction waited for a lock. At REPEATABLE READ, the transaction would continue with the
 * snapshot of its first read, and would also lock gaps between rows.
 */
async function transaction<Result>(connection: MysqlConnection, work: () => Promise<Result>): Promise<Result> {
  try {
    await connection.query({ sql: limits });
    await connection.query({ sql: 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED' });
    await connection.query({ sql: 'START TRANSACTION' });
    const result = await work();
    await connection.query({ sql: 'COMMIT' });
    await restore(connection);
    return result;
  } catch (error) {
    // ROLLBACK is needed after every error, because after a lock wait timeout the server has rolled back only the
    // statement.
    if (isUsableAfter(error)) await restore(connection, 'ROLLBACK');
    throw error;
  }
}

/** Restores the host's limits. If that fails, the connection is closed. In both cases, the transaction has ended. */
async function restore(connection: MysqlConnection, first?: 'ROLLBACK'): Promise<void> {
  try {
    if (first !== undefined) await connection.query({ sql: first });
    await connection.query({ sql: formerLimits });
  } catch {
    connection.destroy();
  }
}

/** Creates the session that runs the directory's methods on this pool. */
export function mysqlSession(onConnection: OnConnection, named: Named): SqlSession {
  const run = <Result>(connection: MysqlConnection, work: () => Work<Result>): Promise<Result> =>
    runInTurn(work(), (statement) => ask(connection, { ...statement, text: named(statement.text) }));
  return {
    // Each statement is a separate transaction, so its snapshot is newer than that of the previous statement.
    read: (work) => onConnection((connection) => run(connection, work)),
    change: (work) => onConnection((connection) => transaction(connection, () => run(connection, work))),
  };
}
