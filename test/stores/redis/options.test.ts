// The options of redisState, its prefix, its clock, and its connections.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { redisState } from '../../../src/stores/redis/redis-state.js';
import { recorder } from '../../contracts/state-harness.js';
import { freePort, until } from '../../support/processes.js';
import { type RedisServer, startRedis } from '../../support/redis.js';

describe('redisState', () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedis();
  });
  after(() => server.stop());

  it('refuses a value that is no ioredis client', () => {
    for (const other of [undefined, null, {}, 'redis://localhost', { duplicate() {}, sendCommand() {} }]) {
      expect(() => redisState(other as never)).to.throw('redisState expects a Redis or Cluster client of ioredis');
    }
  });

  it('refuses unknown and invalid options', () => {
    const client = server.client();
    const misspelt: object = { prefx: 'x' };
    expect(() => redisState(client, misspelt)).to.throw('redisState has no option "prefx"');
    expect(() => redisState(client, { prefix: '' })).to.throw('prefix must be a string of at least one character');
    for (const seconds of [0, -1, Number.NaN, 61]) {
      expect(() => redisState(client, { heartbeatSeconds: seconds })).to.throw('heartbeatSeconds must be above 0');
      expect(() => redisState(client, { commandTimeoutSeconds: seconds })).to.throw(
        'commandTimeoutSeconds must be above 0',
      );
    }
  });

  it('prefixes every key, after the key prefix of the client', async () => {
    const admin = server.client();
    const states = [
      redisState(server.client()),
      redisState(server.client(), { prefix: 'other:' }),
      redisState(server.client({ keyPrefix: 'app:' })),
    ];
    await Promise.all(states.map((state, index) => state.put('key', String(index), 60)));
    expect(await admin.mget('latchkey:key', 'other:key', 'app:latchkey:key')).to.deep.equal(['0', '1', '2']);
    await Promise.all(states.map((state) => state.close()));
  });

  it('works with a client whose own settings would interfere', async () => {
    const client = server.client({
      lazyConnect: true,
      enableAutoPipelining: true,
      stringNumbers: true,
      commandTimeout: 1,
      retryStrategy: null,
      reconnectOnError: () => 2,
    });
    const state = redisState(client);
    const counts = await Promise.all(Array.from({ length: 50 }, () => state.increment('count', 60)));
    expect(counts.at(-1)).to.equal(50);
    expect(client.status).to.equal('wait');
    await state.close();
  });

  it('returns the time of Redis, not of its process', async () => {
    const state = redisState(server.client());
    const real = Date.now;
    try {
      Date.now = () => real() - 300_000;
      const difference = (await state.now()) - Date.now();
      expect(difference).to.be.within(295_000, 305_000);
    } finally {
      Date.now = real;
    }
    await state.close();
  });

  it('leaves no connection open when it is closed', async () => {
    const admin = server.client();
    const connections = async (): Promise<number> =>
      String(await admin.client('LIST')).match(/name=latchkey/g)?.length ?? 0;
    const state = redisState(server.client());
    await until('the connections of other tests are gone', async () => (await connections()) <= 1);
    const end = [
      state.subscribe('one', recorder()),
      state.subscribe('two', recorder()),
      state.subscribe('one', recorder()),
    ];
    await until('both connections are there', async () => (await connections()) === 2);
    for (const unsubscribe of end) await unsubscribe();
    await until('that of the subscriptions is gone', async () => (await connections()) === 1);
    state.subscribe('one', recorder());
    await until('it is there again', async () => (await connections()) === 2);
    await state.close();
    await until('both connections are gone', async () => (await connections()) === 0);
  });

  it('opens one connection for all subscriptions, and none before the first', async () => {
    const admin = server.client();
    const subscribers = async (): Promise<number> =>
      String(await admin.client('LIST')).match(/name=latchkey-subscriber/g)?.length ?? 0;
    const state = redisState(server.client());
    await state.get(['key']);
    expect(await subscribers()).to.equal(0);
    const heard = ['a', 'b', 'c', 'a'].map((channel) => {
      const each = recorder();
      state.subscribe(channel, each);
      return each;
    });
    await until('all are restored', () => heard.every(({ live }) => live));
    expect(await subscribers()).to.equal(1);
    await state.close();
  });

  it('prefixes the names of channels like keys', async () => {
    const admin = server.client();
    const states = [
      redisState(server.client()),
      redisState(server.client({ keyPrefix: 'app:' }), { prefix: 'other:' }),
    ];
    const heard = states.map((state) => {
      const each = recorder();
      state.subscribe('channel', each);
      return each;
    });
    await until('messages arrive', () => heard.every(({ live }) => live));
    expect((await admin.pubsub('CHANNELS', '*')) as string[]).to.have.members([
      'latchkey:channel',
      'app:other:channel',
    ]);
    await states[0]?.publish('channel', 'one');
    await until('the message arrives', () => heard[0]?.messages.length === 1);
    expect(heard[1]?.messages).to.deep.equal([]);
    await Promise.all(states.map((state) => state.close()));
  });

  it('does not keep a process alive after it was closed at any time', async () => {
    const program = `
      import { Redis } from 'ioredis';
      import { redisState } from 'latchkey';
      const client = new Redis({ host: '127.0.0.1', port: Number(process.argv[1]), lazyConnect: true });
      client.on('error', () => {});
      const none = { message() {}, lost() {}, restored() {} };
      for (let round = 0; round < 40; round += 1) {
        const state = redisState(client, { onEvent() {} });
        state.subscribe('channel', none);
        await new Promise((resolve) => (round % 4 === 0 ? setImmediate(resolve) : setTimeout(resolve, round)));
        await state.close();
      }
      const unsubscribed = redisState(client, { onEvent() {} });
      await unsubscribed.subscribe('channel', none)();
      await unsubscribed.close();`;
    const unused = await freePort();
    for (const port of [server.port, unused]) {
      await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program, String(port)], {
        timeout: 15_000,
      });
    }
  });
});
