// The directory in MySQL and MariaDB.
import type { Directory } from '../../vocabulary/ports.js';
import { mysqlDialect } from '../sql/dialect.js';
import { sqlVerbs } from '../sql/sql-verbs.js';
import { type TableOptions, tableNames } from '../table-prefix.js';
import { connections, mysqlSession } from './connections.js';
import { checkMysqlPool, type MysqlPool } from './pool-shapes.js';

/**
 * Creates a directory in MySQL (8.0.17 or later) or MariaDB (10.6 or later) that uses the host's pool. `migrate(pool)`
 * creates its tables.
 *
 * The pool's `charset` must be utf8mb4, which is the default of mysql2. Autocommit must be on, which is the server's
 * default, and the `sql_mode` must not contain EMPTY_STRING_IS_NULL. Other settings do not matter. The pool must
 * connect to a single primary server, not to a replica or to a cluster with several primaries. You set the limits and
 * the `connectTimeout` of the pool, and you close the pool.
 *
 * If the server rolls a transaction back because of a conflict (error 1213, 1020 or 1205), Latchkey runs it again.
 * Latchkey retries nothing else.
 * @param pool a pool of `mysql2/promise` or of `mysql2`
 * @param options.tablePrefix The prefix of the tables' names. Default: `latchkey_`.
 * @returns A directory. Its methods reject with `ERR_DIRECTORY_UNAVAILABLE` when the database does not answer, with
 * `ERR_DIRECTORY_REFUSED` when the database refuses until an operator acts, with `ERR_DIRECTORY_SCHEMA` when tables are
 * missing, with `ERR_DIRECTORY_VALUE` when a value cannot be stored, and with `ERR_CONFIG` when the settings of a
 * connection are wrong.
 * @throws {LatchkeyError} `ERR_CONFIG` when `pool` is not a pool of mysql2, or an option is wrong
 *
 * @example
 * import { migrate, mysqlDirectory } from 'latchkey';
 * import { createPool } from 'mysql2/promise';
 * const database = createPool({ host: '127.0.0.1', user: 'app', database: 'app', connectTimeout: 2000 });
 * await migrate(database);
 * const directory = mysqlDirectory(database);
 */
export function mysqlDirectory(pool: MysqlPool, options?: TableOptions): Directory {
  const promised = checkMysqlPool('mysqlDirectory()', pool);
  const named = tableNames('mysqlDirectory()', options);
  return sqlVerbs(mysqlDialect, mysqlSession(connections(promised), named));
}
