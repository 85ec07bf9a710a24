// Creates the tables of a directory in the host's database: Postgres, SQLite, MySQL or MariaDB.
import { LatchkeyError } from '../vocabulary/errors.js';
import { migrateMysql } from './mysql/mysql-migrations.js';
import { isMysqlPool, type MysqlPool } from './mysql/pool-shapes.js';
import { migrate as migratePostgres } from './postgres/migrations.js';
import { describePool, isSqlPool, type SqlPool } from './postgres/pool.js';
import { isSqliteDatabase, type SqliteDatabase } from './sqlite/database-shapes.js';
import { migrateSqlite } from './sqlite/sqlite-migrations.js';
import type { TableOptions } from './table-prefix.js';

/**
 * Creates or updates Latchkey's tables (`latchkey_…`). In Postgres, the tables are in the first schema of the
 * connection's search path. In MySQL and MariaDB, the tables are in the pool's database. Several instances may call
 * this function at the same time. If no migration is missing, the call changes nothing.
 *
 * In Postgres and SQLite, all migrations run in one transaction. MySQL and MariaDB cannot create tables in a
 * transaction. If a call is interrupted there, the next call continues where it stopped.
 * @param database The pool or handle that `postgresDirectory`, `sqliteDirectory` or `mysqlDirectory` takes. If a
 * migration is missing, the database role needs the right to create tables. Otherwise, the right to read
 * `latchkey_migrations` is enough.
 * @param options.tablePrefix The prefix of the tables' names. Default: `latchkey_`.
 * @returns the names of the migrations that this call applied
 * @throws {LatchkeyError} `ERR_DIRECTORY_SCHEMA` when a newer or an altered version of Latchkey migrated the database,
 * or when a migration fails
 * @throws {LatchkeyError} `ERR_DIRECTORY_REFUSED` when the role may not create tables
 * @throws {LatchkeyError} `ERR_DIRECTORY_UNAVAILABLE` when the database cannot be reached
 * @throws {LatchkeyError} `ERR_CONFIG` when `database` is not such a pool or handle, or an option is wrong
 *
 * @example
 * import { migrate } from 'latchkey';
 * const applied = await migrate(pool);
 * console.log(applied.length === 0 ? 'Up to date' : `Applied ${applied.join(', ')}`);
 */
export async function migrate(
  database: SqlPool | SqliteDatabase | MysqlPool,
  options?: TableOptions,
): Promise<readonly string[]> {
  if (isMysqlPool(database)) return migrateMysql(database, options);
  if (isSqliteDatabase(database)) return migrateSqlite(database, options);
  if (isSqlPool(database)) return migratePostgres(database, options);
  const postgres = 'a pg.Pool (new pg.Pool({ connectionString })), a PGlite';
  const expected = `${postgres}, a pool of mysql2 or a synchronous SQLite handle`;
  throw new LatchkeyError('ERR_CONFIG', { detail: `migrate() expected ${expected}, saw ${describePool(database)}.` });
}
