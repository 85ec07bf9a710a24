// A second connection with an open transaction, so that a race always happens in the same way.
import type pg from 'pg';
import { migrate } from '../../src/stores/postgres/migrations.js';
import { sqlDirectory } from '../../src/stores/postgres/sql-directory.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import { withoutPositions } from '../contracts/directory-harness.js';
import { emptyTables } from './pglite.js';
import { type PostgresServer, startPostgres } from './postgres.js';
import { until } from './processes.js';

/** A Postgres with two clients: the directory under test, and a second connection that the test controls. */
export interface SqlNeighbour {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The empty directory. Its results carry no position. */
  directory(): Promise<Directory>;
  /** A pool that is neither the directory's nor the second connection. */
  pool(): pg.Pool;
  /** Runs a statement on the second connection. */
  query(text: string, params?: unknown[]): Promise<unknown>;
  /** Writes on the second connection, starts the call, waits until a lock blocks it, and ends the transaction. */
  meanwhile<T>(
    statement: string,
    call: () => Promise<T>,
    end?: 'COMMIT' | 'ROLLBACK',
    whileWaiting?: () => Promise<void>,
  ): Promise<T>;
}

/** Creates the pair. Call `start` before the tests. */
export function sqlNeighbour(): SqlNeighbour {
  let server: PostgresServer;
  let pool: pg.Pool;
  let connection: pg.PoolClient;

  return {
    async start() {
      server = await startPostgres();
      pool = await server.database();
      await migrate(pool);
      connection = await pool.connect();
    },
    async stop() {
      connection.release();
      await server.stop();
    },
    async directory() {
      await emptyTables(pool);
      return withoutPositions(sqlDirectory(pool));
    },
    pool: () => pool,
    query: (text, params) => connection.query(text, params),

    async meanwhile(statement, call, end = 'COMMIT', whileWaiting = async () => {}) {
      await connection.query('BEGIN');
      await connection.query(statement);
      const result = call();
      result.catch(() => {});
      await until('the call waits for the second connection', async () => {
        const { rows } = await pool.query(
          `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rows.length === 1;
      });
      await whileWaiting();
      await connection.query(end);
      return result;
    },
  };
}
