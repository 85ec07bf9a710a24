// redisState on a Cluster whose nodes fail, return, join and leave.
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { redisState } from '../../../src/stores/redis/redis-state.js';
import type { SharedState } from '../../../src/vocabulary/ports.js';
import { type Recorder, recorder } from '../../contracts/state-harness.js';
import { until } from '../../support/processes.js';
import {
  meet,
  type RedisClusterServers,
  type RedisServer,
  startClusterNode,
  startRedisCluster,
} from '../../support/redis.js';

describe('redisState on a Cluster that changes', function () {
  this.timeout(60_000);
  let cluster: RedisClusterServers;
  let state: SharedState;
  let other: SharedState;
  let heard: Recorder;

  /** One key for each primary. */
  const keys: string[] = [];

  const slotOf = async (key: string): Promise<number> =>
    Number(await (cluster.nodes[0] as RedisServer).client().call('cluster', 'keyslot', `latchkey:${key}`));

  const works = (action: () => Promise<unknown>): Promise<boolean> =>
    action().then(
      () => true,
      () => false,
    );

  /** Waits until a message arrives. Messages that are sent while a server is lost can be lost. */
  const messagesArrive = async (): Promise<void> => {
    heard.clear();
    await until(
      'a message arrives',
      async () => (await works(() => other.publish('channel', 'one'))) && heard.messages.length > 0,
      30,
    );
  };

  beforeEach(async () => {
    cluster = await startRedisCluster();
    state = redisState(cluster.client(), { heartbeatSeconds: 0.25 });
    other = redisState(cluster.client(), { heartbeatSeconds: 0.25 });
    heard = recorder();
    state.subscribe('channel', heard);
    await until('messages arrive', () => heard.live);
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

  it('runs many first commands at once', async () => {
    const fresh = redisState(cluster.client());
    const many = Array.from({ length: 100 }, (_, index) => `many${index}`);
    await Promise.all(many.map((key) => fresh.put(key, key, 60)));
    expect(await fresh.get(many)).to.deep.equal(many);
    await fresh.delete(many);
    expect(await fresh.get(many)).to.deep.equal(many.map(() => undefined));
    await fresh.close();
  });

  it('continues with the other primaries if one is lost, and uses it again when it returns', async () => {
    const [lost, ...kept] = keys as [string, string, string];
    await cluster.nodes[0]?.kill();
    for (const key of kept) await until('the others answer', () => works(() => state.put(key, 'value', 60)));
    const error = await state.put(lost, 'value', 60).catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'ERR_STATE_UNAVAILABLE' });
    await messagesArrive();
    await cluster.nodes[0]?.restart();
    await until('the primary answers', () => works(() => state.get(keys)), 30);
    await messagesArrive();
  });

  it('receives messages, whichever primary dies, hangs or restarts', async () => {
    for (const node of cluster.nodes) {
      const [stop, go] = node === cluster.nodes[1] ? [node.freeze, node.thaw] : [node.kill, node.restart];
      await stop();
      // A subscriber of this node moves to another one. The other subscribers are not affected.
      await messagesArrive();
      await go();
      await until('all answer', () => works(() => Promise.all([state.get(keys), other.get(keys)])), 30);
    }
    await messagesArrive();
  });

  it('receives messages while a server joins, takes over slots, and leaves', async () => {
    const first = cluster.nodes[0] as RedisServer;
    const joined = await startClusterNode();
    try {
      await meet(first, joined);
      const admins: Redis[] = [joined, ...cluster.nodes].map((node) => node.client());
      const ids = await Promise.all(admins.map((admin) => admin.cluster('MYID')));
      await until('all know it', async () => {
        const infos = await Promise.all(admins.map((admin) => admin.cluster('INFO')));
        return infos.every((info) => info.includes('cluster_known_nodes:4'));
      });
      async function move(slot: number, to: number): Promise<void> {
        for (const admin of admins) await admin.cluster('SETSLOT', slot, 'NODE', String(ids[to]));
        await admins[to]?.call('cluster', 'bumpepoch');
      }
      const [key] = keys as [string];
      await move(await slotOf(key), 0);
      await until('the other instance can write', () => works(() => other.put(key, 'value', 60)));
      expect(await joined.client().get(`latchkey:${key}`)).to.equal('value');
      await messagesArrive();

      // Subscribes again until the subscription is on the server that leaves next.
      const subscribedTo = async () => (await admins[0]?.pubsub('CHANNELS', 'latchkey:*')) as string[];
      await until('somebody is subscribed there', async () => {
        if ((await subscribedTo()).length > 0) return true;
        await admins[1]?.call('client', 'kill', 'type', 'pubsub');
        await admins[2]?.call('client', 'kill', 'type', 'pubsub');
        await admins[3]?.call('client', 'kill', 'type', 'pubsub');
        await until('messages arrive', () => heard.live);
        return false;
      });
      await admins[0]?.del(`latchkey:${key}`);
      await move(await slotOf(key), 1);
      for (const admin of admins.slice(1)) await admin.cluster('FORGET', String(ids[0]));
      await admins[0]?.call('cluster', 'reset', 'hard');
      await until('nobody is subscribed there', async () => (await subscribedTo()).length === 0);
      await messagesArrive();
    } finally {
      await joined.stop();
    }
  });
});
