// The directory in SQLite, for a product without a database server.
import type { Directory } from '../../vocabulary/ports.js';
import { sqliteDialect } from '../sql/dialect.js';
import { sqlVerbs } from '../sql/sql-verbs.js';
import { type TableOptions, tableNames } from '../table-prefix.js';
import { checkSqliteDatabase, type SqliteDatabase } from './database-shapes.js';
import { sqliteSession, transactions } from './transactions.js';

/**
 * Creates a directory in SQLite (3.38 or later). `migrate(database)` creates its tables.
 *
 * Each method is one transaction without a pause in it. Several processes of one machine can use the same file, if it
 * is not on a network drive: a method waits up to 5 seconds for the lock of another process, and the event loop goes on
 * meanwhile. Give Latchkey a handle of its own, and set `PRAGMA journal_mode = WAL`, so that reads do not wait for
 * writes. You stay responsible for the handle: its settings, and closing it.
 * @param database a `Database` of better-sqlite3 or libsql, or a `DatabaseSync` of Node's `node:sqlite`
 * @param options.tablePrefix what the names of the tables begin with. Default: `latchkey_`
 * @returns a directory whose methods reject with `ERR_DIRECTORY_UNAVAILABLE` while the file is locked and when the
 * handle is closed, with `ERR_DIRECTORY_REFUSED` when the file only reads, is damaged or full, with
 * `ERR_DIRECTORY_SCHEMA` when its tables are missing, and with `ERR_DIRECTORY_VALUE` when a value cannot be stored
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
