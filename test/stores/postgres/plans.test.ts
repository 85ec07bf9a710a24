// The query plans of the SQL directory's statements about many rows.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type pg from 'pg';
import { migrate } from '../../../src/stores/postgres/migrations.js';
import type { SqlPool } from '../../../src/stores/postgres/pool.js';
import { sqlDirectory } from '../../../src/stores/postgres/sql-directory.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { pglite, startPglite } from '../../support/pglite.js';
import { type PostgresServer, startPostgres } from '../../support/postgres.js';

const count = 2000;

describe('sqlDirectory, with many rows', () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  /** The plan of the last statement. */
  let plan: string;
  let directory: Directory;

  before(async () => {
    server = await startPostgres();
    pool = await server.database();
    await migrate(pool);
    await pool.query(`INSERT INTO latchkey_users (id, subject, auth_method, groups)
      SELECT gen_random_uuid(), 'user-' || lpad(n::text, 6, '0'), 'proxy', '{staff,desk-eu}' FROM generate_series(1, ${count}) n`);
    await pool.query(`INSERT INTO latchkey_group_roles (group_name, roles)
      SELECT 'team-' || n || '-*', '{editor}' FROM generate_series(1, 20) n`);
    await pool.query(`INSERT INTO latchkey_devices (id, user_id, name, client_id, paired_by, created_at, expires_at)
      SELECT gen_random_uuid(), id, 'Phone', 'app', 'qr', to_timestamp(row_number() OVER ()), to_timestamp(1000000)
      FROM latchkey_users`);
    await pool.query(`INSERT INTO latchkey_audit (actor, action, subject, changes)
      SELECT 'actor-' || n % 50, 'user.changed', 'user-' || lpad(n::text, 6, '0'), '{}' FROM generate_series(1, ${count}) n`);
    await pool.query(`INSERT INTO latchkey_journal (seq, nonce, keys, at)
      SELECT n, 'nonce-' || n, ARRAY['u:user-' || n], CASE WHEN n < 10 THEN now() - interval '1 hour' ELSE now() END
      FROM generate_series(1, ${count}) n`);
    await pool.query(`UPDATE latchkey_journal SET at = now() - interval '1 hour' WHERE seq = 0`);
    await pool.query(`UPDATE latchkey_journal_head SET seq = ${count}, nonce = 'nonce-${count}'`);
    await pool.query(
      `INSERT INTO latchkey_instances SELECT 'instance-' || n, 0, 0, 3000 FROM generate_series(1, 200) n`,
    );
    await pool.query('VACUUM ANALYZE');
    directory = sqlDirectory({
      async query(text, params) {
        const { rows } = await pool.query(`EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ${text}`, params);
        plan = rows.map((row) => row['QUERY PLAN']).join('\n');
        return pool.query(text, params);
      },
      transaction: () => expect.fail(),
    });
  });
  after(() => server.stop());

  const pages: readonly (readonly [string, () => Promise<readonly unknown[]>, string])[] = [
    ['users', () => directory.listUsers({ limit: 10 }), 'latchkey_users_one_per_subject'],
    [
      'users, far behind',
      () => directory.listUsers({ after: { subject: 'user-001500' }, limit: 10 }),
      'latchkey_users_one_per_subject',
    ],
    ['devices', () => directory.searchDevices({ now: new Date(0), limit: 10 }), 'latchkey_devices_newest_first'],
    [
      'devices, far behind',
      async () => {
        const { rows } = await pool.query(
          'SELECT id, created_at FROM latchkey_devices WHERE created_at = to_timestamp(500)',
        );
        const after = { id: String(rows[0].id), createdAt: new Date(500_000) };
        return directory.searchDevices({ now: new Date(0), after, limit: 10 });
      },
      'latchkey_devices_newest_first',
    ],
    ['entries', () => directory.listAudit({ limit: 10 }), 'latchkey_audit_pkey'],
    ['entries, far behind', () => directory.listAudit({ after: { id: '500' }, limit: 10 }), 'latchkey_audit_pkey'],
    ['entries of an actor', () => directory.listAudit({ actor: 'actor-7', limit: 10 }), 'latchkey_audit_by_actor'],
    [
      'entries about a user',
      () => directory.listAudit({ subject: 'user-000007', limit: 10 }),
      'latchkey_audit_by_subject',
    ],
  ];
  for (const [what, ask, index] of pages) {
    it(`reads a page from an index, and few other rows: ${what}`, async () => {
      expect(await ask()).to.have.length.within(1, 10);
      expect(plan).to.contain(index).and.not.to.contain('Seq Scan');
      const removed = [...plan.matchAll(/Rows Removed by Filter: (\d+)/g)].map(([, rows]) => Number(rows));
      expect(Math.max(0, ...removed), plan).to.be.lessThan(10);
    });
  }

  it('reads the mappings once, not once per user, to find the users with a role', async () => {
    const role = { role: 'editor', groups: ['ops-*'] };
    expect(await directory.listUsers({ role, limit: 10 })).to.deep.equal([]);
    const reads = [...plan.matchAll(/latchkey_group_roles.*loops=(\d+)/g)].map(([, loops]) => Number(loops));
    expect(reads, plan).to.deep.equal([1]);
  });

  it('reads only the new rows of the journal for a beat', async () => {
    const after = { seq: count - 3, nonce: `nonce-${count - 3}` };
    expect(await directory.journal?.beat('instance-7', after)).to.have.length(3);
    expect(plan).to.contain('latchkey_journal_pkey').and.not.to.contain('Seq Scan on latchkey_journal');
    const read = [...plan.matchAll(/latchkey_journal .*actual rows=(\d+)/g)].map(([, rows]) => Number(rows));
    expect(Math.max(...read), plan).to.be.at.most(3);
  });

  it('reads only the rows that it deletes to prune the journal', async () => {
    // The statement runs twice: the first time for its plan, which already deletes.
    await directory.journal?.prune(1800);
    expect(plan).to.contain('latchkey_journal_pkey').and.not.to.contain('Seq Scan on latchkey_journal');
    const { rows } = await pool.query('SELECT min(seq)::integer AS first FROM latchkey_journal');
    expect(rows[0].first).to.equal(9);
    const removed = [...plan.matchAll(/Rows Removed by Filter: (\d+)/g)].map(([, filtered]) => Number(filtered));
    expect(Math.max(0, ...removed), plan).to.be.lessThan(20);
  });
});

