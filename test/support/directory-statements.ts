// The directories in SQL, each with the statements that it sends to a real database.

import { mysqlDirectory } from '../../src/stores/mysql/mysql-directory.js';
import type { MysqlPromisePool, MysqlStatement } from '../../src/stores/mysql/pool-shapes.js';
import { sqlDirectory } from '../../src/stores/postgres/sql-directory.js';
import type { SqliteDatabase } from '../../src/stores/sqlite/database-shapes.js';
import { sqliteDirectory } from '../../src/stores/sqlite/sqlite-directory.js';
import { countingPool } from './counting-pool.js';
import { type DirectoryKind, mariadbTables, sqliteTables } from './directories.js';
import { pglite, startPglite } from './pglite.js';

/** A kind of directory, with the text of each statement that it has sent. */
export interface DirectoryStatements extends DirectoryKind {
  readonly statements: string[];
  start(this: Mocha.Context): Promise<void>;
}

/** The directory in Postgres, by PGlite. */
export function postgresStatements(): DirectoryStatements {
  const statements: string[] = [];
  return {
    name: 'Postgres',
    statements,
    start: startPglite,
    async open() {
      const counter = await countingPool(await pglite(), statements);
      return sqlDirectory(counter.pool);
    },
    stop: async () => {},
  };
}

/** The directory in a SQLite file. */
export function sqliteStatements(): DirectoryStatements {
  const statements: string[] = [];
  return { name: 'SQLite', statements, ...sqliteTables((database) => sqliteDirectory(noting(database, statements))) };
}

/** The directory in a real MariaDB. */
export function mariadbStatements(): DirectoryStatements {
  const statements: string[] = [];
  return { name: 'MariaDB', statements, ...mariadbTables((pool) => mysqlDirectory(notingPool(pool, statements))) };
}

/** A handle that adds the text of each statement to the list, whenever it runs. */
function noting(database: SqliteDatabase, statements: string[]): SqliteDatabase {
  return {
    exec(text) {
      statements.push(text);
      return database.exec(text);
    },
    prepare(text) {
      const prepared = database.prepare(text);
      return {
        all(...params) {
          statements.push(text);
          return prepared.all(...params);
        },
        run(...params) {
          statements.push(text);
          return prepared.run(...params);
        },
      };
    },
  };
}

/** A pool that adds the text of each statement to the list. */
function notingPool(pool: MysqlPromisePool, statements: string[]): MysqlPromisePool & Pick<DirectoryPool, 'execute'> {
  const noted =
    <Result>(call: (statement: MysqlStatement) => Result) =>
    (statement: MysqlStatement): Result => {
      statements.push(statement.sql);
      return call(statement);
    };
  return {
    execute: () => Promise.reject(new Error('the directory uses connections')),
    async getConnection() {
      const connection = await pool.getConnection();
      return {
        connection: connection.connection,
        execute: noted((statement) => connection.execute(statement)),
        query: noted((statement) => connection.query(statement)),
        release: () => connection.release(),
        destroy: () => connection.destroy(),
      };
    },
  };
}

/** The members by which `mysqlDirectory` recognizes a pool. */
interface DirectoryPool {
  execute(): Promise<never>;
}
