// Concurrent logins, which share statements of the SQL directory.
import { expect } from 'chai';
import type pg from 'pg';
import { migrate } from '../../../src/stores/postgres/migrations.js';
import { sqlDirectory } from '../../../src/stores/postgres/sql-directory.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { type CountingPool, countingPool } from '../../support/counting-pool.js';
import { refusal } from '../../support/people.js';
import { emptyTables } from '../../support/pglite.js';
import { type PostgresServer, startPostgres } from '../../support/postgres.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';

const everybody = Array.from({ length: 60 }, (_, index) => `user-${index}`);

describe('sqlDirectory, with many concurrent logins', () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  let counter: CountingPool;
  let directory: Directory;

  before(async () => {
    server = await startPostgres();
    pool = await server.database({ max: 20 });
    await migrate(pool);
  });
  after(() => server.stop());
  beforeEach(async () => {
    await emptyTables(pool);
    counter = await countingPool(pool);
    directory = sqlDirectory(counter.pool);
  });

  const login = (subject: string, groups: readonly string[], at = directory) =>
    at.provision({ subject, groups }, 'active');
  const all = (groups: readonly string[]) => Promise.all(everybody.map((subject) => login(subject, groups)));
  const head = async () => (await directory.journal?.note([])) ?? expect.fail();

  it('runs three statements for sixty logins that create, update or leave their rows', async () => {
    for (const [groups, outcome] of [
      [['staff'], 'created'],
      [['others'], 'updated'],
      [['others'], 'unchanged'],
    ] as const) {
      await counter.clear();
      const results = await all(groups);
      expect(counter.statements).to.have.length(3);
      for (const [index, result] of results.entries()) {
        const user = result.outcome === outcome ? result.user : expect.fail(result.outcome);
        expect(user).to.deep.include({ subject: everybody[index], groups });
        expect(await directory.findUserById(user.id)).to.deep.equal(user);
      }
    }
  });

  it('adds one journal row per statement, which names the users whose rows it changed', async () => {
    await all(['staff']);
    const { seq } = await head();
    await login('user-7', ['others']);
    const results = await all(['others']);
    const { rows } = await pool.query(
      'SELECT seq::integer, nonce, keys FROM latchkey_journal WHERE seq > $1 ORDER BY seq',
      [seq],
    );
    expect(rows).to.have.length(4);
    expect(rows.flatMap(({ keys }) => keys)).to.have.members(everybody.map((subject) => `u:${subject}`));
    for (const [index, { outcome, position }] of results.entries()) {
      expect(outcome).to.equal(index === 7 ? 'unchanged' : 'updated');
      const own = rows.find(({ keys }) => keys.includes(`u:user-${index}`));
      if (outcome === 'updated') {
        expect(position).to.deep.equal({ seq: own.seq, nonce: own.nonce });
      }
    }
  });

  it('delays only the user whose row is locked, and no other', async () => {
    await all(['staff']);
    const neighbour = await pool.connect();
    await neighbour.query('BEGIN');
    await neighbour.query(`UPDATE latchkey_users SET disabled = true, version = version + 1 WHERE subject = 'user-7'`);
    const logins = everybody.map((subject) => login(subject, ['others']));
    const others = await Promise.all(logins.filter((_, index) => index !== 7));
    expect(new Set(others.map(({ outcome }) => outcome))).to.deep.equal(new Set(['updated']));
    await neighbour.query('COMMIT');
    neighbour.release();
    const result = (await logins[7]) ?? expect.fail();
    expect(result).to.deep.include({ outcome: 'updated' });
    expect(result).to.have.nested.property('user.disabled', true);
    expect(result).to.have.nested.property('user.version', 3);
  });

  it('rejects only the login that the database refuses, not the others in its statement', async () => {
    const subjects = [...everybody, 'x'.repeat(513)];
    const codes = await Promise.all(subjects.map((subject) => refusal(login(subject, ['staff']))));
    expect(codes).to.deep.equal([...everybody.map(() => undefined), 'ERR_DIRECTORY_VALUE']);
    expect(await directory.listUsers({ limit: 100 })).to.have.length(everybody.length);
  });

  it('rejects all logins whose connection broke, and creates no user twice', async () => {
    const proxy = await startTcpProxy(server);
    const { host, port } = proxy;
    const away = sqlDirectory(server.pool({ host, port, database: pool.options.database }));
    await login('ada', [], away);
    proxy.cut();
    const codes = await Promise.all(everybody.map((subject) => refusal(login(subject, ['staff'], away))));
    expect(new Set(codes)).to.deep.equal(new Set(['ERR_DIRECTORY_UNAVAILABLE']));
    proxy.heal();
    const results = await Promise.all(everybody.map((subject) => login(subject, ['staff'], away)));
    expect(new Set(results.map(({ outcome }) => outcome))).to.deep.equal(new Set(['created']));
    await proxy.stop();
  });

  it('completes all logins of the same users in two processes', async () => {
    const processes = [directory, sqlDirectory(server.pool({ database: pool.options.database, max: 20 }))] as const;
    const { seq } = await head();
    const rounds = Array.from({ length: 10 }, (_, round) => round);
    const results = await Promise.all(
      processes.flatMap((at, process) =>
        rounds.flatMap((round) => everybody.map((subject) => login(subject, [`${process}-${round}`], at))),
      ),
    );
    const updates = results.filter(({ outcome }) => outcome === 'updated').length;
    expect(results.filter(({ outcome }) => outcome === 'created')).to.have.length(everybody.length);
    const { rows } = await pool.query('SELECT keys FROM latchkey_journal WHERE seq > $1', [seq]);
    expect(rows.flatMap(({ keys }) => keys)).to.have.length(updates);
    const users = await directory.listUsers({ limit: 100 });
    expect(users.reduce((sum, { version }) => sum + version - 1, 0)).to.equal(updates);
  });
});