describe('sqlDirectory, on tables that were never analyzed', () => {
  before(startPglite);

  // Above this cost (jit_above_cost), Postgres compiles a statement, which takes longer than any of these statements.
  const compiled = 100_000;
  const subjects = Array.from({ length: 100 }, (_, index) => `user-${index}`);
  const id = randomUUID();
  const calls: readonly (readonly [string, (directory: Directory) => Promise<unknown>])[] = [
    ['provision', (directory) => directory.provision({ subject: 'ada', groups: [] }, 'never')],
    [
      'provision, of many',
      (directory) => Promise.all(subjects.map((subject) => directory.provision({ subject }, 'never'))),
    ],
    ['findUser', (directory) => directory.findUser('ada')],
    ['findDevice', (directory) => directory.findDevice(id)],
    ['mapping', (directory) => directory.mapping()],
    ['renewDevice', (directory) => directory.renewDevice(id, 1, new Date(0), new Date(1))],
    ['confirmRenewal', (directory) => directory.confirmRenewal(id, 1, new Date(0))],
    ['revokeDevices', (directory) => directory.revokeDevices(id, 'all', new Date(0))],
    ['journal.beat', async ({ journal }) => journal?.beat('a', { seq: 0, nonce: 'a' })],
    ['journal.note', async ({ journal }) => journal?.note(['a'])],
    ['journal.prune', async ({ journal }) => journal?.prune(3600)],
  ];
  for (const [verb, call] of calls) {
    it(`runs no statement with a high estimated cost: ${verb}`, async () => {
      const database = await pglite();
      const costs: number[] = [];
      const explained: SqlPool = {
        async query(text, params) {
          const { rows } = await database.query<Record<string, unknown>>(`EXPLAIN ${text}`, params);
          costs.push(Number(/cost=[0-9.]+\.\.([0-9.]+)/.exec(String(rows[0]?.['QUERY PLAN']))?.[1]));
          return database.query(text, params);
        },
        transaction: (work) => work(explained),
      };
      await call(sqlDirectory(explained));
      expect(costs).to.have.length.greaterThan(0);
      expect(Math.max(...costs)).to.be.lessThan(compiled);
    });
  }
});
