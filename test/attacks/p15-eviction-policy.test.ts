// P15: a Redis that evicts keys loses throttles. An event reports it at the start.
import { expect } from 'chai';
import { redisState } from '../../src/stores/redis/redis-state.js';
import type { LatchkeyEvent } from '../../src/vocabulary/events.js';
import type { SharedState } from '../../src/vocabulary/ports.js';
import { until } from '../support/processes.js';
import { type RedisClusterServers, type RedisServer, startRedis, startRedisCluster } from '../support/redis.js';

describe('P15: the eviction policy', () => {
  let server: RedisServer;
  let events: LatchkeyEvent[];
  let state: SharedState | undefined;
  const onEvent = (event: LatchkeyEvent): void => {
    events.push(event);
  };
  const told = (): Promise<void> => until('an event comes', () => events.length > 0);

  beforeEach(async () => {
    server = await startRedis();
    events = [];
  });
  afterEach(async () => {
    await state?.close();
    await server.stop();
  });

  for (const policy of ['allkeys-lru', 'volatile-lru', 'volatile-ttl', 'allkeys-random']) {
    it(`is reported to the host if it is ${policy}`, async () => {
      await server.client().config('SET', 'maxmemory-policy', policy);
      state = redisState(server.client(), { onEvent });
      await told();
      expect(events).to.deep.equal([
        {
          type: 'error',
          code: 'ERR_STATE_EVICTION',
          message: `Redis has maxmemory-policy ${policy}; with any policy but noeviction, Redis may delete throttles and pairings`,
        },
      ]);
    });
  }

  it('is not reported if it is noeviction', async () => {
    state = redisState(server.client(), { onEvent });
    const admin = server.client();
    await until('it was asked for', async () =>
      (await admin.info('commandstats')).includes('cmdstat_config|get:calls=1'),
    );
    await state.get(['key']);
    expect(events).to.deep.equal([]);
  });

  it('is read without the right to CONFIG', async () => {
    await server.client().config('SET', 'maxmemory-policy', 'allkeys-lru');
    await server.client().acl('SETUSER', 'app', 'on', '>word', '~latchkey:*', '&*', '+@all', '-config');
    state = redisState(server.client({ username: 'app', password: 'word' }), { onEvent });
    await told();
    expect(events[0]).to.include({ type: 'error', code: 'ERR_STATE_EVICTION' });
  });

  it('is reported as unknown if INFO and CONFIG are forbidden', async () => {
    await server.client().acl('SETUSER', 'app', 'on', '>word', '~latchkey:*', '&*', '+@all', '-config', '-info');
    state = redisState(server.client({ username: 'app', password: 'word' }), { onEvent });
    await told();
    expect(events).to.deep.equal([
      {
        type: 'error',
        code: 'ERR_STATE_EVICTION',
        message: 'Redis does not report its maxmemory-policy; make sure that it is noeviction',
      },
    ]);
    expect(await state.increment('key', 60)).to.equal(1);
  });

  it('is checked when Redis becomes available, and reported once', async () => {
    await server.kill();
    state = redisState(server.client(), { onEvent });
    await told();
    await server.restart();
    await server.client().config('SET', 'maxmemory-policy', 'allkeys-lru');
    const evictions = (): number =>
      events.filter((event) => event.type === 'error' && event.code === 'ERR_STATE_EVICTION').length;
    const admin = server.client();
    // Each new connection checks again, in case the policy was set after the first connection.
    for (let round = 0; round < 3; round += 1) {
      await until('it answers', () => (state as SharedState).get(['key']).then(Boolean, () => false));
      await admin.call('client', 'kill', 'type', 'normal', 'skipme', 'yes');
    }
    await until('the policy is told', () => evictions() > 0);
    expect(evictions()).to.equal(1);
  });

  it('does not stop the host if onEvent throws', async () => {
    await server.client().config('SET', 'maxmemory-policy', 'allkeys-lru');
    let calls = 0;
    state = redisState(server.client(), {
      onEvent() {
        calls += 1;
        throw new Error('a careless host');
      },
    });
    await until('it was told', () => calls > 0);
    expect(await state.increment('key', 60)).to.equal(1);
  });

  describe('on a Cluster', () => {
    let cluster: RedisClusterServers;
    before(async function () {
      this.timeout(60_000);
      cluster = await startRedisCluster();
    });
    after(() => cluster.stop());

    it('is reported if one of the primaries has another one', async () => {
      await cluster.nodes[1]?.client().config('SET', 'maxmemory-policy', 'volatile-ttl');
      state = redisState(cluster.client(), { onEvent });
      await told();
      expect(events).to.have.length(1);
      expect(events[0]).to.include({ type: 'error', code: 'ERR_STATE_EVICTION' });
    });
  });
});
