// The directory in Postgres: the authority in production. Its tables are in migrations.ts.
import type { Directory } from '../../vocabulary/ports.js';
import { sqlAudit } from './audit-queries.js';
import { sqlPairing } from './device-creation.js';
import { sqlDevices } from './device-queries.js';
import { sqlRenewal } from './device-renewal-queries.js';
import { sqlJournal } from './journal-queries.js';
import { sqlMapping } from './mapping-queries.js';
import { checkPool, type SqlPool, sql } from './pool.js';
import { sqlProvisioning } from './provisioning.js';
import { sqlUserChanges } from './user-changes.js';
import { sqlUsers } from './user-queries.js';

/**
 * A directory in Postgres (15 or later), over the host's own pool; `migrate(pool)` makes its tables.
 *
 * The pool stays the host's: its limits, its end, and its `error` event. A `pg.Pool` tells of idle connections that
 * broke by that event, and a pool without a listener for it ends the process. Latchkey sets no time limit of its own:
 * give the pool a `connectionTimeoutMillis` and a `query_timeout`, so that a silent database is found out.
 *
 * Statements that the server rolled back for a collision (SQLSTATE 40001, 40P01) run again; nothing else is repeated.
 * @param pool a `pg.Pool` or a `PGlite`
 * @returns a directory whose verbs reject with `ERR_DIRECTORY_UNAVAILABLE` when the database cannot be asked, with
 * `ERR_DIRECTORY_REFUSED` when it refuses until somebody mends something, with `ERR_DIRECTORY_SCHEMA` when its tables are
 * missing, and with `ERR_DIRECTORY_VALUE` when a value cannot be stored
 * @throws `ERR_CONFIG` for what is no pool
 */
export function sqlDirectory(pool: SqlPool): Directory {
  checkPool('sqlDirectory()', pool);
  const session = sql(pool);
  return {
    ...sqlUsers(session),
    ...sqlProvisioning(session),
    ...sqlUserChanges(session),
    ...sqlMapping(session),
    ...sqlPairing(session),
    ...sqlDevices(session),
    ...sqlRenewal(session),
    ...sqlAudit(session),
    journal: sqlJournal(session),
  };
}
