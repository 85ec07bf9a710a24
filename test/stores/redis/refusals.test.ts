// A Redis that answers no: the codes that tell that from a Redis that is away, and what the host is told.
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { type LatchkeyEvent, latchkey, memoryDirectory, redisState } from '../../../src/index.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import { until } from '../../support/processes.js';
import { type RedisServer, startRedis } from '../../support/redis.js';

describe('a Redis that refuses', () => {
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

  it('has a code of its own, no Retry-After, and Redis’ first word as reason', async () => {
    await admin.call('ACL', 'SETUSER', 'reader', 'on', '>pass', '~*', '+@read', '+@connection', '+info');
    const state = redisState(server.client({ username: 'reader', password: 'pass' }));
    const error = await refusal(state.put('key', 'a-secret-value', 60));
    expect(error).to.include({ code: 'ERR_STATE_REFUSED', status: 503, retryAfterSeconds: undefined });
    expect(error.cause).to.include({ code: 'NOPERM' });
    expect(JSON.stringify([error.cause, (error.cause as Error).stack])).to.not.contain('a-secret-value');
    await state.close();
  });

  it('is one that is full, too', async () => {
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

  it('is told by the onEvent of the Latchkey that uses it, where the store was given none', async () => {
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

  it('that only reads is away: it was a primary, and a new one is on its way', async () => {
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
