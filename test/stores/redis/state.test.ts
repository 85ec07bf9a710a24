// redisState passes the contract on a single server, on a Sentinel set and on a Cluster.
import { redisState } from '../../../src/stores/redis/redis-state.js';
import { stateContract } from '../../contracts/index.js';
import { type RedisClusterServers, type RedisServer, startRedis, startRedisCluster } from '../../support/redis.js';
import { type SentinelSet, startSentinelSet } from '../../support/redis-sentinel.js';

const runner = { describe, it, before, after, beforeEach };

describe('redisState on a single server', () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedis();
  });
  after(() => server.stop());

  stateContract('redisState', { open: async () => [redisState(server.client()), redisState(server.client())] }, runner);

  stateContract(
    'redisState for a client with a key prefix',
    {
      open: async () => {
        const client = server.client({ keyPrefix: 'app:' });
        return [redisState(client), redisState(client, { prefix: 'latchkey:' })];
      },
    },
    runner,
  );
});

describe('redisState on a Sentinel set', () => {
  let set: SentinelSet;
  before(async function () {
    this.timeout(60_000);
    set = await startSentinelSet();
  });
  after(() => set.stop());

  stateContract('redisState', { open: async () => [redisState(set.client()), redisState(set.client())] }, runner);
});

describe('redisState on a Cluster', () => {
  let cluster: RedisClusterServers;
  before(async function () {
    this.timeout(60_000);
    cluster = await startRedisCluster();
  });
  after(() => cluster.stop());

  stateContract(
    'redisState',
    { open: async () => [redisState(cluster.client()), redisState(cluster.client())] },
    runner,
  );
});
