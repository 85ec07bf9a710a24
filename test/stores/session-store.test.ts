// The session store that docs/redis.md recommends: connect-redis 8 on the ioredis client that redisState uses.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import type { Redis } from 'ioredis';
import { redisState } from '../../src/stores/redis/redis-state.js';
import type { SharedState } from '../../src/vocabulary/ports.js';
import { type RedisServer, startRedis } from '../support/redis.js';

declare module 'express-session' {
  interface SessionData {
    visits?: number;
  }
}

describe('connect-redis on the same client as redisState', () => {
  let server: RedisServer;
  let redis: Redis;
  let state: SharedState;
  let stop: () => Promise<void>;
  let url: string;

  before(async () => {
    server = await startRedis();
    redis = server.client();
    state = redisState(redis);
    const app = express();
    app.use(
      session({
        store: new RedisStore({ client: redis }),
        secret: 'for tests',
        resave: false,
        saveUninitialized: false,
      }),
    );
    app.get('/visit', (request, response) => {
      request.session.visits = (request.session.visits ?? 0) + 1;
      response.json({ visits: request.session.visits });
    });
    app.get('/leave', (request, response, next) => {
      request.session.destroy((error) => (error ? next(error) : response.json({})));
    });
    const listener = app.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
    stop = async () => {
      listener.close();
      listener.closeAllConnections();
      await once(listener, 'close');
    };
  });
  after(async () => {
    await stop();
    await state.close();
    await server.stop();
  });

  async function ask(path: string, cookie?: string): Promise<{ body: unknown; cookie: string | undefined }> {
    const response = await fetch(url + path, cookie === undefined ? {} : { headers: { cookie } });
    expect(response.status).to.equal(200);
    return { body: await response.json(), cookie: response.headers.get('set-cookie')?.split(';')[0] };
  }

  it('keeps sessions in Redis beside the shared state', async () => {
    const first = await ask('/visit');
    expect(first.body).to.deep.equal({ visits: 1 });
    expect((await ask('/visit', first.cookie)).body).to.deep.equal({ visits: 2 });
    expect((await ask('/visit')).body).to.deep.equal({ visits: 1 });

    await state.put('key', 'value', 60);
    const keys = await redis.keys('*');
    expect(keys.filter((key) => key.startsWith('sess:'))).to.have.length(2);
    expect(keys).to.include('latchkey:key');
  });

  it('gives each session a time to live', async () => {
    const { cookie } = await ask('/visit');
    const id = decodeURIComponent(cookie ?? '').match(/s:([^.]+)\./)?.[1];
    expect(await redis.ttl(`sess:${id}`)).to.be.within(1, 86_400);
  });

  it('deletes a session that is destroyed', async () => {
    const { cookie } = await ask('/visit');
    await ask('/leave', cookie);
    expect((await ask('/visit', cookie)).body).to.deep.equal({ visits: 1 });
  });
});
