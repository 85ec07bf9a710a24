// Runs the directory's methods in SQLite. Each method is one transaction, which runs from BEGIN to COMMIT without
// interruption.
import { setTimeout as pause } from 'node:timers/promises';
import { runAtOnce, type SqlRow, type SqlSession, type Statement, type Work } from '../sql/statement.js';
import type { Named } from '../table-prefix.js';
import type { SqliteDatabase, SqliteStatement } from './database-shapes.js';
import { isBusy, sqliteError } from './sqlite-errors.js';

/** The maximum number of milliseconds that a method waits for the lock of another process. */
const longestWait = 5000;

/**
 * The shortest and the longest wait between two attempts, in milliseconds. Each wait is random, so that two processes
 * do not always try at the same time.
 */
const pauses = { shortest: 1, longest: 20 };

/** The maximum number of prepared statements that are kept. Only the text of list statements depends on the query. */
const keptStatements = 100;

/** Runs a transaction synchronously. Throws the driver's errors. */
export type Transact = <Result>(mode: 'DEFERRED' | 'IMMEDIATE', work: () => Work<Result>) => Result;

/** Creates the function that runs transactions on this handle. */
export function transactions(database: SqliteDatabase, named: Named): Transact {
  const statements = new Map<string, SqliteStatement>();

  function prepared(text: string): SqliteStatement {
    const known = statements.get(text);
    if (known !== undefined) return known;
    const [oldest] = statements.keys();
    if (oldest !== undefined && statements.size >= keptStatements) statements.delete(oldest);
    const statement = database.prepare(named(text));
    // The host might have opened the handle with `returnArrays`.
    statement.setReturnArrays?.(false);
    statements.set(text, statement);
    return statement;
  }

  function ask({ text, params, reads }: Statement): readonly SqlRow[] {
    const statement = prepared(text);
    return reads ? (statement.all(...params) as readonly SqlRow[]) : [{ affected: statement.run(...params).changes }];
  }

  /**
   * Runs the work without waiting for locks, because a driver that waits for another process blocks the event loop.
   * Restores the host's `busy_timeout` synchronously, so that no other code sees the changed value.
   */
  function withoutWaiting<Result>(work: () => Result): Result {
    const [setting] = ask({ text: 'PRAGMA busy_timeout', params: [], reads: true });
    const milliseconds = Number(setting?.['timeout']) || 0;
    if (milliseconds === 0) return work();
    database.exec('PRAGMA busy_timeout = 0');
    try {
      return work();
    } finally {
      database.exec(`PRAGMA busy_timeout = ${milliseconds}`);
    }
  }

  return (mode, work) =>
    withoutWaiting(() => {
      database.exec(`BEGIN ${mode}`);
      try {
        const result = runAtOnce(work(), ask);
        database.exec('COMMIT');
        return result;
      } catch (error) {
        rollBack(database);
        throw error;
      }
    });
}

/** Rolls the transaction back. After some errors, for example if the disk is full, SQLite has already rolled back. */
function rollBack(database: SqliteDatabase): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // This error is ignored, because the caller gets the error that caused the rollback.
  }
}

/** Creates the session that runs the directory's methods on this handle. */
export function sqliteSession(transact: Transact): SqlSession {
  return {
    read: (work) => withRetry(() => transact('DEFERRED', work)),
    // IMMEDIATE takes the write lock at the beginning. A transaction that has already read might fail to get that lock
    // later.
    change: (work) => withRetry(() => transact('IMMEDIATE', work)),
  };
}

/**
 * Runs the transaction, and retries while another process holds a lock. The event loop is not blocked between two
 * attempts.
 * @param waitMilliseconds The time in milliseconds after which no new attempt is made. Default: 5,000.
 */
export async function withRetry<Result>(
  transaction: () => Result,
  waitMilliseconds: number = longestWait,
): Promise<Result> {
  const deadline = performance.now() + waitMilliseconds;
  for (;;) {
    try {
      return transaction();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw sqliteError(error);
    }
    await pause(pauses.shortest + Math.random() * (pauses.longest - pauses.shortest));
  }
}
