// The same sessions in Redis with connect-redis, as hosts with several instances store them.
import { expect } from 'chai';
import { RedisStore } from 'connect-redis';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type Host, idOf, startHost } from './harness.js';

describe('sessions in Redis', () => {
  let redis: RedisServer;
  let host: Host;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.stop());
  afterEach(() => host.close());

  const start = async (session: 'every-request' | 'login-only') => {
    const client = redis.client();
    host = await startHost({
      store: new RedisStore({ client }),
      services: { session },
      routes(app) {
        app.get('/note', (req, res) => void res.json({ note: Reflect.get(req.session, 'note') }));
        app.post('/note', (req, res) => {
          Object.assign(req.session, { note: 'private' });
          res.json({});
        });
      },
    });
    return client;
  };

  it('are bound on their first use, left unchanged afterwards, and emptied for the next user', async () => {
    const client = await start('every-request');
    await host.ask('/who', { user: 'alice' });
    expect(await client.keys('*')).to.deep.equal([]);
    const { cookie } = await host.ask('/note', { method: 'POST', user: 'alice' });
    const key = `sess:${idOf(cookie)}`;
    const written = await client.get(key);
    expect(JSON.parse(written ?? '')).to.deep.include({ note: 'private' });
    expect(JSON.parse(written ?? '').latchkey).to.include({ subject: 'alice', by: 'header' });
    await client.config('RESETSTAT');
    expect((await host.ask('/note', { user: 'alice', cookie })).json).to.deep.equal({ note: 'private' });
    expect(await client.info('commandstats')).to.not.match(/cmdstat_set:/);
    expect((await host.ask('/note', { user: 'bob', cookie })).json).to.deep.equal({});
    expect(await client.exists(key)).to.equal(0);
  });

  it('log in and out', async () => {
    const client = await start('login-only');
    const { cookie } = await host.ask('/auth/login', { user: 'alice' });
    expect(await client.exists(`sess:${idOf(cookie)}`)).to.equal(1);
    expect((await host.ask('/who', { cookie })).json).to.include({ subject: 'alice', method: 'session' });
    await host.write('POST', '/auth/logout', { cookie });
    expect(await client.exists(`sess:${idOf(cookie)}`)).to.equal(0);
  });
});
