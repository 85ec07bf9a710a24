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
 * The pool's `charset` must be utf8mb4, which is the default of mysql2. Its other settings do not matter, nor does the
 * server's sql_mode. The pool must reach one primary server: neither a replica, nor a cluster with several primaries.
 * You stay responsible for the pool: its limits, closing it, and a `connectTimeout`.
 *
 * Transactions that the server rolled back because of a conflict (errors 1213, 1020, 1205) run again. Nothing else is
 * retried.
 * @param pool a pool of `mysql2/promise` or of `mysql2`
 * @param options.tablePrefix what the names of the tables begin with. Default: `latchkey_`
 * @returns a directory whose methods reject with `ERR_DIRECTORY_UNAVAILABLE` when the database does not answer, with
 * `ERR_DIRECTORY_REFUSED` when it refuses until an operator acts, with `ERR_DIRECTORY_SCHEMA` when its tables are
 * missing, with `ERR_DIRECTORY_VALUE` when a value cannot be stored, and with `ERR_CONFIG` when a connection's settings
 * would alter text
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
