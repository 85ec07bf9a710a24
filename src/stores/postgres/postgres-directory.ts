// The directory in Postgres, for production. The tables are defined in migrations.ts.
import type { Directory } from '../../vocabulary/ports.js';
import { type TableOptions, tableNames } from '../table-prefix.js';
import { sqlAudit } from './audit-queries.js';
import { sqlPairing } from './device-creation.js';
import { sqlDevices } from './device-queries.js';
import { sqlRenewal } from './device-renewal-queries.js';
import { sqlInspection } from './inspection.js';
import { sqlJournal } from './journal-queries.js';
import { sqlLinks } from './link-queries.js';
import { sqlMapping } from './mapping-queries.js';
import { checkPool, type SqlPool, sql } from './pool.js';
import { sqlProvisioning } from './provisioning.js';
import { sqlRenames } from './rename-queries.js';
import { sqlUserChanges } from './user-changes.js';
import { sqlUsers } from './user-queries.js';

/**
 * Creates a directory in Postgres (15 or later) that uses the host's pool. `migrate(pool)` creates its tables.
 *
 * You set the pool's limits, listen to its event `error`, and close the pool. A `pg.Pool` emits `error` when an idle
 * connection breaks. Without a listener, this event ends the process. Latchkey sets no timeouts. To detect a database
 * that does not answer, set the pool's options `connectionTimeoutMillis` and `query_timeout`.
 *
 * If the server rolls a statement back because of a conflict (SQLSTATE 40001 or 40P01), Latchkey runs it again.
 * Latchkey retries nothing else.
 * @param pool a `pg.Pool` or a `PGlite`
 * @param options.tablePrefix The prefix of the tables' names. Default: `latchkey_`.
 * @returns A directory. Its methods reject with `ERR_DIRECTORY_UNAVAILABLE` when the database does not answer, with
 * `ERR_DIRECTORY_REFUSED` when the database refuses until an operator acts, with `ERR_DIRECTORY_SCHEMA` when tables are
 * missing, and with `ERR_DIRECTORY_VALUE` when a value cannot be stored.
 * @throws {LatchkeyError} `ERR_CONFIG` when `pool` is not a pool, or an option is wrong
 *
 * @example
 * import { postgresDirectory } from 'latchkey';
 * import { Pool } from 'pg';
 * const pool = new Pool({ max: 10, connectionTimeoutMillis: 2000, query_timeout: 5000 });
 * pool.on('error', console.error);
 * const directory = postgresDirectory(pool);
 */
export function postgresDirectory(pool: SqlPool, options?: TableOptions): Directory {
  checkPool('postgresDirectory()', pool);
  const session = sql(pool, tableNames('postgresDirectory()', options));
  return {
    ...sqlUsers(session),
    ...sqlProvisioning(session),
    ...sqlUserChanges(session),
    ...sqlLinks(session),
    ...sqlRenames(session),
    ...sqlMapping(session),
    ...sqlPairing(session),
    ...sqlDevices(session),
    ...sqlRenewal(session),
    ...sqlAudit(session),
    ...sqlInspection(session),
    journal: sqlJournal(session),
  };
}
