// Wraps a Postgres driver. Runs queries and transactions, and converts errors to LatchkeyErrors.

import { describeValue } from '../../vocabulary/describe-value.js';
import { LatchkeyError } from '../../vocabulary/errors.js';
import { driverError } from '../driver-error.js';
import { headMismatch } from '../journal-head.js';
import type { Named } from '../table-prefix.js';

/** Runs one statement with its parameters. */
export interface SqlRunner {
  query(text: string, params?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** One connection from a pool of `pg`. */
export interface SqlConnection extends SqlRunner {
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
  release(destroy?: boolean): void;
}

/** A `pg.Pool`, a `PGlite`, or an object with the same methods. */
export type SqlPool = SqlRunner &
  ({ connect(): Promise<SqlConnection> } | { transaction<T>(work: (runner: SqlRunner) => Promise<T>): Promise<T> });

/** One row, before its conversion to a type of Latchkey. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** Runs one statement and returns its rows. */
export type Run = (text: string, params?: unknown[]) => Promise<readonly SqlRow[]>;

/** A pool that rejects with `LatchkeyError`s. */
export interface Sql {
  readonly run: Run;
  /** Runs the work in one transaction at the isolation level `READ COMMITTED`. */
  transaction<T>(work: (run: Run) => Promise<T>): Promise<T>;
}

// One of several conflicting transactions always succeeds, so 100 attempts fail only if about 100 transactions conflict
// at the same time.
const attempts = 100;

// The schema is wrong: undefined_table, undefined_column, undefined_object, undefined_function, or a missing constraint
// for ON CONFLICT.
const schemaStates = /^(42P01|42703|42704|42883|42P10)$/;

// A value is wrong: a data exception, a failed CHECK, or an index row that is too large.
const valueStates = /^(22...|23514|54000)$/;

// Errors that last until an operator acts: password or pg_hba.conf (28), a database that does not exist (3D000) or
// accepts no connections (55000), a missing permission or an invalid statement (42), a read-only server, a full
// disk, a dropped database, a corrupt file, and certificates that the driver does not trust.
const refusalStates =
  /^(28...|3D000|42...|25006|53100|55000|57P04|58...|XX00[12]|ERR_TLS_.*|CERT_.*|SELF_SIGNED_.*|DEPTH_ZERO_.*|UNABLE_TO_.*)$/;

/**
 * Checks the pool.
 * @param taker The name of the function that received the pool, for the error message.
 * @throws {LatchkeyError} `ERR_CONFIG` when `pool` is not a pool
 */
export function checkPool(taker: string, pool: unknown): void {
  if (isSqlPool(pool)) return;
  const detail = `${taker} expected a pg.Pool (new pg.Pool({ connectionString })) or a PGlite, saw ${describePool(pool)}.`;
  throw new LatchkeyError('ERR_CONFIG', { detail });
}

/** Returns `true` if the value has the methods of a Postgres pool. */
export function isSqlPool(value: unknown): value is SqlPool {
  const { query, connect, transaction } = (isObject(value) ? value : {}) as Readonly<Record<string, unknown>>;
  const runs = typeof query === 'function' && (typeof connect === 'function' || typeof transaction === 'function');
  return runs && !isClient(value);
}

/** Describes what was passed instead of a pool. */
export function describePool(value: unknown): string {
  return isClient(value) ? 'a single connection (pg.Client)' : describeValue(value);
}

/**
 * Returns `true` if the value is a `pg.Client`. A `pg.Client` is a single connection: nothing would replace a broken
 * connection, and concurrent transactions would mix.
 */
function isClient(value: unknown): boolean {
  return isObject(value) && 'connectionParameters' in value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Wraps a pool. Failures become `LatchkeyError`s. If the server rolls work back because of a conflict, the work runs
 * again.
 * @param named Puts the host's prefix into statements.
 */
export function sql(pool: SqlPool, named: Named): Sql {
  const runOn =
    (runner: SqlRunner): Run =>
    async (text, params) =>
      (await runner.query(named(text), params)).rows as readonly SqlRow[];
  return {
    // If the host's default isolation level is stricter than READ COMMITTED, concurrent changes conflict at the
    // journal's head instead of waiting. So a retry runs in a READ COMMITTED transaction, where it waits.
    run: (text, params) =>
      withRetry(named, (attempt) =>
        attempt === 1 ? runOn(pool)(text, params) : transaction(pool, (runner) => runOn(runner)(text, params)),
      ),
    transaction: (work) => withRetry(named, () => transaction(pool, (runner) => work(runOn(runner)))),
  };
}

/**
 * Returns the SQLSTATE of a driver's error, or `undefined` if the error has no SQLSTATE, for example after a lost
 * connection.
 */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/**
 * Returns `true` if the error says that a unique key is taken (unique_violation). A journal head that does not match
 * the journal's rows causes a different error.
 */
export function isDuplicate(error: unknown): boolean {
  return (
    error instanceof LatchkeyError && error.code === 'ERR_DIRECTORY_UNAVAILABLE' && sqlState(error.cause) === '23505'
  );
}

async function withRetry<T>(named: Named, work: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      // After serialization_failure and deadlock_detected, the server has rolled everything back.
      const collided = ['40001', '40P01'].includes(sqlState(error) ?? '');
      if (!collided || attempt === attempts) {
        throw directoryError(named, error);
      }
    }
  }
}

// All changes wait for the lock on the journal's head. If the process that holds this lock hangs or loses its
// connection, the server ends the transaction, so that other changes can continue.
const idleLimit = 'SET LOCAL idle_in_transaction_session_timeout = 2000';

async function transaction<T>(pool: SqlPool, work: (runner: SqlRunner) => Promise<T>): Promise<T> {
  if ('transaction' in pool) {
    return pool.transaction(async (runner) => {
      await runner.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
      await runner.query(idleLimit);
      return work(runner);
    });
  }
  const connection = await pool.connect();
  // Without this listener, an error of the connection would end the host's process.
  const ignore = (): void => {};
  connection.on('error', ignore);
  let broken = false;
  try {
    await connection.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    await connection.query(idleLimit);
    const result = await work(connection);
    await connection.query('COMMIT');
    return result;
  } catch (error) {
    await connection.query('ROLLBACK').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    connection.off('error', ignore);
    connection.release(broken);
  }
}

function directoryError(named: Named, error: unknown): LatchkeyError {
  if (error instanceof LatchkeyError) {
    return error;
  }
  const cause = driverError(error);
  const state = cause.code ?? '';
  // 23502 is not_null_violation, and 23505 is unique_violation.
  if ((state === '23502' || state === '23505') && (error as { table?: unknown }).table === named('latchkey_journal')) {
    return headMismatch(cause);
  }
  if (schemaStates.test(state)) {
    const detail = 'The database lacks tables or columns that this version of Latchkey needs: run migrate(pool).';
    return new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail, cause });
  }
  if (valueStates.test(state)) return new LatchkeyError('ERR_DIRECTORY_VALUE', { cause });
  return new LatchkeyError(refusalStates.test(state) ? 'ERR_DIRECTORY_REFUSED' : 'ERR_DIRECTORY_UNAVAILABLE', {
    cause,
  });
}
