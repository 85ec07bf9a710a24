// The directory in SQLite, for products without a database server.
import type { Directory } from '../../vocabulary/ports.js';
import { sqliteDialect } from '../sql/dialect.js';
import { sqlVerbs } from '../sql/sql-verbs.js';
import { type TableOptions, tableNames } from '../table-prefix.js';
import { checkSqliteDatabase, type SqliteDatabase } from './database-shapes.js';
import { sqliteSession, transactions } from './transactions.js';

/**
 * Creates a directory in SQLite (3.38 or later). `migrate(database)` creates its tables.
 *
 * Each method is one transaction, which runs without interruption. Several processes on one machine can use the same
 * file, unless the file is on a network drive. A method waits up to 5 seconds for the lock of another process, without
 * blocking the event loop. Open a separate handle for Latchkey, and set `PRAGMA journal_mode = WAL`, so that reads do
 * not wait for writes. You configure the handle and close it.
 * @param database a `Database` of better-sqlite3 or libsql, or a `DatabaseSync` of Node's `node:sqlite`
 * @param options.tablePrefix The prefix of the tables' names. Default: `latchkey_`.
 * @returns A directory. Its methods reject with `ERR_DIRECTORY_UNAVAILABLE` when the file is locked or the handle is
 * closed, with `ERR_DIRECTORY_REFUSED` when the file is read-only or damaged or the disk is full, with
 * `ERR_DIRECTORY_SCHEMA` when tables are missing, and with `ERR_DIRECTORY_VALUE` when a value cannot be stored.
 * @throws {LatchkeyError} `ERR_CONFIG` when `database` is not a synchronous SQLite handle, or an option is wrong
 *
 * @example
 * import { migrate, sqliteDirectory } from 'latchkey';
 * import Database from 'libsql';
 * const database = new Database('latchkey.db');
 * database.pragma('journal_mode = WAL');
 * await migrate(database);
 * const directory = sqliteDirectory(database);
 */
export function sqliteDirectory(database: SqliteDatabase, options?: TableOptions): Directory {
  checkSqliteDatabase('sqliteDirectory()', database);
  const named = tableNames('sqliteDirectory()', options);
  return sqlVerbs(sqliteDialect, sqliteSession(transactions(database, named)));
}
