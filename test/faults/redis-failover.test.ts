// A Redis primary dies or hangs, and a replica without the latest changes replaces it.
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { until } from '../support/processes.js';
import { meet, type RedisServer, startClusterNode, startRedisCluster } from '../support/redis.js';
import { type SentinelSet, startSentinelSet } from '../support/redis-sentinel.js';
import { askAll, change, during, type Expectation, expectation, tally, view, warm } from './expectations.js';
import { type RedisPlace, sentinelPlace } from './places.js';
import { type World, world } from './world.js';

const ends = [
  ['dies', (server: RedisServer) => server.kill(), async () => {}],
  ['hangs', async (server: RedisServer) => server.freeze(), async (server: RedisServer) => server.thaw()],
] as const;

describe('a Redis replica without the latest changes', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  let here: World;
  let alice: Expectation;
  let bob: Expectation;
  let everybody: readonly Expectation[];

  before(async () => {
    server = await startPostgres();
  });
  after(() => server?.stop());
  afterEach(() => here?.end());

  async function begin(redis: RedisPlace): Promise<void> {
    here = await world(server);
    const of = async (subject: string): Promise<Expectation> => {
      const person = await here.add(subject, ['staff'], 2);
      return expectation(person, view(person, 'viewer'));
    };
    [alice, bob] = [await of('alice'), await of('bob')];
    everybody = [alice, bob];
    await Promise.all(['one', 'two', 'three'].map((name) => here.start(name, { redis })));
    await warm(
      here.children,
      everybody.map(({ person }) => person),
    );
  }

  /** Checks that the Redis that takes over still has the entry from before the changes. */
  async function expectOlder(client: Redis): Promise<void> {
    const [key = ''] = await client.keys('*:u:alice');
    expect(await client.get(key)).to.contain(String.raw`\"disabled\":false`);
  }

  async function removeAccess(): Promise<void> {
    const [one, two] = here.children;
    await Promise.all([
      change(alice, view(alice.person, 'viewer disabled'), async () => one?.call('disable', 'alice')),
      change(bob, view(bob.person, 'viewer', ['revoked', 'viewer']), async () =>
        two?.call('revoke', 'bob', bob.person.devices[0]),
      ),
    ]);
  }

  async function failOver(
    redis: RedisPlace,
    replace: () => Promise<void>,
    recover: () => Promise<void>,
  ): Promise<void> {
    const result = tally();
    await during(here.children, everybody, result, removeAccess);
    await during(here.children, everybody, result, replace);
    await here.start('four', { redis });
    await askAll(here.children, everybody, result);
    await during(here.children, everybody, result, () =>
      change(alice, view(alice.person, 'viewer'), async () => here.children[2]?.call('enable', 'alice')),
    );
    await during(here.children, everybody, result, async () => {
      await recover();
      await change(alice, view(alice.person, 'viewer disabled'), async () =>
        here.children[0]?.call('disable', 'alice'),
      );
    });
    expect(result.wrong).to.deep.equal([]);
    expect(result.answers).to.be.above(100);
  }

  for (const [what, end, recover] of ends) {
    it(`gives no access back when the Sentinels replace a primary that ${what}`, async () => {
      const set: SentinelSet = await startSentinelSet();
      try {
        const redis = sentinelPlace(set);
        await begin(redis);
        const [first, second] = set.servers;
        const replica = second.client();
        await until('the replica has the entry', async () => (await replica.keys('*:u:alice')).length === 1);
        // From now on the replica gets no changes. The processes still reach the first server.
        set.partition();
        await failOver(
          redis,
          async () => {
            await end(first);
            await until('the replica is the primary', async () => (await set.primary()) === second, 30);
            await until('the replica knows that it is the primary', async () =>
              (await replica.info('replication')).includes('role:master'),
            );
            await expectOlder(replica);
          },
          () => recover(first),
        );
      } finally {
        await set.stop();
      }
    });

    it(`gives no access back when it replaces a primary of a Cluster that ${what}`, async () => {
      const cluster = await startRedisCluster();
      const replicas: RedisServer[] = [];
      try {
        const redis = { nodes: cluster.nodes.map(({ port }) => port) };
        await begin(redis);
        const keyed = await Promise.all(cluster.nodes.map((node) => node.client().keys('*:u:alice')));
        const primary = cluster.nodes[keyed.findIndex((keys) => keys.length > 0)];
        if (primary === undefined) throw new Error('One node has the entry');
        const spare = await startClusterNode();
        replicas.push(spare);
        await meet(primary, spare);
        const replica = spare.client();
        const id = String(await primary.client().cluster('MYID'));
        await until('the spare node may replicate', () =>
          replica.call('cluster', 'replicate', id).then(
            () => true,
            () => false,
          ),
        );
        await until('the spare node has everything', async () =>
          (await replica.info('replication')).includes('link_status:up'),
        );
        // It misses the changes, and its connection is gone when it continues.
        spare.freeze();
        await primary.client().call('client', 'kill', 'type', 'replica');
        await failOver(
          redis,
          async () => {
            await end(primary);
            spare.thaw();
            await replica.call('cluster', 'failover', 'takeover');
            await until('the replica is the primary', async () =>
              (await replica.info('replication')).includes('role:master'),
            );
            await expectOlder(replica);
          },
          () => recover(primary),
        );
      } finally {
        await Promise.all(replicas.map((each) => each.stop()));
        await cluster.stop();
      }
    });
  }
});
