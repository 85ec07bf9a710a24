// The permissions that redisState needs in Redis (docs/redis.md), and its events when one is missing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { refusedDelay } from '../../../src/stores/redis/client-shapes.js';
import { redisState } from '../../../src/stores/redis/redis-state.js';
import type { LatchkeyEvent } from '../../../src/vocabulary/events.js';
import type { SharedState } from '../../../src/vocabulary/ports.js';
import { recorder } from '../../contracts/state-harness.js';
import { until } from '../../support/processes.js';
import { type RedisServer, startRedis, startRedisCluster } from '../../support/redis.js';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'redis.md'), 'utf8');
const documented = /^ACL SETUSER latchkey (.*)$/m.exec(page)?.[1]?.split(' ') ?? [];
const onClusters = /On a Cluster, add `([^`]*)`/.exec(page)?.[1]?.split(' ') ?? [];
const heartbeatSeconds = 0.1;

describe('the permissions of redisState', () => {
  let server: RedisServer;
  let states: SharedState[];
  let events: LatchkeyEvent[];

  beforeEach(async () => {
    server = await startRedis();
    states = [];
    events = [];
  });
  afterEach(async () => {
    for (const state of states) await state.close();
    await server.stop();
  });

  async function open(...rules: readonly string[]): Promise<SharedState> {
    await server.client().call('acl', 'setuser', 'latchkey', 'reset', ...documented, '+config|get', ...rules);
    const client = server.client({ username: 'latchkey', password: 'password', lazyConnect: true });
    const state = redisState(client, { heartbeatSeconds, onEvent: (event) => events.push(event) });
    states.push(state);
    return state;
  }
  const counts = async (...commands: readonly string[]): Promise<readonly number[]> => {
    const stats = await server.client().info('commandstats');
    return commands.map((command) => Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0));
  };
  async function everythingElse(state: SharedState): Promise<void> {
    await state.put('key', 'a', 60);
    await state.putIfAbsent('other', 'a', 60);
    expect(await state.compareAndSet('key', 'a', 'b', 60)).to.equal(true);
    expect(await state.get(['key', 'other'])).to.deep.equal(['b', 'a']);
    expect(await state.take('key')).to.equal('b');
    await state.delete(['other']);
    expect(await state.increment('count', 60)).to.be.at.least(1);
    expect(await state.now()).to.be.a('number');
  }

  it('are those of docs/redis.md', async () => {
    const state = await open();
    const [one, two] = [recorder(), recorder()];
    state.subscribe('one', one);
    const unsubscribe = state.subscribe('two', two);
    await until('messages arrive', () => one.live && two.live);
    await state.publish('one', 'message');
    await until('the message arrives', () => one.messages.length === 1);
    await unsubscribe();
    await everythingElse(state);
    const pings = (await counts('ping'))[0] ?? 0;
    await until('the connection was pinged', async () => ((await counts('ping'))[0] ?? 0) > pings + 1);
    expect([events, one.losses]).to.deep.equal([[], 0]);
  });

  it('are those of docs/redis.md on a Cluster, too', async function () {
    this.timeout(60_000);
    const cluster = await startRedisCluster();
    try {
      for (const node of cluster.nodes) {
        const rules = [...documented, ...onClusters, '+config|get'];
        await node.client().call('acl', 'setuser', 'latchkey', 'reset', ...rules);
      }
      const client = cluster.client({}, { username: 'latchkey', password: 'password' });
      const state = redisState(client, { heartbeatSeconds, onEvent: (event) => events.push(event) });
      states.push(state);
      const heard = recorder();
      state.subscribe('channel', heard);
      await until('messages arrive', () => heard.live);
      await state.publish('channel', 'message');
      await until('the message arrives', () => heard.messages.length === 1);
      await everythingElse(state);
      await state.close();
      expect(events).to.deep.equal([]);
    } finally {
      await cluster.stop();
    }
  });

  it('include the channels: without them there is one event, few retries, and the other verbs work', async () => {
    const state = await open('resetchannels');
    const heard = recorder();
    state.subscribe('channel', heard);
    await until('it is reported', () => events.length > 0);
    const refused = async () =>
      Number(/cmdstat_subscribe:.*rejected_calls=(\d+)/.exec(await server.client().info('commandstats'))?.[1]);
    const failure = await state.publish('channel', 'one').catch((error: unknown) => error);
    expect(failure).to.include({ code: 'ERR_STATE_REFUSED' });
    await until('it has tried again', async () => (await refused()) >= 3);
    await everythingElse(state);
    expect(events).to.have.length(1);
    expect(events[0]).to.include({ type: 'error', code: 'ERR_STATE_REFUSED' });
    expect(JSON.stringify(events[0])).to.match(/"Redis: NOPERM [^"]*channel/);
    expect([heard.live, heard.losses]).to.deep.equal([false, 0]);
    await server.client().call('acl', 'setuser', 'latchkey', '&latchkey:*');
    await until('messages arrive once the right is given', () => heard.live);
    await state.publish('channel', 'two');
    await until('the message arrives', () => heard.messages.length === 1);
    expect(events).to.have.length(1);
  });

  it('are retried at increasing intervals, but at least once a minute', () => {
    const delays = Array.from({ length: 40 }, (_, index) => refusedDelay(index + 1));
    expect(delays[0]).to.be.below(1000);
    expect(delays.slice(12).every((delay) => delay >= 30_000 && delay <= 60_000)).to.equal(true);
    expect(delays.reduce((sum, delay) => sum + delay, 0)).to.be.above(20 * 60_000);
  });

  for (const [what, rule, sentence] of [
    ['to subscribe', '-subscribe', /subscribe/],
    ['to ping, by which a lost connection is found', '-ping', /ping/],
  ] as const) {
    it(`include the permission ${what}`, async () => {
      const state = await open(rule);
      state.subscribe('channel', recorder());
      await until('it is reported', () => events.length > 0);
      await everythingElse(state);
      await state.publish('channel', 'one');
      expect(events).to.have.length(1);
      expect(JSON.stringify(events[0]))
        .to.match(/"Redis: NOPERM /)
        .and.to.match(sentence);
    });
  }

  it('cause one event for each message of Redis, however often it refuses a command', async () => {
    const state = await open('-getdel', '-set');
    for (let round = 0; round < 5; round += 1) {
      for (const verb of [() => state.take('key'), () => state.put('key', 'value', 60)]) {
        expect(await verb().catch((error: unknown) => error)).to.include({ code: 'ERR_STATE_REFUSED' });
      }
    }
    expect(events).to.have.length(2);
    expect(JSON.stringify(events)).to.contain('getdel').and.to.contain("'set'");
  });

  it('are reported without keys and values, even if Redis repeats them', async () => {
    const renamed = await startRedis({ args: ['--rename-command', 'GETDEL', '', '--rename-command', 'EVALSHA', ''] });
    try {
      const state = redisState(renamed.client(), { onEvent: (event) => events.push(event) });
      states.push(state);
      const failures = [
        await state.take('a-secret-key').catch((error: unknown) => error),
        await state.compareAndSet('a-secret-key', 'a-secret-value', 'next', 60).catch((error: unknown) => error),
      ];
      expect(events).to.have.length(2);
      for (const failure of failures) {
        expect(failure).to.include({ code: 'ERR_STATE_UNAVAILABLE' });
        expect(String((failure as Error).cause))
          .to.contain('unknown command')
          .and.to.not.contain('a-secret');
      }
      expect(JSON.stringify(events)).to.contain('unknown command').and.to.not.contain('a-secret');
    } finally {
      await states.pop()?.close();
      await renamed.stop();
    }
  });

  it('cause one event if the password is wrong', async () => {
    await open();
    const client = server.client({ username: 'latchkey', password: 'a wrong one', lazyConnect: true });
    const state = redisState(client, { heartbeatSeconds, onEvent: (event) => events.push(event) });
    states.push(state);
    state.subscribe('channel', recorder());
    await until('it is reported', () => events.length > 0);
    for (let round = 0; round < 3; round += 1) await state.get(['key']).catch(() => {});
    expect(events).to.have.length(1);
    expect(JSON.stringify(events)).to.contain('WRONGPASS');
  });
});
