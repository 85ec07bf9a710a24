// H26: parallel first requests of one user create two rows, or one of them fails.
import { expect } from 'chai';
import type pg from 'pg';
import { migrate } from '../../src/stores/postgres/migrations.js';
import { sqlDirectory } from '../../src/stores/postgres/sql-directory.js';
import { emptyTables } from '../support/pglite.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';

describe('H26: parallel first requests', () => {
  const instances = 5;
  const connections = 10;
  let server: PostgresServer;
  let pools: readonly pg.Pool[];

  before(async () => {
    server = await startPostgres();
    const first = await server.database({ max: connections });
    await migrate(first);
    const { database } = first.options;
    pools = [first, ...Array.from({ length: instances - 1 }, () => server.pool({ database, max: connections }))];
    // Opens all connections first, so that the requests really arrive at once.
    await Promise.all(
      pools.flatMap((pool) => Array.from({ length: connections }, () => pool.query('SELECT pg_sleep(0.05)'))),
    );
  });
  after(() => server.stop());

  it('create one row on any number of instances', async () => {
    const [first] = pools as [pg.Pool];
    for (let round = 0; round < 10; round += 1) {
      await emptyTables(first);
      const results = await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          sqlDirectory(pools[index % instances] ?? first).provision(
            { subject: 'ada', displayName: 'Ada', groups: ['staff'] },
            'active',
          ),
        ),
      );
      const users = await sqlDirectory(first).listUsers({ limit: 10 });
      expect(users).to.have.length(1);
      expect(results.filter((result) => result.outcome === 'created')).to.have.length(1);
      for (const result of results) {
        expect(result).to.have.deep.property('user', users[0]);
      }
    }
  });

  it('create one row for each of many users, in any order', async () => {
    const [first] = pools as [pg.Pool];
    await emptyTables(first);
    const subjects = Array.from({ length: 20 }, (_, index) => `person-${index}`);
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        sqlDirectory(pools[index % instances] ?? first).provision(
          { subject: subjects[(index * 7) % 20] ?? '', groups: ['staff'] },
          'active',
        ),
      ),
    );
    expect(results.filter((result) => result.outcome === 'created')).to.have.length(20);
    expect(results.filter((result) => result.outcome === 'unchanged')).to.have.length(180);
    expect(await sqlDirectory(first).listUsers({ limit: 100 })).to.have.length(20);
  });

  it('wait for a row that another transaction is creating', async () => {
    const [first, second] = pools as [pg.Pool, pg.Pool];
    await emptyTables(first);
    const maker = await second.connect();
    await maker.query('BEGIN');
    await maker.query(
      `INSERT INTO latchkey_users (id, subject, auth_method) VALUES (gen_random_uuid(), 'ada', 'proxy')`,
    );
    const waiting = Array.from({ length: 8 }, () => sqlDirectory(first).provision({ subject: 'ada' }, 'active'));
    await maker.query('COMMIT');
    maker.release();
    for (const result of await Promise.all(waiting)) {
      expect(result).to.include({ outcome: 'unchanged' });
    }
  });
});
