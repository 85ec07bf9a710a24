// Latchkey's tables in a real MariaDB, and pools on them.
import mysql from 'mysql2/promise';
import { migrate } from '../../src/stores/migrate.js';
import type { MariadbServer } from './mariadb.js';

/** A database with Latchkey's tables. */
export interface MysqlTables {
  readonly database: string;
  readonly pool: mysql.Pool;
  /** Another pool on the same database; it is ended with this one. */
  another(options?: mysql.PoolOptions): mysql.Pool;
  close(): Promise<void>;
}

/** Makes a database with Latchkey's tables. */
export async function mysqlTables(server: MariadbServer): Promise<MysqlTables> {
  const database = await server.database();
  const address = { host: server.host, port: server.port, user: server.user, database };
  const pools: mysql.Pool[] = [];
  const another = (options: mysql.PoolOptions = {}): mysql.Pool => {
    const pool = mysql.createPool({ ...address, connectionLimit: 20, connectTimeout: 2000, ...options });
    pools.push(pool);
    return pool;
  };
  const pool = another();
  await migrate(pool);
  return {
    database,
    pool,
    another,
    async close() {
      await Promise.all(pools.map((each) => each.end().catch(() => {})));
    },
  };
}

/** Removes what tests wrote. The journal goes on. */
export async function emptyMysql(pool: mysql.Pool): Promise<void> {
  for (const table of ['users', 'role_keys', 'group_roles', 'devices', 'audit', 'instances']) {
    await pool.query(`DELETE FROM latchkey_${table}`);
  }
}
