// Concurrent requests with an old session cookie share one new session, and lose no data.

import { expect } from 'chai';
import { RedisStore } from 'connect-redis';
import { MemoryStore, type Store } from 'express-session';
import { type RedisServer, startRedis } from '../support/redis.js';
import { cookieFor, type Host, startHost, stored } from './harness.js';

describe('a session that is replaced under a header', () => {
  let redis: RedisServer;
  let host: Host;
  let store: Store;
  /** Releases handlers once as many have started as the test requires. */
  let gather: (() => Promise<void>) | undefined;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.stop());
  afterEach(() => host.close());

  function together(count: number): () => Promise<void> {
    let open: () => void;
    const all = new Promise<void>((resolve) => {
      open = resolve;
    });
    let waiting = 0;
    return () => {
      waiting += 1;
      if (waiting === count) open();
      return all;
    };
  }

  async function start(kept: Store): Promise<void> {
    store = kept;
    host = await startHost({
      store,
      routes(app) {
        app.post('/put/:name', async (req, res) => {
          await gather?.();
          Object.assign(req.session, { [req.params.name]: 'put' });
          res.json({});
        });
        app.post('/take/:name', async (req, res) => {
          await gather?.();
          Reflect.deleteProperty(req.session, req.params.name);
          res.json({});
        });
        app.get('/data', (req, res) => void res.json({ ...req.session, cookie: undefined, latchkey: undefined }));
      },
    });
  }

  const plant = (id: string, data: object = {}) =>
    new Promise((resolve) => store.set(id, { cookie: { originalMaxAge: null }, ...data } as never, resolve));
  const put = (name: string, cookie: string | undefined, user = 'alice') =>
    host.ask(`/put/${name}`, { method: 'POST', user, cookie });
  const names = ['one', 'two', 'three'];
  const all = { one: 'put', two: 'put', three: 'put' };

  const stores: Record<string, () => Store> = {
    MemoryStore: () => new MemoryStore(),
    'connect-redis': () => new RedisStore({ client: redis.client() }),
  };
  for (const [name, newStore] of Object.entries(stores)) {
    describe(`in ${name}`, () => {
      beforeEach(async () => {
        gather = undefined;
        await redis.client().flushall();
        await start(newStore());
      });

      it('has one successor for concurrent requests, with all that they wrote', async () => {
        await plant('anonymous');
        gather = together(3);
        const answers = await Promise.all(names.map((each) => put(each, cookieFor('anonymous'))));
        const cookies = new Set(answers.map(({ cookie }) => cookie));
        expect(cookies.size).to.equal(1);
        const [cookie] = cookies;
        expect((await host.ask('/data', { user: 'alice', cookie })).json).to.deep.equal(all);
        expect(await stored(store, cookieFor('anonymous'))).to.equal(undefined);
      });

      it('has the same successor for a request that comes after the others were answered', async () => {
        await plant('anonymous');
        const cookies = new Set<string | undefined>();
        for (const each of names) cookies.add((await put(each, cookieFor('anonymous'))).cookie);
        expect(cookies.size).to.equal(1);
        const [cookie] = cookies;
        expect((await host.ask('/data', { user: 'alice', cookie })).json).to.deep.equal(all);
      });

      it('does not restore what one of the requests deleted', async () => {
        await plant('anonymous');
        const { cookie } = await put('one', cookieFor('anonymous'));
        gather = together(2);
        await Promise.all([
          put('two', cookieFor('anonymous')),
          host.ask('/take/one', { method: 'POST', user: 'alice', cookie: cookieFor('anonymous') }),
        ]);
        expect((await host.ask('/data', { user: 'alice', cookie })).json).to.deep.equal({ two: 'put' });
      });
    });
  }

  describe('for other users', () => {
    beforeEach(async () => {
      gather = undefined;
      await start(new MemoryStore());
      await plant('anonymous', { note: 'planted' });
    });

    it('is never shared with another user, or without a login', async () => {
      const { cookie } = await put('one', cookieFor('anonymous'));
      const bob = await put('two', cookieFor('anonymous'), 'bob');
      expect(bob.cookie).to.not.equal(cookie);
      expect((await host.ask('/data', { user: 'bob', cookie: bob.cookie })).json).to.deep.equal({ two: 'put' });
      expect((await host.ask('/data', { cookie: cookieFor('anonymous') })).json).to.deep.equal({});
    });

    it('ends with the logout', async () => {
      const { cookie } = await put('one', cookieFor('anonymous'));
      await host.write('POST', '/auth/logout', { user: 'alice', cookie });
      const next = await put('two', cookieFor('anonymous'));
      expect(next.cookie).to.not.equal(cookie);
      expect((await host.ask('/data', { user: 'alice', cookie: next.cookie })).json).to.deep.equal({ two: 'put' });
    });
  });
});
