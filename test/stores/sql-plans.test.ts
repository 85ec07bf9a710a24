// stores: how Postgres answers the questions that are asked of many rows, whatever it costs just now.
import { expect } from 'chai';
import type pg from 'pg';
import type { Directory } from '../../src/ports.js';
import { sqlDirectory } from '../../src/stores/sql-directory.js';
import { migrate } from '../../src/stores/sql-schema.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';

const count = 2000;

describe('sqlDirectory, among many', () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  /** What the last question did. */
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
      () => directory.listUsers({ after: 'user-001500', limit: 10 }),
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
    ['entries, far behind', () => directory.listAudit({ after: '500', limit: 10 }), 'latchkey_audit_pkey'],
    ['entries of an actor', () => directory.listAudit({ actor: 'actor-7', limit: 10 }), 'latchkey_audit_by_actor'],
    [
      'entries about a user',
      () => directory.listAudit({ subject: 'user-000007', limit: 10 }),
      'latchkey_audit_by_subject',
    ],
  ];
  for (const [what, ask, index] of pages) {
    it(`reads a page from an index, and little more than the page: ${what}`, async () => {
      expect(await ask()).to.have.length.within(1, 10);
      expect(plan).to.contain(index).and.not.to.contain('Seq Scan');
      const removed = [...plan.matchAll(/Rows Removed by Filter: (\d+)/g)].map(([, rows]) => Number(rows));
      expect(Math.max(0, ...removed), plan).to.be.lessThan(10);
    });
  }

  it('reads the mappings once, not once a user, to find who has a role', async () => {
    const role = { role: 'editor', groups: ['ops-*'] };
    expect(await directory.listUsers({ role, limit: 10 })).to.deep.equal([]);
    const reads = [...plan.matchAll(/latchkey_group_roles.*loops=(\d+)/g)].map(([, loops]) => Number(loops));
    expect(reads, plan).to.deep.equal([1]);
  });
});
