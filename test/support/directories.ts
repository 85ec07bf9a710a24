// The kinds of directory that Latchkey ships, so that a test can run on each.
import type Database from 'libsql';
import type mysql from 'mysql2/promise';
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
  return { name: 'SQLite', ...sqliteTables(sqliteDirectory) };
}

/** The directory in a real MariaDB. */
export function mariadbKind(): DirectoryKind {
  return { name: 'MariaDB', ...mariadbTables(mysqlDirectory) };
}

/** The tables in a SQLite file, with the directory that `made` makes of a handle. */
export function sqliteTables(made: (database: Database.Database) => Directory): Omit<DirectoryKind, 'name'> {
  let files: SqliteFiles;
  let database: Database.Database;
  return {
    async start() {
      files = await sqliteFiles();
      database = await files.migrated();
    },
    async open() {
      emptySqlite(database);
      return made(database);
    },
    stop: () => files.remove(),
  };
}

/** The tables in a real MariaDB, with the directory that `made` makes of a pool. */
export function mariadbTables(made: (pool: mysql.Pool) => Directory): Omit<DirectoryKind, 'name'> {
  let server: MariadbServer;
  let tables: MysqlTables | undefined;
  return {
    async start() {
      server = await startMariadb();
      tables = await mysqlTables(server);
    },
    async open() {
      if (tables === undefined) throw new Error('not started');
      await emptyMysql(tables.pool);
      return made(tables.pool);
    },
    async stop() {
      await tables?.close();
      await server.stop();
    },
  };
}
