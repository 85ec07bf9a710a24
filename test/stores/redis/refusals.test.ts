// Errors when Redis refuses a command: they have other codes than an unavailable Redis, and an event reports them.
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { type LatchkeyEvent, latchkey, memoryDirectory, redisState } from '../../../src/index.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import { until } from '../../support/processes.js';
import { type RedisServer, startRedis } from '../../support/redis.js';

describe('a Redis that refuses commands', () => {
  let server: RedisServer;
  let admin: Redis;
  before(async () => {
    server = await startRedis();
    admin = server.client();
  });
  after(() => server.stop());

  async function refusal(call: Promise<unknown>): Promise<LatchkeyError> {
    const error: unknown = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(LatchkeyError);
    return error as LatchkeyError;
  }

  it('gets its own code, no Retry-After, and the first word of its error as the reason', async () => {
    await admin.call('ACL', 'SETUSER', 'reader', 'on', '>pass', '~*', '+@read', '+@connection', '+info');
    const state = redisState(server.client({ username: 'reader', password: 'pass' }));
    const error = await refusal(state.put('key', 'a-secret-value', 60));
    expect(error).to.include({ code: 'ERR_STATE_REFUSED', status: 503, retryAfterSeconds: undefined });
    expect(error.cause).to.include({ code: 'NOPERM' });
    expect(JSON.stringify([error.cause, (error.cause as Error).stack])).to.not.contain('a-secret-value');
    await state.close();
  });

  it('can be one that is full', async () => {
    const state = redisState(server.client());
    await state.put('key', 'value', 60);
    await admin.config('SET', 'maxmemory', '1');
    try {
      const error = await refusal(state.put('key', 'value', 60));
      expect(error).to.include({ code: 'ERR_STATE_REFUSED' });
      expect(error.cause).to.include({ code: 'OOM' });
    } finally {
      await admin.config('SET', 'maxmemory', '0');
      await state.close();
    }
  });

  it('is reported by Latchkey’s onEvent if the store has none', async () => {
    const events: LatchkeyEvent[] = [];
    const auth = latchkey({
      trustedProxies: ['loopback'],
      headers: 'authelia',
      directory: memoryDirectory(),
      state: redisState(server.client({ username: 'reader', password: 'wrong' })),
      session: 'none',
      onEvent: (event) => void events.push(event),
    });
    const told = () => events.find((event) => event.type === 'error' && event.code === 'ERR_STATE_REFUSED');
    await until('it is told', async () => told() !== undefined);
    expect(told()).to.include({ reason: 'WRONGPASS' });
    expect(JSON.stringify(events)).to.not.contain('"wrong"');
    const state = redisState(server.client({ username: 'reader', password: 'wrong' }), { onEvent: () => {} });
    expect(await refusal(state.get(['key']))).to.include({ code: 'ERR_STATE_REFUSED' });
    await state.close();
    await auth.close();
  });

  it('counts as unavailable if it is read-only, because a new primary will follow', async () => {
    const state = redisState(server.client());
    await state.put('key', 'value', 60);
    await admin.call('REPLICAOF', '127.0.0.1', '1');
    try {
      expect(await refusal(state.put('key', 'value', 60))).to.include({
        code: 'ERR_STATE_UNAVAILABLE',
        retryAfterSeconds: 2,
      });
    } finally {
      await admin.call('REPLICAOF', 'NO', 'ONE');
      await state.close();
    }
  });
});
