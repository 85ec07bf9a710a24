// What we ask of a Postgres driver: queries, transactions, and errors in our own words.

import { describeValue } from '../../vocabulary/describe-value.js';
import { LatchkeyError } from '../../vocabulary/errors.js';
import { driverError } from '../driver-error.js';

/** Runs one statement with its parameters. */
export interface SqlRunner {
  query(text: string, params?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** One connection out of a pool, as `pg` hands it out. */
export interface SqlConnection extends SqlRunner {
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
  release(destroy?: boolean): void;
}

/** A `pg.Pool`, a `PGlite`, or anything of either's shape. */
export type SqlPool = SqlRunner &
  ({ connect(): Promise<SqlConnection> } | { transaction<T>(work: (runner: SqlRunner) => Promise<T>): Promise<T> });

/** One row, before it has become one of our types. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** Runs one statement and gives its rows. */
export type Run = (text: string, params?: unknown[]) => Promise<readonly SqlRow[]>;

/** A pool that speaks in `LatchkeyError`s. */
export interface Sql {
  readonly run: Run;
  /** Runs the work in one transaction, where each statement sees what was committed before it (`READ COMMITTED`). */
  transaction<T>(work: (run: Run) => Promise<T>): Promise<T>;
}

// A collision leaves one of those who collide standing, so this is reached only by that many at once.
const attempts = 100;

// undefined_table, undefined_column, undefined_object, undefined_function; no constraint that an ON CONFLICT names.
const schemaStates = /^(42P01|42703|42704|42883|42P10)$/;

// Data exceptions, a CHECK, an index row that is too large.
const valueStates = /^(22...|23514|54000)$/;

// What somebody has to mend: password or pg_hba.conf (28), no such database or none that lets anybody in (55000), no right
// or another statement that this server does not take (42, 0A), a server that only reads, a full disk, a dropped database, a
// broken file; and certificates that the driver does not believe.
const refusalStates =
  /^(0A...|28...|3D000|42...|25006|53100|55000|57P04|58...|XX00[12]|ERR_TLS_.*|CERT_.*|SELF_SIGNED_.*|DEPTH_ZERO_.*|UNABLE_TO_.*)$/;

/** Throws `ERR_CONFIG` for what is no pool. `taker`: who was handed it. */
export function checkPool(taker: string, pool: unknown): void {
  const { query, connect, transaction } = (isObject(pool) ? pool : {}) as Readonly<Record<string, unknown>>;
  const runs = typeof query === 'function' && (typeof connect === 'function' || typeof transaction === 'function');
  // A single connection of pg: it cannot be replaced when it breaks, and transactions of several requests would mix.
  const client = isObject(pool) && 'connectionParameters' in pool;
  if (runs && !client) return;
  const saw = client ? 'a single connection (pg.Client)' : describeValue(pool);
  const detail = `${taker} expected a pg.Pool (new pg.Pool({ connectionString })) or a PGlite, saw ${saw}.`;
  throw new LatchkeyError('ERR_CONFIG', { detail });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Wraps a pool: every failure is a `LatchkeyError`, and what the server rolled back only for a collision runs again. */
export function sql(pool: SqlPool): Sql {
  return {
    // Where the host's default isolation is stricter than READ COMMITTED, neighbours collide instead of waiting, and all
    // changes meet at the journal's head: so the second time they wait.
    run: (text, params) =>
      withRetry((attempt) =>
        attempt === 1 ? runOn(pool)(text, params) : transaction(pool, (own) => own(text, params)),
      ),
    transaction: (work) => withRetry(() => transaction(pool, work)),
  };
}

/** The SQLSTATE of a driver's error; `undefined`: it has none (a lost connection, for one). */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

function runOn(runner: SqlRunner): Run {
  return async (text, params) => (await runner.query(text, params)).rows as readonly SqlRow[];
}

async function withRetry<T>(work: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      // serialization_failure, deadlock_detected: the server rolled back; this run has left no trace.
      const collided = ['40001', '40P01'].includes(sqlState(error) ?? '');
      if (!collided || attempt === attempts) {
        throw directoryError(error);
      }
    }
  }
}

// All changes wait for the lock on the journal's head. A process that stands still while it holds it, or that is cut off,
// must not hold up the others: the server ends its transaction.
const idleLimit = 'SET LOCAL idle_in_transaction_session_timeout = 2000';

async function transaction<T>(pool: SqlPool, work: (run: Run) => Promise<T>): Promise<T> {
  if ('transaction' in pool) {
    return pool.transaction(async (runner) => {
      await runner.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
      await runner.query(idleLimit);
      return work(runOn(runner));
    });
  }
  const connection = await pool.connect();
  // Without a listener a connection that breaks while it is ours would end the host's process.
  const ignore = (): void => {};
  connection.on('error', ignore);
  let broken = false;
  try {
    await connection.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    await connection.query(idleLimit);
    const result = await work(runOn(connection));
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

function directoryError(error: unknown): LatchkeyError {
  if (error instanceof LatchkeyError) {
    return error;
  }
  const cause = driverError(error);
  const state = cause.code ?? '';
  // not_null_violation, unique_violation
  if ((state === '23502' || state === '23505') && (error as { table?: unknown }).table === 'latchkey_journal') {
    const detail = 'latchkey_journal_head is missing, or does not match the last row of latchkey_journal:';
    const remedy =
      'restore both from one backup, or set its seq and nonce to those of that row and call invalidateAll().';
    return new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail: `${detail} ${remedy}`, cause });
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
