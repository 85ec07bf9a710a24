// Starts Postgres inside this process, for tests that need SQL but no second connection.
import { readFile, writeFile } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import { migrate } from '../../src/stores/postgres/migrations.js';
import type { SqlPool } from '../../src/stores/postgres/pool.js';
import { oncePerRun } from './once-per-run.js';

let shared: Promise<PGlite> | undefined;

/** The one PGlite of this process, with Latchkey's tables, emptied. It takes seconds to start: see `startPglite`. */
export async function pglite(): Promise<PGlite> {
  shared ??= (async () => {
    const path = await oncePerRun('pglite', async (file) => {
      const first = await PGlite.create();
      await migrate(first);
      await writeFile(file, new Uint8Array(await (await first.dumpDataDir('none')).arrayBuffer()));
      await first.close();
    });
    return PGlite.create({ loadDataDir: new Blob([await readFile(path)]) });
  })();
  const database = await shared;
  await emptyTables(database);
  return database;
}

/** For `before`: starts the PGlite of this process, with a timeout that is enough on a busy computer. */
export async function startPglite(this: Mocha.Context): Promise<void> {
  this.timeout(120_000);
  await pglite();
}

/** Empties Latchkey's tables and sets the mapping's generation to 0. The journal keeps its rows; nothing reads it. */
export async function emptyTables(pool: SqlPool): Promise<void> {
  // TRUNCATE creates new files for each table and index, which takes fifty times as long.
  const tables = ['users', 'devices', 'group_roles', 'audit', 'instances'];
  const deletions = tables.map((table) => `${table} AS (DELETE FROM latchkey_${table})`);
  await pool.query(`WITH ${deletions.join(', ')} UPDATE latchkey_mapping_generation SET generation = 0`);
}
