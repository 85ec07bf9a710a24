// H40: a request that is still running writes the session back after the logout.

import { expect } from 'chai';
import { RedisStore } from 'connect-redis';
import { json } from 'express';
import { MemoryStore, type Store } from 'express-session';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { redisState } from '../../src/stores/redis/redis-state.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import { cookieFor, type Host, type HostOptions, idOf, stored } from '../http/harness.js';
import { holdBody } from '../http/held-body.js';
import { inEveryMode } from '../http/modes.js';
import { type RedisServer, startRedis } from '../support/redis.js';

const unavailable = new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE');

inEveryMode('H40: the end of a login during running requests', (startHost) => {
  let redis: RedisServer;
  let hosts: Host[] = [];
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.stop());
  afterEach(async () => {
    await Promise.all(hosts.map((host) => host.close()));
    hosts = [];
  });

  async function start(options: HostOptions): Promise<Host> {
    const host = await startHost({
      ...options,
      routes(app, auth) {
        let writes = 0;
        app.post('/profile', json(), (req, res) => {
          writes += 1;
          Object.assign(req.session, { color: 'green', writes });
          res.json({ color: 'green' });
        });
        app.post('/sign-in/:id', async (req, res) => {
          await auth.signIn(req, req.params.id);
          res.json({});
        });
        app.get('/color', (req, res) => void res.json({ color: Reflect.get(req.session, 'color') }));
      },
    });
    hosts.push(host);
    return host;
  }

  async function logIn(host: Host, how: 'login' | 'signIn'): Promise<string> {
    let answer = await host.ask('/auth/login', { user: 'alice' });
    if (how === 'signIn') {
      const known = await host.directory.findUser('root');
      const { id } = known ?? (await host.administration.users.create({ subject: 'root', authMethod: 'local' }));
      answer = await host.ask(`/sign-in/${id}`, { method: 'POST' });
    }
    expect((await host.ask('/who', { cookie: answer.cookie })).json).to.include({ method: 'session' });
    return answer.cookie ?? '';
  }

  const nobody = { roles: [] };
  const stores: Record<string, () => Store> = {
    MemoryStore: () => new MemoryStore(),
    'connect-redis': () => new RedisStore({ client: redis.client() }),
  };

  for (const [name, newStore] of Object.entries(stores)) {
    for (const how of ['login', 'signIn'] as const) {
      for (const resave of [false, true]) {
        it(`ends the session with ${name}, ${how}, resave ${resave}`, async () => {
          const session = how === 'login' ? 'login-only' : 'every-request';
          const host = await start({ store: newStore(), resave, services: { session } });
          const cookie = await logIn(host, how);
          const release = await holdBody(host, 'POST', '/profile', { Cookie: cookie });
          expect((await host.write('POST', '/auth/logout', { cookie })).status).to.equal(200);
          expect((await release()).json).to.deep.equal({ color: 'green' });
          expect(await stored(host.sessions, cookie)).to.equal(undefined);
          expect((await host.ask('/who', { cookie })).json).to.deep.equal(nobody);
        });
      }
    }

    it(`deletes the data of a session that was used with a header, with ${name}`, async () => {
      const host = await start({ store: newStore() });
      const { cookie } = await host.ask('/profile', { method: 'POST', user: 'alice', json: {} });
      const release = await holdBody(host, 'POST', '/profile', { Cookie: cookie, 'Remote-User': 'alice' });
      await host.write('POST', '/auth/logout', { cookie, user: 'alice' });
      await release();
      expect(await stored(host.sessions, cookie)).to.equal(undefined);
    });
  }

  it('ends the session if the request runs on another instance', async () => {
    const directory = memoryDirectory();
    const instance = () =>
      start({
        directory,
        state: redisState(redis.client()),
        store: new RedisStore({ client: redis.client() }),
        services: { session: 'login-only' },
      });
    const [one, two] = [await instance(), await instance()];
    const cookie = await logIn(one, 'login');
    expect((await two.ask('/who', { cookie })).json).to.include({ subject: 'alice' });
    const release = await holdBody(two, 'POST', '/profile', { Cookie: cookie });
    await one.write('POST', '/auth/logout', { cookie });
    await release();
    for (const host of [one, two]) expect((await host.ask('/who', { cookie })).json).to.deep.equal(nobody);
  });

  for (const lost of ['as it is', 'after the shared state was flushed'] as const) {
    it(`ends a login even if the store has it again (${lost})`, async () => {
      const store = new MemoryStore();
      const client = redis.client();
      const host = await start({ store, state: redisState(client), services: { session: 'login-only' } });
      const cookie = await logIn(host, 'login');
      const before = await stored(store, cookie);
      await host.write('POST', '/auth/logout', { cookie });
      await new Promise((resolve) => store.set(idOf(cookie), before as never, resolve));
      if (lost !== 'as it is') await client.flushall();
      expect((await host.ask('/who', { cookie })).json).to.deep.equal(nobody);
      expect(await stored(store, cookie)).to.equal(undefined);
    });
  }

  it('ends a login even under another session id', async () => {
    const store = new MemoryStore();
    const host = await start({ store, services: { session: 'login-only' } });
    const cookie = await logIn(host, 'login');
    const before = await stored(store, cookie);
    await host.write('POST', '/auth/logout', { cookie });
    await new Promise((resolve) => store.set('elsewhere', before as never, resolve));
    expect((await host.ask('/who', { cookie: cookieFor('elsewhere') })).json).to.deep.equal(nobody);
  });

  it('has the same effect for every way to end a login', async () => {
    const store = new MemoryStore();
    const host = await start({ store, services: { session: 'login-only' } });
    const { users } = host.administration;
    const ends: (() => Promise<unknown>)[] = [
      async () => {
        await users.disable('alice');
        return async () => users.enable('alice');
      },
      async () => {
        await users.convert('alice', 'local');
        return async () => users.convert('alice', 'proxy');
      },
    ];
    for (const end of ends) {
      const cookie = await logIn(host, 'login');
      const release = await holdBody(host, 'POST', '/profile', { Cookie: cookie });
      const undo = (await end()) as () => Promise<unknown>;
      expect((await host.ask('/who', { cookie })).json).to.deep.equal(nobody);
      await release();
      await undo();
      expect((await host.ask('/who', { cookie })).json).to.deep.equal(nobody);
    }
    const first = await logIn(host, 'login');
    const release = await holdBody(host, 'POST', '/profile', { Cookie: first });
    await host.ask('/auth/login', { user: 'alice', cookie: first });
    await release();
    expect((await host.ask('/who', { cookie: first })).json).to.deep.equal(nobody);
  });

  it('does not end other logins of the same user', async () => {
    const host = await start({ services: { session: 'login-only' } });
    const [here, there] = [await logIn(host, 'login'), await logIn(host, 'login')];
    await host.write('POST', '/auth/logout', { cookie: here });
    expect((await host.ask('/who', { cookie: here })).json).to.deep.equal(nobody);
    expect((await host.ask('/who', { cookie: there })).json).to.include({ subject: 'alice' });
  });

  it('keeps the session, and fails, if the end of the login cannot be written', async () => {
    const directory = memoryDirectory();
    const store = new MemoryStore();
    const host = await start({ directory, store, services: { session: 'login-only' } });
    const cookie = await logIn(host, 'login');
    const { endLogin } = directory;
    directory.endLogin = () => Promise.reject(unavailable);
    expect((await host.write('POST', '/auth/logout', { cookie })).json).to.include({ code: unavailable.code });
    expect(await stored(store, cookie)).to.not.equal(undefined);
    directory.endLogin = endLogin;
    expect((await host.write('POST', '/auth/logout', { cookie })).status).to.equal(200);
    expect(await stored(store, cookie)).to.equal(undefined);
  });
});
