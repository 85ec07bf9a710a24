// The kinds of directory that Latchkey ships, so that a test can run on each.
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { mysqlDirectory } from '../../src/stores/mysql/mysql-directory.js';
import { sqliteDirectory } from '../../src/stores/sqlite/sqlite-directory.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import { type MariadbServer, startMariadb } from './mariadb.js';
import { emptyMysql, type MysqlTables, mysqlTables } from './mysql-tables.js';
import { emptySqlite, type SqliteFiles, sqliteFiles } from './sqlite.js';

/** A kind of directory. */
export interface DirectoryKind {
  readonly name: string;
  start(): Promise<void>;
  /** Opens the directory without users, mappings, devices and audit entries. */
  open(): Promise<Directory>;
  stop(): Promise<void>;
}

/** The directory in memory. */
export function memoryKind(): DirectoryKind {
  return { name: 'memory', start: async () => {}, open: async () => memoryDirectory(), stop: async () => {} };
}

/** The directory in a SQLite file. */
export function sqliteKind(): DirectoryKind {
  let files: SqliteFiles;
  let database: Awaited<ReturnType<SqliteFiles['migrated']>>;
  return {
    name: 'SQLite',
    async start() {
      files = await sqliteFiles();
      database = await files.migrated();
    },
    async open() {
      emptySqlite(database);
      return sqliteDirectory(database);
    },
    stop: () => files.remove(),
  };
}

/** The directory in a real MariaDB. */
export function mariadbKind(): DirectoryKind {
  let server: MariadbServer;
  let tables: MysqlTables | undefined;
  return {
    name: 'MariaDB',
    async start() {
      server = await startMariadb();
      tables = await mysqlTables(server);
    },
    async open() {
      if (tables === undefined) throw new Error('not started');
      await emptyMysql(tables.pool);
      return mysqlDirectory(tables.pool);
    },
    async stop() {
      await tables?.close();
      await server.stop();
    },
  };
}
