// The tables of the example in test/examples/own-directory, in a real MariaDB.
import { readFile } from 'node:fs/promises';
import mysql from 'mysql2/promise';
import { accountsPool } from '../examples/own-directory/database.js';
import type { MariadbServer } from './mariadb.js';

const folder = new URL('../../../test/examples/own-directory/', import.meta.url);

/** A database with the example's tables. */
export interface OwnAccounts {
  /** Latchkey's own pool. */
  readonly pool: mysql.Pool;
  /** Another pool like it, as another process would have. The caller ends it. */
  another(options?: mysql.PoolOptions): mysql.Pool;
  /** A connection of the host, with the settings of the server. */
  readonly host: mysql.Connection;
  /** Removes every row. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Creates the host's tables, runs `before`, then creates Latchkey's tables.
 * @param before fills the host's tables as they are before Latchkey is installed
 */
export async function ownAccounts(
  server: MariadbServer,
  before?: (host: mysql.Connection) => Promise<void>,
): Promise<OwnAccounts> {
  const address = { host: server.host, port: server.port, user: server.user, database: await server.database() };
  const host = await mysql.createConnection({ ...address, multipleStatements: true, charset: 'utf8mb4' });
  await host.query(await readFile(new URL('host.sql', folder), 'utf8'));
  await before?.(host);
  await host.query(await readFile(new URL('latchkey.sql', folder), 'utf8'));
  const another = (options: mysql.PoolOptions = {}) => accountsPool({ ...address, ...options });
  const pool = another();
  return {
    pool,
    another,
    host,
    async empty() {
      await host.query(
        'DELETE FROM accounts; DELETE FROM latchkey_mappings; DELETE FROM latchkey_audit; DELETE FROM latchkey_instances',
      );
    },
    async close() {
      await Promise.all([pool.end(), host.end()]);
    },
  };
}
