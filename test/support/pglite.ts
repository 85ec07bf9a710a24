// support: Postgres within the process, for tests that need SQL but no second connection.
import { PGlite } from '@electric-sql/pglite';
import type { SqlPool } from '../../src/stores/sql-pool.js';
import { migrate } from '../../src/stores/sql-schema.js';

let shared: Promise<PGlite> | undefined;

/** The one PGlite of this process (it takes seconds to start: see `startPglite`), with Latchkey's tables, emptied. Nobody closes it. */
export async function pglite(): Promise<PGlite> {
  shared ??= (async () => {
    const database = await PGlite.create();
    await migrate(database);
    return database;
  })();
  const database = await shared;
  await emptyTables(database);
  return database;
}

/** For `before`: starts the PGlite of this process, and gives it the time that it takes on a busy computer. */
export async function startPglite(this: Mocha.Context): Promise<void> {
  this.timeout(120_000);
  await pglite();
}

/** Empties Latchkey's tables, and sets the mapping's generation to 0. The journal goes on; nobody follows it. */
export async function emptyTables(pool: SqlPool): Promise<void> {
  await pool.query(
    'TRUNCATE latchkey_users, latchkey_devices, latchkey_group_roles, latchkey_audit, latchkey_instances',
  );
  await pool.query('UPDATE latchkey_mapping_generation SET generation = 0');
}
