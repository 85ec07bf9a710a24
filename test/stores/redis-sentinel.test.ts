// test/stores: redisState on a Sentinel set whose primary is replaced.
import { expect } from 'chai';
import type { SharedState } from '../../src/ports.js';
import { redisState } from '../../src/stores/redis-state.js';
import { type Recorder, recorder } from '../contracts/state-harness.js';
import { until } from '../support/processes.js';
import type { RedisServer } from '../support/redis.js';
import { type SentinelSet, startSentinelSet } from '../support/redis-sentinel.js';

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
    await state.close();
    await other.close();
    await set.stop();
  });

  async function replaced(old: RedisServer): Promise<RedisServer> {
    await until('the Sentinels name another primary', async () => (await set.primary()) !== old, 30);
    return set.primary();
  }

  /** Keys and messages of both instances are on the new primary. */
  async function worksOn(primary: RedisServer): Promise<void> {
    const there = primary.client();
    for (const [index, one] of [state, other].entries()) {
      const key = `key ${index}`;
      await until(
        'the key is there',
        async () => {
          await one.put(key, 'value', 60).catch(() => {});
          return (await there.get(`latchkey:${key}`)) === 'value';
        },
        30,
      );
    }
    await until('it is subscribed to', async () => (await there.pubsub('CHANNELS', 'latchkey:*')).length === 1, 30);
    await until('messages arrive again', () => heard.live, 30);
    heard.clear();
    await other.publish('channel', 'again');
    await until('the message arrives', () => heard.messages.length > 0);
    expect(heard.messages).to.deep.equal(['again']);
  }

  it('follows when the primary is replaced on purpose', async () => {
    const old = await set.primary();
    await set.failOver();
    await worksOn(await replaced(old));
    expect(heard.losses).to.be.at.least(1);
  });

  it('follows when the primary dies, and stays when that comes back', async () => {
    const old = await set.primary();
    await old.kill();
    await until('the loss is told', () => !heard.live);
    const primary = await replaced(old);
    await worksOn(primary);
    await old.restart();
    await worksOn(primary);
  });

  it('follows when the primary stands still, and does not go back when it goes on as if nothing had been', async () => {
    const old = await set.primary();
    old.freeze();
    await until('the loss is told', () => !heard.live);
    const primary = await replaced(old);
    old.thaw();
    await worksOn(primary);
  });

  it('leaves a primary that goes on without knowing that the Sentinels have replaced it', async () => {
    const old = await set.primary();
    // From now on the Sentinels cannot reach it, but whoever is connected can.
    set.partition();
    const primary = await replaced(old);
    await worksOn(primary);
    expect(await old.client().pubsub('CHANNELS', 'latchkey:*')).to.deep.equal([]);
  });
});
