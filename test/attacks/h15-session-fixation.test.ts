// H15: an attacker plants a session id before the login (CVE-2022-25896).
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import { cookieFor, type Host, stored } from '../http/harness.js';
import { inEveryMode } from '../http/modes.js';

inEveryMode('H15: a planted session', (startHost) => {
  let host: Host;
  let store: MemoryStore;
  const planted = cookieFor('planted');
  const plant = (data: object) =>
    new Promise((resolve) => store.set('planted', { cookie: { originalMaxAge: null }, ...data } as never, resolve));
  const start = async (session: 'every-request' | 'login-only') => {
    host = await startHost({
      store,
      services: { session },
      routes(app, auth) {
        app.get('/data', (req, res) => void res.json({ ...req.session, cookie: undefined }));
        app.post('/sign-in/:id', async (req, res) => {
          await auth.signIn(req, req.params.id);
          res.json({});
        });
      },
    });
  };
  beforeEach(() => {
    store = new MemoryStore();
  });
  afterEach(() => host.close());

  for (const data of [{}, { note: 'planted' }]) {
    const kind = Object.keys(data).length === 0 ? 'empty' : 'filled';

    it(`is replaced at a header login (${kind})`, async () => {
      await start('every-request');
      await plant(data);
      const answer = await host.ask('/data', { user: 'alice', cookie: planted });
      expect(answer.json).to.not.have.property('note');
      expect(answer.cookie).to.be.a('string').and.not.equal(planted);
      expect(await stored(store, planted)).to.equal(undefined);
    });

    it(`is replaced at login (${kind})`, async () => {
      await start('login-only');
      await plant(data);
      const answer = await host.ask('/auth/login', { user: 'alice', cookie: planted });
      expect(answer.cookie).to.be.a('string').and.not.equal(planted);
      expect(await stored(store, planted)).to.equal(undefined);
      expect((await host.ask('/who', { cookie: planted })).json).to.deep.equal({ roles: [] });
      expect((await host.ask('/data', { cookie: answer.cookie })).json).to.have.keys('latchkey');
    });

    it(`is replaced at the host’s own sign-in (${kind})`, async () => {
      await start('every-request');
      const { id } = await host.administration.users.create({ subject: 'root', authMethod: 'local' });
      await plant(data);
      const answer = await host.ask(`/sign-in/${id}`, { method: 'POST', cookie: planted });
      expect(answer.cookie).to.be.a('string').and.not.equal(planted);
      expect(await stored(store, planted)).to.equal(undefined);
    });
  }

  it('is replaced, however its cookie is escaped', async () => {
    await start('every-request');
    await plant({});
    for (const cookie of [planted.replace('planted', '%70l%61nted'), planted.replace('=', '="').concat('"')]) {
      await plant({});
      const answer = await host.ask('/data', { user: 'alice', cookie });
      expect(answer.cookie, cookie).to.be.a('string');
      expect(await stored(store, planted)).to.equal(undefined);
    }
  });

  it('is replaced by one that is saved before the response', async () => {
    await start('login-only');
    const order: string[] = [];
    const set = store.set.bind(store);
    store.set = (id, data, done) =>
      setImmediate(() =>
        set(id, data, (error) => {
          order.push('saved');
          done?.(error);
        }),
      );
    host.server.on('request', (_req, res) => {
      const writeHead = res.writeHead.bind(res);
      res.writeHead = ((...parameters: Parameters<typeof writeHead>) => {
        order.push('answered');
        return writeHead(...parameters);
      }) as typeof res.writeHead;
    });
    await host.ask('/auth/login', { user: 'alice' });
    expect(order.slice(0, 2)).to.deep.equal(['saved', 'answered']);
  });

  it('makes the login fail if the store cannot end it', async () => {
    await start('login-only');
    await plant({});
    store.destroy = (_id, done) => void done?.(new Error('store is down'));
    const answer = await host.ask('/auth/login', { user: 'alice', cookie: planted });
    expect(answer.status).to.equal(503);
    expect(answer.json).to.include({ code: 'ERR_SESSION_UNAVAILABLE' });
  });
});
