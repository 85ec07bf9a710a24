// redisState on a Sentinel set whose primary is replaced.
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { redisState } from '../../../src/stores/redis/redis-state.js';
import type { SharedState } from '../../../src/vocabulary/ports.js';
import { type Recorder, recorder } from '../../contracts/state-harness.js';
import { until } from '../../support/processes.js';
import { type RedisServer, startRedis } from '../../support/redis.js';
import {
  type SentinelSet,
  type SingleSentinels,
  startSentinelSet,
  startSingleSentinels,
} from '../../support/redis-sentinel.js';

describe('redisState on a Sentinel set that changes', function () {
  this.timeout(60_000);
  let set: SentinelSet;
  let state: SharedState;
  let other: SharedState;
  let heard: Recorder;

  beforeEach(async () => {
    set = await startSentinelSet();
    state = redisState(set.client(), { heartbeatSeconds: 0.25 });
    other = redisState(set.client(), { heartbeatSeconds: 0.25 });
    heard = recorder();
    state.subscribe('channel', heard);
    await until('messages arrive', () => heard.live);
  });
  afterEach(async () => {
    admins.clear();
    await state.close();
    await other.close();
    await set.stop();
  });

  const admins = new Map<RedisServer, Redis>();
  async function admin(): Promise<Redis> {
    const primary = await set.primary();
    const client = admins.get(primary) ?? primary.client({ commandTimeout: 1000 });
    admins.set(primary, client);
    return client;
  }

  async function replaced(old: RedisServer): Promise<void> {
    await until('the Sentinels name another primary', async () => (await set.primary()) !== old, 30);
  }

  /** Waits until both instances use the primary. Asks for it each time: on a busy computer, it may change again. */
  async function worksOnPrimary(): Promise<void> {
    for (const [index, one] of [state, other].entries()) {
      const key = `key ${index}`;
      await until(
        'the key is there',
        async () => {
          await one.put(key, 'value', 60).catch(() => {});
          return (await (await admin()).get(`latchkey:${key}`)) === 'value';
        },
        30,
      );
    }
    const channels = async () => (await (await admin()).pubsub('CHANNELS', 'latchkey:*')) as string[];
    await until('it is subscribed to', async () => (await channels()).length === 1, 30);
    heard.clear();
    await until(
      'a message arrives',
      async () => {
        await other.publish('channel', 'again').catch(() => {});
        return heard.live && heard.messages.length > 0;
      },
      30,
    );
  }

  it('moves to the new primary after a manual failover', async () => {
    const old = await set.primary();
    await set.failOver();
    await replaced(old);
    await worksOnPrimary();
    expect(heard.losses).to.be.at.least(1);
  });

  it('moves to the new primary when the old one dies, and stays there when that one returns', async () => {
    const old = await set.primary();
    await old.kill();
    await until('the loss is told', () => !heard.live);
    await replaced(old);
    await worksOnPrimary();
    await old.restart();
    await worksOnPrimary();
  });

  it('moves to the new primary when the old one hangs, and stays there when that one continues', async () => {
    const old = await set.primary();
    old.freeze();
    await until('the loss is told', () => !heard.live);
    await replaced(old);
    old.thaw();
    await worksOnPrimary();
  });

  it('leaves a primary that continues without knowing that the Sentinels have replaced it', async () => {
    const old = await set.primary();
    // From now on the Sentinels cannot reach the primary, but connected clients can.
    set.partition();
    await replaced(old);
    await worksOnPrimary();
    expect(await old.client().pubsub('CHANNELS', 'latchkey:*')).to.deep.equal([]);
  });
});

describe('redisState while the Sentinels disagree', () => {
  let [old, next]: RedisServer[] = [];
  let sentinels: SingleSentinels;
  let state: SharedState;
  let heard: Recorder;

  beforeEach(async () => {
    [old, next] = await Promise.all([startRedis(), startRedis()]);
    sentinels = await startSingleSentinels(old as RedisServer);
    state = redisState(sentinels.client(), { heartbeatSeconds: 0.25 });
    heard = recorder();
    state.subscribe('channel', heard);
    await until('messages arrive', () => heard.live);
  });
  afterEach(async () => {
    await state.close();
    await sentinels.stop();
    await old?.stop();
    await next?.stop();
  });

  async function subscribedAt(server: RedisServer | undefined): Promise<void> {
    const client = server?.client() as Redis;
    const channels = async () => (await client.pubsub('CHANNELS', 'latchkey:*')) as string[];
    await until('it is subscribed to', async () => (await channels()).length === 1);
    await until('the key is there', async () => {
      await state.put('key', 'value', 60).catch(() => {});
      return (await client.get('latchkey:key')) === 'value';
    });
  }

  it('leaves the replaced primary, even if the first Sentinel in its list learns of the change last', async () => {
    await subscribedAt(old);
    for (const index of [1, 2] as const) await sentinels.name(index, next as RedisServer);
    // It connects again now, as after a connection broke because of the change, and still gets the old primary.
    await (old as RedisServer).client().call('client', 'kill', 'type', 'normal', 'skipme', 'yes');
    await subscribedAt(old);
    await sentinels.name(0, next as RedisServer);
    await subscribedAt(next);
  });

  it('recovers when it has to connect again while it asks the Sentinels', async () => {
    await subscribedAt(old);
    const host = sentinels.client();
    const own: Redis[] = [];
    const duplicate = host.duplicate.bind(host);
    host.duplicate = (override) => {
      const client = duplicate(override);
      own.push(client);
      return client;
    };
    const other = redisState(host, { heartbeatSeconds: 0.25 });
    try {
      // The first connection is for commands.
      expect(own[0]?.status).to.equal('connecting');
      own[0]?.disconnect(true);
      await until('it has given up', () => own[0]?.status === 'end');
      await until('it answers', () => other.now().then(Boolean, () => false));
    } finally {
      await other.close();
    }
  });

  it('stays at its primary if all Sentinels name it, or if none responds', async () => {
    await subscribedAt(old);
    const { losses } = heard;
    await sentinels.stop();
    await pause(2500);
    await subscribedAt(old);
    expect(heard.losses).to.equal(losses);
  });
});
