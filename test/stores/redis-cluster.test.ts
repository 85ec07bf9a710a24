// test/stores: redisState on a Cluster that changes under it.
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import type { SharedState } from '../../src/ports.js';
import { redisState } from '../../src/stores/redis-state.js';
import { tracking } from '../../src/stores/redis-watch.js';
import { watches } from '../../src/stores/watches.js';
import { type Recorder, recorder } from '../contracts/state-harness.js';
import { until } from '../support/processes.js';
import {
  meet,
  type RedisClusterServers,
  type RedisServer,
  startClusterNode,
  startRedisCluster,
} from '../support/redis.js';

describe('redisState on a Cluster that changes', function () {
  this.timeout(60_000);
  let cluster: RedisClusterServers;
  let state: SharedState;
  let other: SharedState;
  let seen: Recorder;

  /** One key for each primary. */
  const keys: string[] = [];

  const slotOf = async (key: string): Promise<number> =>
    Number(await (cluster.nodes[0] as RedisServer).client().call('cluster', 'keyslot', `latchkey:${key}`));

  beforeEach(async () => {
    cluster = await startRedisCluster();
    state = redisState(cluster.client(), { heartbeatSeconds: 0.5 });
    other = redisState(cluster.client(), { heartbeatSeconds: 0.5 });
    seen = recorder();
    state.watch('', seen);
    await until('the watch is restored', () => seen.live);
    keys.length = 0;
    for (let index = 0; keys.length < 3; index += 1) {
      if (Math.floor(((await slotOf(`key${index}`)) * 3) / 16384) === keys.length) {
        keys.push(`key${index}`);
      }
    }
  });
  afterEach(async () => {
    await state.close();
    await other.close();
    await cluster.stop();
  });

  it('carries out many first commands at once', async () => {
    const fresh = redisState(cluster.client());
    const many = Array.from({ length: 100 }, (_, index) => `many${index}`);
    await Promise.all(many.map((key) => fresh.put(key, key, 60)));
    expect(await fresh.get(many)).to.deep.equal(many);
    await fresh.delete(many);
    expect(await fresh.get(many)).to.deep.equal(many.map(() => undefined));
    await fresh.close();
  });

  it('loses the watch with one primary, goes on with the others, and comes back with it', async () => {
    const [lost, ...kept] = keys as [string, string, string];
    await cluster.nodes[0]?.kill();
    await until('the loss is told', () => !seen.live);
    for (const key of kept) {
      await until('the others answer', () =>
        state.put(key, 'value', 60).then(
          () => true,
          () => false,
        ),
      );
    }
    const error = await state.put(lost, 'value', 60).catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'ERR_STATE_UNAVAILABLE' });
    await cluster.nodes[0]?.restart();
    await until(
      'the primary answers',
      () =>
        state.get(keys).then(
          () => true,
          () => false,
        ),
      30,
    );
    await until('the watch is restored', () => seen.live, 30);
    for (const key of keys) {
      seen.clear();
      await other.put(key, 'value', 60);
      await until('the change is told', () => seen.has(key));
    }
  });

  it('watches a primary that joins and takes over a slot', async () => {
    const [key] = keys as [string];
    const first = cluster.nodes[0] as RedisServer;
    const joined = await startClusterNode();
    try {
      await meet(first, joined);
      const admins: Redis[] = [joined, ...cluster.nodes].map((node) => node.client());
      const joinedId = String(await admins[0]?.cluster('MYID'));
      await until('all know it', async () => {
        const infos = await Promise.all(admins.map((admin) => admin.cluster('INFO')));
        return infos.every((info) => info.includes('cluster_known_nodes:4'));
      });
      const slot = await slotOf(key);
      for (const admin of admins) {
        await admin.cluster('SETSLOT', slot, 'NODE', joinedId);
      }
      await admins[0]?.call('cluster', 'bumpepoch');

      // Whoever reads the key at its new place must be watching there before the answer can be kept.
      let losses = 0;
      state.watch('', { changed() {}, lost: () => (losses += 1), restored() {} });
      await until('the key is answered', () =>
        state.get([key]).then(
          () => true,
          () => false,
        ),
      );
      expect(losses).to.be.at.least(1);
      await until('the watch is restored', () => seen.live);
      seen.clear();
      await until('the other instance can write', () =>
        other.put(key, 'value', 60).then(
          () => true,
          () => false,
        ),
      );
      await until('the change is told', () => seen.has(key));
      expect(await joined.client().get(`latchkey:${key}`)).to.equal('value');
    } finally {
      await joined.stop();
    }
  });

  it('loses the watch within the event that makes a primary known, before anything it answers can be kept', async () => {
    const client = cluster.client();
    const watched = watches(() => {});
    const { lost, changed } = watched;
    const listener = { up: () => watched.restored(() => true), down: lost, changed };
    const tracked = tracking(client, { prefix: 'latchkey:', heartbeatSeconds: 1 }, listener);
    const told = recorder();
    watched.add('', told);
    await until('the watch is restored', () => told.live);
    const joined = await startClusterNode();
    try {
      const primaries = [...client.nodes('master'), joined.client()];
      client.nodes = () => primaries;
      client.emit('+node', primaries.at(-1));
      expect(told.live).to.equal(false);
      await until('the watch is restored', () => told.live);
    } finally {
      tracked.close();
      await joined.stop();
    }
  });
});
