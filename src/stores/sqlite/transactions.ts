// Runs the steps of verbs in SQLite: each verb is one transaction, from BEGIN to COMMIT without anything in between.
import { setTimeout as pause } from 'node:timers/promises';
import { runAtOnce, type SqlRow, type SqlSession, type Statement, type Work } from '../sql/statement.js';
import type { Named } from '../table-prefix.js';
import type { SqliteDatabase, SqliteStatement } from './database-shapes.js';
import { isBusy, sqliteError } from './sqlite-errors.js';

/** How long a verb waits for the lock of another process, in milliseconds. */
const longestWait = 5000;

/** How long it waits between two attempts, in milliseconds: at random, so that two processes do not keep step. */
const pauses = { shortest: 1, longest: 20 };

/** How many prepared statements are kept. Only lists have statements that depend on the query. */
const keptStatements = 100;

/** Runs a transaction at once. Throws the driver's errors. */
export type Transact = <Result>(mode: 'DEFERRED' | 'IMMEDIATE', work: () => Work<Result>) => Result;

/** Runs transactions on this handle. */
export function transactions(database: SqliteDatabase, named: Named): Transact {
  const statements = new Map<string, SqliteStatement>();

  function prepared(text: string): SqliteStatement {
    const known = statements.get(text);
    if (known !== undefined) return known;
    const [oldest] = statements.keys();
    if (oldest !== undefined && statements.size >= keptStatements) statements.delete(oldest);
    const statement = database.prepare(named(text));
    // The host may have opened the handle with `returnArrays`.
    statement.setReturnArrays?.(false);
    statements.set(text, statement);
    return statement;
  }

  function ask({ text, params, reads }: Statement): readonly SqlRow[] {
    const statement = prepared(text);
    return reads ? (statement.all(...params) as readonly SqlRow[]) : [{ affected: statement.run(...params).changes }];
  }

  /**
   * Does this without waiting for locks: a driver that waits for another process blocks the event loop meanwhile. The
   * host's time limit is put back at once, so nobody else sees the change.
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

/** After some errors, as that of a full disk, SQLite has rolled back already. */
function rollBack(database: SqliteDatabase): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // The caller gets the first error.
  }
}

/** The session of verbs on this handle. */
export function sqliteSession(transact: Transact): SqlSession {
  return {
    read: (work) => withRetry(() => transact('DEFERRED', work)),
    // IMMEDIATE takes the lock for writing first: a transaction that has read before it may not get that lock any more.
    change: (work) => withRetry(() => transact('IMMEDIATE', work)),
  };
}

/**
 * Runs the transaction, and again while another process holds a lock. Other work of this process goes on meanwhile.
 * @param waitMilliseconds how long. Default: 5 seconds
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
