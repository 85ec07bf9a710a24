// Redis is flushed, or comes back as it was before a change; and another app's entries lie in it.
import { cp, rm } from 'node:fs/promises';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { ask, askAll, change, during, type Truth, tally, truth, view, warm } from './truth.js';
import { type World, world } from './world.js';

describe('a Redis that forgets, or remembers too much', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  let here: World;
  let redis: RedisServer;
  let alice: Truth;
  let bob: Truth;
  let carol: Truth;
  let everybody: readonly Truth[];

  before(async () => {
    server = await startPostgres();
  });
  after(() => server?.stop());

  /** Three processes that hold everybody in memory and have left them in Redis. */
  async function begin(args: readonly string[] = []): Promise<Redis> {
    redis = await startRedis({ args });
    here = await world(server);
    await here.directory.putMapping({ group: 'operators', roles: ['operator'] });
    const of = async (subject: string, groups: readonly string[], roles: string, devices: number): Promise<Truth> => {
      const person = await here.add(subject, groups, devices);
      return truth(person, view(person, roles));
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

  /** Takes from everybody, each on another process. */
  async function takeAway(): Promise<void> {
    const [one, two, three] = here.children;
    await Promise.all([
      change(alice, view(alice.person, 'viewer disabled'), async () => one?.call('disable', 'alice')),
      change(bob, view(bob.person, 'viewer', ['revoked', 'viewer']), async () =>
        two?.call('revoke', 'bob', bob.person.devices[0]),
      ),
      change(carol, view(carol.person, '', [' #1 Phone', '']), async () => three?.call('removeMapping', 'operators')),
    ]);
  }

  it('gives nobody anything and takes nobody anything when it is flushed in the middle of traffic', async () => {
    const client = await begin();
    const result = tally();
    let flushing = true;
    const flushes = (async () => {
      let count = 0;
      for (; flushing; count += 1) await client.flushall();
      return count;
    })();
    await during(here.children, everybody, result, async () => {
      await takeAway();
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
    // All that was written is in the file by the time of the answer.
    ['log (AOF)', ['--appendonly', 'yes', '--appendfsync', 'always'], (client: Redis) => client.ping()],
  ] as const) {
    it(`gives nobody anything back when it is killed and started from an older ${what}, whichever processes live`, async () => {
      const client = await begin(args);
      const [, folder = ''] = (await client.config('GET', 'dir')) as string[];
      await remember(client);
      await cp(folder, `${folder}-older`, { recursive: true });

      const result = tally();
      await during(here.children, everybody, result, takeAway);
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
        expect(await again.get(key), 'what was before the change').to.contain(String.raw`\"disabled\":false`);
        others.push(await here.start('four', { redis }));
        await askAll(others, everybody, result);
      });
      await during(others, everybody, result, () =>
        change(alice, view(alice.person, 'viewer'), async () => others[0]?.call('enable', 'alice')),
      );
      expect(result.wrong).to.deep.equal([]);
    });
  }

  it('gives nobody anything of another app that has its own database, whatever lies under which key', async () => {
    const client = await begin();
    const there = await world(server);
    try {
      const fourth = await there.start('four', { redis });
      // Its journal has rows with the numbers of all rows of the other, and its mappings are the same.
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
      const strangers = truth(mallory, view(mallory, ''));
      const theirAlice = { subject: 'alice', groups: ['staff'], devices: bob.person.devices };
      const other = truth(theirAlice, view(theirAlice, 'viewer', ['nobody', 'nobody']));
      await ask(fourth, strangers, result);
      await ask(fourth, other, result);
      // The same keys for both, as it would be without the database's id in them.
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
