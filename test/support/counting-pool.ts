// Counts the statements that a pool gets, and the transactions that write.
import type { SqlConnection, SqlPool, SqlRunner } from '../../src/stores/postgres/pool.js';

/** A pool that counts its statements and passes them to another pool. */
export interface CountingPool {
  readonly pool: SqlPool;
  /** The other pool. Statements sent to it directly are not counted. */
  readonly unseen: SqlRunner;
  /** The statements since the last `clear`, in order, including those in transactions. */
  readonly statements: readonly string[];
  /**
   * How many transactions have written since the last `clear`: all on the server that got a transaction id. Postgres
   * assigns one at the first write or row lock, so a statement that could write but did not does not count.
   */
  writes(): Promise<number>;
  clear(): Promise<void>;
}

/**
 * Makes a counting pool. The server should be otherwise idle, and its autovacuum off.
 * @param statements The list to which the pool adds each statement.
 */
export async function countingPool(pool: SqlPool, statements: string[] = []): Promise<CountingPool> {
  const counted = (runner: SqlRunner): SqlRunner => ({
    query(text, params) {
      statements.push(text);
      return runner.query(text, params);
    },
  });
  const nextTransaction = async (): Promise<number> => {
    const { rows } = await pool.query('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS id');
    return Number((rows[0] as { id: string }).id);
  };

  let first = await nextTransaction();
  const transactions =
    'transaction' in pool
      ? {
          transaction: <T>(work: (runner: SqlRunner) => Promise<T>) => pool.transaction((tx) => work(counted(tx))),
        }
      : {
          async connect(): Promise<SqlConnection> {
            const connection = await pool.connect();
            return {
              ...counted(connection),
              on: (event, listener) => connection.on(event, listener),
              off: (event, listener) => connection.off(event, listener),
              release: (destroy) => connection.release(destroy),
            };
          },
        };
  return {
    pool: { ...counted(pool), ...transactions },
    unseen: pool,
    statements,
    writes: async () => (await nextTransaction()) - first,
    async clear() {
      statements.length = 0;
      first = await nextTransaction();
    },
  };
}
