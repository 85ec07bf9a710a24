// Redis is flushed, returns with data from before a change, or holds another app's entries.
import { cp, rm } from 'node:fs/promises';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { ask, askAll, change, during, type Expectation, expectation, tally, view, warm } from './expectations.js';
import { type World, world } from './world.js';

describe('a Redis with lost, old or foreign entries', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  let here: World;
  let redis: RedisServer;
  let alice: Expectation;
  let bob: Expectation;
  let carol: Expectation;
  let everybody: readonly Expectation[];

  before(async () => {
    server = await startPostgres();
  });
  after(() => server?.stop());

  /** Starts three processes that have all users in memory and have written them to Redis. */
  async function begin(args: readonly string[] = []): Promise<Redis> {
    redis = await startRedis({ args });
    here = await world(server);
    await here.directory.putMapping({ group: 'operators', roles: ['operator'] });
    const of = async (
      subject: string,
      groups: readonly string[],
      roles: string,
      devices: number,
    ): Promise<Expectation> => {
      const person = await here.add(subject, groups, devices);
      return expectation(person, view(person, roles));
    };
    alice = await of('alice', ['staff'], 'viewer', 1);
    bob = await of('bob', ['staff'], 'viewer', 2);
    carol = await of('carol', ['operators'], 'operator', 1);
    everybody = [alice, bob, carol];
    await Promise.all(['one', 'two', 'three'].map((name) => here.start(name, { redis })));
    await warm(
      here.children,
      everybody.map(({ person }) => person),
    );
    return redis.client();
  }
  afterEach(async () => {
    await here?.end();
    await redis?.stop();
  });

  /** Takes access from each user, each at a different process. */
  async function removeAccess(): Promise<void> {
    const [one, two, three] = here.children;
    await Promise.all([
      change(alice, view(alice.person, 'viewer disabled'), async () => one?.call('disable', 'alice')),
      change(bob, view(bob.person, 'viewer', ['revoked', 'viewer']), async () =>
        two?.call('revoke', 'bob', bob.person.devices[0]),
      ),
      change(carol, view(carol.person, '', [' #1 Phone', '']), async () => three?.call('removeMapping', 'operators')),
    ]);
  }

  it('neither gives nor takes access when it is flushed during traffic', async () => {
    const client = await begin();
    const result = tally();
    let flushing = true;
    const flushes = (async () => {
      let count = 0;
      for (; flushing; count += 1) await client.flushall();
      return count;
    })();
    await during(here.children, everybody, result, async () => {
      await removeAccess();
      await askAll(here.children, everybody, result);
      await change(alice, view(alice.person, 'viewer'), async () => here.children[1]?.call('enable', 'alice'));
      await askAll(here.children, everybody, result);
    });
    flushing = false;
    expect(await flushes).to.be.above(10);
    expect(result.wrong).to.deep.equal([]);
    expect((await here.directory.findUser('bob'))?.version).to.equal(1);
  });

  for (const [what, args, remember] of [
    ['dump (RDB)', [], (client: Redis) => client.save()],
    // Each write is in the file before Redis answers.
    ['log (AOF)', ['--appendonly', 'yes', '--appendfsync', 'always'], (client: Redis) => client.ping()],
  ] as const) {
    it(`gives no access back, in old and new processes, when it restarts from an older ${what}`, async () => {
      const client = await begin(args);
      const [, folder = ''] = (await client.config('GET', 'dir')) as string[];
      await remember(client);
      await cp(folder, `${folder}-older`, { recursive: true });

      const result = tally();
      await during(here.children, everybody, result, removeAccess);
      const [one, ...others] = here.children;
      await during(others, everybody, result, async () => {
        await one?.kill();
        await redis.kill();
        await rm(folder, { recursive: true });
        await cp(`${folder}-older`, folder, { recursive: true });
        await rm(`${folder}-older`, { recursive: true });
        await redis.restart();
        const again = redis.client();
        const [key = ''] = await again.keys('*:u:alice');
        expect(await again.get(key), 'the value from before the change').to.contain(String.raw`\"disabled\":false`);
        others.push(await here.start('four', { redis }));
        await askAll(others, everybody, result);
      });
      await during(others, everybody, result, () =>
        change(alice, view(alice.person, 'viewer'), async () => others[0]?.call('enable', 'alice')),
      );
      expect(result.wrong).to.deep.equal([]);
    });
  }

  it('gives no access by the entries of an app with another database, even under the same keys', async () => {
    const client = await begin();
    const there = await world(server);
    try {
      const fourth = await there.start('four', { redis });
      // Its journal has rows with all the numbers of the first app's rows, and its mappings are the same.
      await there.directory.putMapping({ group: 'operators', roles: ['operator'] });
      await there.add('zoe', ['staff'], 0);
      for (let count = 0; count < 20; count += 1)
        await there.directory.updateUser('zoe', { addRoles: [`role-${count}`] });
      const mallory = { subject: 'mallory', groups: [], devices: [] };
      await here.add('mallory', [], 0);
      const [one] = here.children;
      await one?.call('addRoles', 'mallory', ['admin']);
      await one?.call('disable', 'alice');
      for (const child of here.children) await child.look(mallory);
      const result = tally();
      const strangers = expectation(mallory, view(mallory, ''));
      const theirAlice = { subject: 'alice', groups: ['staff'], devices: bob.person.devices };
      const other = expectation(theirAlice, view(theirAlice, 'viewer', ['nobody', 'nobody']));
      await ask(fourth, strangers, result);
      await ask(fourth, other, result);
      // Both apps get the same keys, as if the keys did not contain the id of the database.
      const ids = await Promise.all([here, there].map(async ({ database }) => databaseId(database)));
      const copy = async (from = '', to = '') => {
        for (const key of await client.keys(`*${from}*`)) {
          await client.set(key.replace(from, to), (await client.get(key)) ?? '');
        }
      };
      await copy(ids[0], ids[1]);
      await there.start('five', { redis });
      await askAll(there.children, [strangers, other], result);
      expect(result.wrong).to.deep.equal([]);
      expect((await there.directory.findUser('mallory'))?.grantedRoles).to.deep.equal([]);
    } finally {
      await there.end();
    }
  });
});

async function databaseId(database: World['database']): Promise<string> {
  const { rows } = await database.query<{ database: string }>('SELECT database FROM latchkey_journal_head');
  return rows[0]?.database ?? '';
}
