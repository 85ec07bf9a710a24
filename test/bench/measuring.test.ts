// Tests for scripts/bench/http/measuring.ts.
import { expect } from 'chai';
import { commandCalls } from '../../scripts/bench/http/measuring.js';
import { type RedisServer, startRedis } from '../support/redis.js';

describe('the commands that a benchmark counts', () => {
  let redis: RedisServer;

  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.stop());

  it('are those of requests, and not those of the measurement', async () => {
    const client = redis.client();
    const before = commandCalls(await client.info('commandstats'));
    await client.set('key', 'value');
    await client.get('key');
    await client.get('key');
    await client.config('GET', 'port');
    await client.ping();
    expect(commandCalls(await client.info('commandstats')) - before).to.equal(4);
  });
});
