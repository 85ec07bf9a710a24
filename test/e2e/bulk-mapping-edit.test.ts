// test/e2e: an edit of a mapping reaches 100,000 users and writes none of their rows.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type pg from 'pg';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { migrate } from '../../src/stores/postgres/migrations.js';
import { sqlDirectory } from '../../src/stores/postgres/sql-directory.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import { type CountingPool, countingPool } from '../support/counting-pool.js';
import { type Instance, instance } from '../support/instances.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';

const people = 100_000;

describe('a mapping edit for 100,000 users', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  let pool: pg.Pool;
  let counting: CountingPool;
  let directory: Directory;
  let one: Instance;
  let two: Instance;

  before(async () => {
    server = await startPostgres();
    pool = await server.database();
    await migrate(pool);
    counting = await countingPool(pool);
    directory = sqlDirectory(counting.pool);
    await directory.putMapping({ group: 'staff', roles: ['reader'] });
    await pool.query(
      `INSERT INTO latchkey_users (id, subject, auth_method, groups)
      SELECT gen_random_uuid(), 'user-' || lpad(n::text, 6, '0'), 'proxy',
        CASE WHEN n % 4 = 0 THEN '{guests}' ELSE '{staff}' END::text[]
      FROM generate_series(0, $1::integer - 1) AS n`,
      [people],
    );
    const state = memoryState();
    one = instance({ directory, state });
    two = instance({ directory, state });
  });
  after(async () => {
    await one?.resolver.close();
    await two?.resolver.close();
    await server?.stop();
  });

  const subject = (number: number): string => `user-${String(number).padStart(6, '0')}`;
  const assertion = (number: number) => ({
    subject: subject(number),
    groups: number % 4 === 0 ? ['guests'] : ['staff'],
  });
  const rolesAt = async (at: Instance, number: number): Promise<readonly string[]> => [
    ...((await at.resolver.resolve(assertion(number)))?.roles ?? []),
  ];
  const versions = async (): Promise<Record<string, number>> => {
    const { rows } = await pool.query<{ version: number; users: string }>(
      'SELECT version, count(*) AS users FROM latchkey_users GROUP BY version',
    );
    return Object.fromEntries(rows.map(({ version, users }) => [version, Number(users)]));
  };

  let mark = '0';
  async function clear(): Promise<void> {
    await counting.clear();
    const { rows } = await pool.query<{ next: string }>('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next');
    mark = rows[0]?.next ?? '';
  }

  /** How many transactions have written users and mappings since `clear`. Beats of the journal do not count. */
  async function writes(): Promise<number> {
    const { rows } = await pool.query<{ writes: string }>(
      `SELECT count(DISTINCT written) AS writes FROM (
        SELECT xmin::text::bigint AS written FROM latchkey_users
        UNION ALL SELECT xmin::text::bigint FROM latchkey_mapping_generation
        UNION ALL SELECT xmin::text::bigint FROM latchkey_group_roles
      ) AS rows WHERE written >= $1::bigint`,
      [mark],
    );
    return Number(rows[0]?.writes);
  }

  it('has a preview that takes one statement for the users and one for the mapping', async () => {
    await clear();
    const preview = await one.administration.mappings.preview('staff', ['reader', 'editor']);
    expect(preview).to.deep.equal({ users: 75_000, gained: { editor: 75_000 }, lost: {} });
    expect(await one.administration.mappings.preview('guest*', ['visitor'])).to.deep.equal({
      users: 25_000,
      gained: { visitor: 25_000 },
      lost: {},
    });
    expect(await one.administration.mappings.preview('staff', [])).to.deep.include({ lost: { reader: 75_000 } });
    // The other statements are those by which the processes join and read the journal.
    const asked = counting.statements.filter((statement) => /latchkey_(?:users|mapping_generation)/u.test(statement));
    expect(asked).to.have.length(6);
    expect(await writes()).to.equal(0);
  });

  it('is one transaction and changes no row of a user', async () => {
    // Both instances have a user in memory before the edit.
    expect(await rolesAt(one, 1)).to.deep.equal(['reader']);
    expect(await rolesAt(two, 2)).to.deep.equal(['reader']);
    await clear();
    await one.administration.mappings.set('staff', ['reader', 'editor']);
    expect(await writes()).to.equal(1);
    expect(await versions()).to.deep.equal({ 1: people });
  });

  it('reaches every user by their next request at either instance, and writes nothing', async () => {
    await clear();
    for (const number of [1, 2, 3, 5, 6]) {
      for (const at of [two, one, two]) expect(await rolesAt(at, number)).to.deep.equal(['editor', 'reader']);
    }
    expect(await writes()).to.equal(0);
    expect(await versions()).to.deep.equal({ 1: people });
  });

  it('causes at most one read per instance for 200 parallel requests of one user', async () => {
    await clear();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => rolesAt(index % 2 === 0 ? one : two, 7)),
    );
    for (const roles of answers) expect(roles).to.deep.equal(['editor', 'reader']);
    expect(counting.statements.filter((statement) => statement.includes('latchkey_users'))).to.have.lengthOf.at.most(2);
    expect(await writes()).to.equal(0);
  });

  it('reaches a user who only uses a token, without another login', async () => {
    const user = await directory.findUser(subject(9));
    const id = randomUUID();
    const createdAt = new Date();
    const expiresAt = new Date(createdAt.getTime() + 86_400_000);
    const device = { id, name: 'Phone', clientId: 'app', pairedBy: 'code', createdAt, expiresAt } as const;
    await directory.createDevice({ ...device, userId: user?.id ?? '' });
    await clear();
    for (const at of [two, one, two]) {
      const owner = await at.resolver.findDevice(id, subject(9));
      expect([...(owner?.account.roles ?? [])]).to.deep.equal(['editor', 'reader']);
    }
    expect(await writes()).to.equal(0);
  });

  it('shows administrators the current roles of users who have made no request', async () => {
    const [listed] = await one.administration.users.list({ search: subject(11) });
    expect(listed?.managedRoles).to.deep.equal(['editor', 'reader']);
    const editors = await one.administration.users.list({ role: 'editor', after: { subject: subject(11) }, limit: 3 });
    expect(editors.map((user) => user.subject)).to.deep.equal([13, 14, 15].map(subject));
    expect(await versions()).to.deep.equal({ 1: people });
  });

  it('writes nothing for a user whose next request comes after several edits', async () => {
    await one.administration.mappings.set('staff', ['editor']);
    await two.administration.mappings.set('staff*', ['helper']);
    await one.administration.mappings.delete('staff');
    await clear();
    for (const at of [one, two]) expect(await rolesAt(at, 21)).to.deep.equal(['helper']);
    expect(await writes()).to.equal(0);
  });
});
