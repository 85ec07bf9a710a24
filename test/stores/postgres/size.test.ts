// The indexes of the SQL directory: Postgres finds few rows among many by an index, even without statistics.
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type pg from 'pg';
import { migrate } from '../../../src/stores/postgres/migrations.js';
import type { SqlRunner } from '../../../src/stores/postgres/pool.js';
import { sqlDirectory } from '../../../src/stores/postgres/sql-directory.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { refusal } from '../../support/people.js';
import { type PostgresServer, startPostgres } from '../../support/postgres.js';
import { fillTables } from '../../support/size.js';

const sizes = { users: 100_000, devices: 40_000, entries: 60_000 };
const last = 'user-0100000';
const hashOf = (text: string): string => createHash('md5').update(text).digest('hex').slice(0, 12).toUpperCase();
const keeping = { role: 'owner', groups: ['owners'] };

describe('sqlDirectory, among 100,000 users', () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  let directory: Directory;
  /** The plans of all reads in this test. */
  let plans: string[];
  /** The statements of this test, each with `pool` or `transaction`. */
  let ran: string[];

  before(async function () {
    this.timeout(300_000);
    server = await startPostgres();
    pool = await server.database();
    await migrate(pool);
    await fillTables(pool, sizes);
    // EXPLAIN ANALYZE runs the statement, so only reads are explained.
    const explaining = (runner: SqlRunner, where: string): SqlRunner => ({
      async query(text, params) {
        ran.push(`${where}: ${text}`);
        if (/^(?:SELECT|WITH near|WITH giving)/.test(text) && !text.includes('FOR UPDATE')) {
          const { rows } = await runner.query(`EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) ${text}`, params);
          plans.push((rows as Record<string, unknown>[]).map((row) => row['QUERY PLAN']).join('\n'));
        }
        return runner.query(text, params);
      },
    });
    directory = sqlDirectory({
      ...explaining(pool, 'pool'),
      async connect() {
        const connection = await pool.connect();
        return {
          ...explaining(connection, 'transaction'),
          on: (event, listener) => connection.on(event, listener),
          off: (event, listener) => connection.off(event, listener),
          release: (destroy) => connection.release(destroy),
        };
      },
    });
  });
  after(() => server.stop());
  beforeEach(() => {
    plans = [];
    ran = [];
  });

  /** Expects that each part of a plan reads a large table by an index, and returns few of its rows. */
  function expectFew(most: number): void {
    expect(plans).to.have.length.greaterThan(0);
    for (const plan of plans) {
      expect(/Seq Scan on latchkey_(?:users|devices|audit)\b/.test(plan), plan).to.equal(false);
      const given = [...plan.matchAll(/Scan.*\(actual rows=(\d+) loops=(\d+)\)/g)].map(
        ([, rows, loops]) => Number(rows) * Number(loops),
      );
      expect(Math.max(0, ...given), plan).to.be.at.most(most);
      const pages = [...plan.matchAll(/Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?/g)].map(
        ([, hit = 0, read = 0]) => Number(hit) + Number(read),
      );
      // Four pages for each of 1,100 devices whose owner is read. The table of users has 3,000 pages.
      expect(Math.max(...pages), plan).to.be.at.most(plan.includes('latchkey_devices') ? 6000 : 1500);
    }
  }

  const now = new Date(0);
  const limit = 10;
  const role = (name: string) => ({ role: { role: name, groups: [] }, limit });
  const finds: readonly (readonly [string, () => Promise<readonly unknown[]>, string, number])[] = [
    ['users by a role that a group gives', () => directory.listUsers({ role: keeping, limit }), 'users_by_role', 2],
    ['users by a role that was granted', () => directory.listUsers(role('admin')), 'users_by_role', 1],
    ['users by a role that a pattern gives', () => directory.listUsers(role('auditor')), 'users_by_role', 10],
    ['users by a role that nobody has', () => directory.listUsers(role('nothing')), 'users_by_role', 0],
    ['users by a role that most have', () => directory.listUsers(role('member')), 'users_one_per_subject', 10],
    ['users who wait', () => directory.listUsers({ pending: true, limit }), 'users_pending', 5],
    ['users who are disabled', () => directory.listUsers({ disabled: true, limit }), 'users_disabled', 10],
    ['users of the rarer method', () => directory.listUsers({ authMethod: 'local', limit }), 'users_by_method', 10],
    ['a user by mail address', () => directory.listUsers({ search: 'PERSON.77777@', limit }), 'users_by_text', 1],
    ['a user by name', () => directory.listUsers({ search: 'Person c4ca4238', limit }), 'users_by_text', 1],
    ['no user by text', () => directory.listUsers({ search: 'no such person', limit }), 'users_by_text', 0],
    ['no user by text in another script', () => directory.listUsers({ search: 'Ëva Σ', limit }), 'users_by_text', 0],
    ['most users by text', () => directory.listUsers({ search: 'person', limit }), 'users_one_per_subject', 10],
    ['a user by text and role', () => directory.listUsers({ search: last, role: keeping, limit }), 'users_by_text', 1],
    [
      'a device by name',
      () => directory.searchDevices({ search: `PHONE ${hashOf('d1001')}`, now, limit }),
      'devices_by_text',
      1,
    ],
    ['devices by owner', () => directory.searchDevices({ search: 'user-0077775', now, limit }), 'devices_by_user', 1],
    [
      'no device by text',
      () => directory.searchDevices({ search: 'no such device', now, limit }),
      'devices_by_text',
      0,
    ],
    ['entries about a group', () => directory.listAudit({ group: 'dept-9', limit }), 'audit_by_group', 10],
    ['entries of a rare action', () => directory.listAudit({ action: 'mapping.deleted', limit }), 'audit_by_action', 2],
    ['the sets with a group', () => directory.countGroupSets('team-77'), 'users_by_role', 1],
    ['the sets with a pattern', () => directory.countGroupSets('team-77*7'), 'users_by_role', 1],
  ];
  for (const [what, ask, index, found] of finds) {
    it(`finds by an index: ${what}`, async () => {
      expect(await ask()).to.have.length(found);
      expect(plans.join('\n')).to.contain(index);
      expectFew(3000);
    });
  }

  it('finds by an index: entries about a device', async () => {
    const { rows } = await pool.query('SELECT device_id FROM latchkey_audit WHERE device_id IS NOT NULL LIMIT 1');
    expect(await directory.listAudit({ deviceId: rows[0].device_id, limit })).to.have.length(1);
    expect(plans.join('\n')).to.contain('audit_by_device');
    expectFew(10);
  });

  it('finds them by an index even without statistics', async () => {
    await pool.query('DELETE FROM pg_statistic');
    for (const [, ask, , found] of finds) expect(await ask()).to.have.length(found);
    expectFew(3000);
    await pool.query('ANALYZE');
  });

  it('has no index on columns that change with each use', async () => {
    const { rows } = await pool.query(`SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index
      WHERE indrelid IN ('latchkey_users'::regclass, 'latchkey_devices'::regclass)`);
    const definitions = rows.map(({ definition }) => String(definition)).join('\n');
    expect(definitions).not.to.match(/last_asserted_at|last_used_at|last_address|updated_at/);
  });

  it('looks for users with a role without a lock, and checks them under the lock by their keys only', async () => {
    const user = await directory.updateUser(last, { disabled: true }, { keeping });
    expect(user).to.include({ disabled: true });
    expectFew(10);
    const looks = ran.filter((text) => text.includes('latchkey_role_keys'));
    expect(looks).to.have.length(1);
    expect(looks[0]).to.match(/^pool: /);
    expect(await refusal(directory.updateUser('user-0099999', { pending: true }, { keeping }))).to.equal(
      'ERR_LAST_ADMINISTRATOR',
    );
    await directory.updateUser(last, { disabled: false });
  });

  it('finds quickly that thousands of users have the role and none of them is accepted', async () => {
    await pool.query(`UPDATE latchkey_users SET disabled = true WHERE groups @> '{dept-3}'`);
    await pool.query(`UPDATE latchkey_users SET disabled = false WHERE subject = 'user-0000003'`);
    const dept = { role: 'head', groups: ['dept-3'] };
    expect(await refusal(directory.updateUser('user-0000003', { disabled: true }, { keeping: dept }))).to.equal(
      'ERR_LAST_ADMINISTRATOR',
    );
    expectFew(1500);
  });

  it('does not block other guarded changes while it looks for users with the role', async () => {
    let reach = () => {};
    let release = () => {};
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = sqlDirectory({
      async query(text, params) {
        if (text.includes('latchkey_role_keys')) {
          reach();
          await released;
        }
        return pool.query(text, params);
      },
      connect: () => pool.connect(),
    });
    const change = slow.updateUser(last, { disabled: true }, { keeping });
    await reached;
    await directory.putMapping({ group: 'dept-9', roles: ['reader'] }, { keeping });
    await directory.updateUser('user-0099999', { disabled: true }, { keeping });
    release();
    // The administrator that this change would have left has been disabled meanwhile.
    expect(await refusal(change)).to.equal('ERR_LAST_ADMINISTRATOR');
  });
});
