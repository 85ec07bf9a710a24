// The database, or a part of it, is replaced by an older copy, by an empty database or by another one.
import { expect } from 'chai';
import type pg from 'pg';
import { migrate } from '../../src/stores/postgres/migrations.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import {
  ask,
  askAll,
  change,
  during,
  type Expectation,
  expectation,
  tally,
  view,
  waitForOthers,
  warm,
} from './expectations.js';
import type { View } from './look.js';
import { copyDatabase, swapDatabase } from './swap.js';
import { type Child, relianceMilliseconds, type World, waitMilliseconds, world } from './world.js';

const tables = [
  ...['latchkey_users', 'latchkey_devices', 'latchkey_group_roles', 'latchkey_mapping_generation'],
  ...['latchkey_journal', 'latchkey_journal_head', 'latchkey_instances'],
];

describe('when the database is replaced, the processes', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  let redis: RedisServer;
  let here: World;
  let one: Child;
  let two: Child;
  let alice: Expectation;
  let bob: Expectation;
  let carol: Expectation;
  let everybody: readonly Expectation[];

  before(async () => {
    [server, redis] = await Promise.all([startPostgres(), startRedis()]);
  });
  after(async () => {
    await redis?.stop();
    await server?.stop();
  });
  beforeEach(async () => {
    here = await world(server);
    await here.directory.putMapping({ group: 'operators', roles: ['operator'] });
    const of = async (subject: string, groups: readonly string[], roles: string): Promise<Expectation> => {
      const person = await here.add(subject, groups);
      return expectation(person, view(person, roles));
    };
    alice = await of('alice', ['staff'], 'viewer');
    bob = await of('bob', ['staff'], 'viewer');
    carol = await of('carol', ['operators'], 'operator');
    everybody = [alice, bob, carol];
    [one, two] = await Promise.all([here.start('one', { redis }), here.start('two', { redis })]);
    await here.start('three', { redis });
    await warm(
      here.children,
      everybody.map(({ person }) => person),
    );
  });
  afterEach(() => here?.end());

  /** Makes the changes that the restore undoes. */
  async function makeChanges(aliceHas = 'viewer'): Promise<void> {
    await Promise.all([
      change(alice, view(alice.person, `${aliceHas} disabled`), () => one.call('disable', 'alice')),
      change(bob, view(bob.person, 'viewer', ['revoked']), () => two.call('revokeAll', 'bob')),
      change(carol, view(carol.person, 'admin'), () => one.call('setMapping', 'operators', ['admin'])),
    ]);
  }

  /** Runs again after a deadlock: an instance's transaction may hold one table and wait for another. */
  async function inTransaction(work: (connection: pg.PoolClient) => Promise<unknown>): Promise<void> {
    for (let done = false; !done; ) {
      const connection = await here.database.connect();
      try {
        await connection.query('BEGIN');
        await work(connection);
        await connection.query('COMMIT');
        done = true;
      } catch (error) {
        if ((error as pg.DatabaseError).code !== '40P01') throw error;
        await connection.query('ROLLBACK');
      } finally {
        connection.release();
      }
    }
  }

  async function copyTables(from: string, to: string): Promise<void> {
    await inTransaction(async (connection) => {
      // The locks keep the instances from reading or writing tables that are half copied.
      for (const table of tables) await connection.query(`LOCK TABLE public.${table} IN ACCESS EXCLUSIVE MODE`);
      for (const table of tables) await connection.query(`DELETE FROM ${to}.${table}`);
      for (const table of tables) await connection.query(`INSERT INTO ${to}.${table} SELECT * FROM ${from}.${table}`);
    });
  }

  async function backUp(): Promise<void> {
    await here.database.query('CREATE SCHEMA backup');
    for (const table of tables) await here.database.query(`CREATE TABLE backup.${table} (LIKE public.${table})`);
    await copyTables('public', 'backup');
  }

  /** Restores. Until one wait has passed, the views from before the restore are right, too. */
  async function rewind(
    restore: () => Promise<unknown>,
    views: readonly (readonly [Expectation, View])[],
  ): Promise<void> {
    for (const [what, next] of views) what.views.push(next);
    await restore();
    await waitForOthers(everybody, waitMilliseconds);
  }

  const asBefore = (): (readonly [Expectation, View])[] =>
    everybody.map((what) => [what, what.views[0] as View] as const);

  it('answer as the copy says after one wait, and apply new changes when their calls return', async () => {
    const result = tally();
    await backUp();
    await during(here.children, everybody, result, async () => {
      await makeChanges();
      await rewind(() => copyTables('backup', 'public'), asBefore());
      await askAll(here.children, everybody, result);
      // New changes get the numbers of the lost ones.
      await change(alice, view(alice.person, 'editor+viewer'), () => two.call('addRoles', 'alice', ['editor']));
      await askAll(here.children, everybody, result);
      for (const role of ['a', 'b', 'c', 'd']) await one.call('setMapping', 'others', [role]);
    });
    // The lost changes left entries with the same numbers in Redis. No process may accept them.
    await here.start('four', { redis });
    await during(here.children, everybody, result, () => makeChanges('editor+viewer'));
    expect(result.wrong).to.deep.equal([]);
  });

  it('give no role by a mapping that the restore undid, even after another edit', async () => {
    const result = tally();
    await backUp();
    await change(carol, view(carol.person, 'admin'), () => one.call('setMapping', 'operators', ['admin']));
    await askAll(here.children, everybody, result);
    await rewind(() => copyTables('backup', 'public'), asBefore());
    await one.call('setMapping', 'others', ['reader']);
    await here.start('four', { redis });
    await askAll(here.children, everybody, result);
    expect(result.wrong).to.deep.equal([]);
    const { groupRoles } = await here.directory.mapping();
    expect(groupRoles.map(({ group, roles }) => [group, ...roles])).to.deep.include(['operators', 'operator']);
  });

  it('answer as the copy says when it replaces the whole database (CREATE DATABASE … TEMPLATE)', async () => {
    const result = tally();
    const live = here.database.options.database ?? '';
    const copy = await copyDatabase(server, live);
    await warm(
      here.children,
      everybody.map(({ person }) => person),
    );
    await makeChanges();
    // During the swap there is no database of this name, or none that accepts connections.
    const away = Object.assign(new Set(here.children), { alsoSays: 'ERR_DIRECTORY_REFUSED' });
    await during(
      here.children,
      everybody,
      result,
      async () => {
        await rewind(() => swapDatabase(server, live, copy), asBefore());
      },
      away,
    );
    await warm(
      here.children,
      everybody.map(({ person }) => person),
    );
    await here.start('four', { redis });
    await during(here.children, everybody, result, () => makeChanges());
    expect(result.wrong).to.deep.equal([]);
  });

  it('do not know the users of the old database when another one takes its place', async () => {
    const result = tally();
    const other = await world(server);
    const newcomer = await other.add('bob', ['staff']);
    await other.directory.updateUser('bob', { addRoles: ['editor'] });
    const name = other.database.options.database ?? '';
    await other.database.end();
    // During the swap there is no database of this name, or none that accepts connections.
    const away = Object.assign(new Set(here.children), { alsoSays: 'ERR_DIRECTORY_REFUSED' });
    const strangers = everybody.map(({ person }) =>
      expectation({ ...person, groups: undefined }, view(person, 'nobody')),
    );
    const theirs = expectation(newcomer, view(newcomer, 'editor+viewer'));
    await swapDatabase(server, here.database.options.database ?? '', name);
    await waitForOthers([], relianceMilliseconds);
    const [noAlice, , noCarol] = strangers;
    if (noAlice === undefined || noCarol === undefined) throw new Error('There are three');
    await during(here.children, [noAlice, noCarol, theirs], result, () => waitForOthers([], waitMilliseconds), away);
    await warm(here.children, [newcomer]);
    await change(theirs, view(newcomer, 'editor+viewer disabled'), () => one.call('disable', 'bob'));
    await askAll(here.children, [noAlice, noCarol, theirs], result, away);
    expect(result.wrong).to.deep.equal([]);
  });

  it('know no user after it is emptied and migrated again', async () => {
    const result = tally();
    // One transaction, so that no process sees a database without tables.
    await inTransaction(async (connection) => {
      await connection.query(`DROP TABLE ${tables.join(', ')}, latchkey_audit, latchkey_migrations CASCADE`);
      await migrate({
        query: (text, params) => connection.query(text, params),
        transaction: (work) => work(connection),
      });
    });
    await waitForOthers([], relianceMilliseconds);
    const gone = everybody.map(({ person }) => {
      const known = { ...person, groups: undefined };
      return expectation(known, view(known, 'nobody', ['nobody']));
    });
    await askAll(here.children, gone, result);
    // A header provisions the user again.
    const again = expectation(alice.person, view(alice.person, 'viewer', ['nobody']));
    await ask(one, again, result);
    await askAll(here.children, [again, ...gone.slice(1)], result);
    await change(again, view(alice.person, 'viewer disabled', ['nobody']), () => two.call('disable', 'alice'));
    await askAll(here.children, [again, ...gone.slice(1)], result);
    expect(result.wrong).to.deep.equal([]);
  });

  it('answer as restored after a restore of only the users and a call of invalidateAll()', async () => {
    const result = tally();
    await backUp();
    await makeChanges();
    await askAll(here.children, everybody, result);
    await here.database.query(
      'UPDATE latchkey_users u SET disabled = b.disabled, version = b.version FROM backup.latchkey_users b WHERE u.id = b.id',
    );
    await change(alice, view(alice.person, 'viewer'), () => two.call('invalidateAll'));
    await askAll(here.children, everybody, result);
    await here.start('four', { redis });
    await askAll(here.children, everybody, result);
    expect(result.wrong).to.deep.equal([]);
  });

  it('drop cached users and devices after a change did not find them in the directory', async () => {
    const result = tally();
    // Not by header, which would provision them again.
    const [goneAlice, goneBob] = [alice, bob].map(({ person }) =>
      expectation({ ...person, groups: undefined }, view({ ...person, groups: undefined }, 'viewer')),
    );
    if (goneAlice === undefined || goneBob === undefined) throw new Error('There are two');
    await here.database.query('DELETE FROM latchkey_users WHERE subject = $1', ['alice']);
    await here.database.query('DELETE FROM latchkey_devices WHERE id = $1', [bob.person.devices[0]]);
    await askAll(here.children, [goneAlice, goneBob], result);
    const refused = (call: Promise<unknown>) => call.catch((error: { code?: string }) => error.code);
    await change(goneAlice, view(goneAlice.person, 'nobody', ['nobody']), async () => {
      expect(await refused(one.call('disable', 'alice'))).to.equal('ERR_USER_UNKNOWN');
    });
    await change(goneBob, view(goneBob.person, 'viewer', ['nobody']), async () => {
      expect(await refused(two.call('revoke', 'bob', bob.person.devices[0]))).to.equal('ERR_DEVICE_UNKNOWN');
    });
    await askAll(here.children, [goneAlice, goneBob], result);
    await here.start('four', { redis });
    await askAll(here.children, [goneAlice, goneBob], result);
    expect(result.wrong).to.deep.equal([]);
  });
});
