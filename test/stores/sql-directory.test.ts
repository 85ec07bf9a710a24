// stores: the directory in Postgres, by PGlite and by a real server.

import type pg from 'pg';
import { sqlDirectory } from '../../src/stores/sql-directory.js';
import { migrate } from '../../src/stores/sql-schema.js';
import { directoryContract } from '../contracts/index.js';
import { emptyTables, pglite } from '../support/pglite.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { freePort } from '../support/processes.js';

const runner = { describe, it, before, after, beforeEach };

directoryContract('PGlite', { open: async () => sqlDirectory(await pglite()) }, runner);

let server: PostgresServer;
let pool: pg.Pool;
const harness = {
  async open() {
    await emptyTables(pool);
    return sqlDirectory(pool);
  },
  async openUnreachable() {
    return sqlDirectory(server.pool({ port: await freePort() }));
  },
};

describe('sqlDirectory on Postgres', () => {
  before(async () => {
    server = await startPostgres();
    pool = await server.database({ max: 40 });
    await migrate(pool);
  });
  after(() => server.stop());

  directoryContract('Postgres', harness, runner);
});
