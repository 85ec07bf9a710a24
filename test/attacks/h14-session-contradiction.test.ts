// H14: a session belongs to another user than the asserted one.
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import { type Host, stored } from '../http/harness.js';
import { inEveryMode } from '../http/modes.js';

inEveryMode('H14: sessions are compared with the proxy on every guarded request', (startHost) => {
  function start(session: 'every-request' | 'login-only', store: MemoryStore): Promise<Host> {
    return startHost({
      store,
      services: { session },
      routes(app, auth) {
        app.get('/note', (req, res) => void res.json({ ...req.session, cookie: undefined, latchkey: undefined }));
        app.post('/note', (req, res) => {
          Object.assign(req.session, { note: 'private' });
          res.json({});
        });
        app.post('/sign-in/:id', async (req, res) => {
          await auth.signIn(req, req.params.id);
          res.json({});
        });
      },
    });
  }

  let host: Host;
  let store: MemoryStore;
  beforeEach(() => {
    store = new MemoryStore();
  });
  afterEach(() => host.close());

  it('starts an empty session for the next user of the same browser', async () => {
    host = await start('every-request', store);
    const { cookie } = await host.ask('/note', { method: 'POST', user: 'alice' });
    const answer = await host.ask('/note', { user: 'bob', cookie });
    expect(answer.json).to.deep.equal({});
    expect(answer.cookie).to.be.a('string').and.not.equal(cookie);
    expect(await stored(store, cookie)).to.equal(undefined);
    expect((await stored(store, answer.cookie))?.['latchkey']).to.include({ subject: 'bob' });
    const userId = (await host.directory.findUser('alice'))?.id;
    expect(host.events).to.deep.include({ type: 'session.ended', userId, subject: 'alice', reason: 'switched' });
    expect((await host.ask('/note', { user: 'alice', cookie })).json).to.deep.equal({});
  });

  it('prefers the asserted user to a local sign-in', async () => {
    host = await start('every-request', store);
    const { id } = await host.administration.users.create({ subject: 'root', authMethod: 'local' });
    const { cookie } = await host.ask(`/sign-in/${id}`, { method: 'POST' });
    expect((await host.ask('/who', { cookie, user: 'alice' })).json).to.include({ subject: 'alice', method: 'header' });
    expect((await host.ask('/who', { cookie })).json).to.deep.equal({ roles: [] });
  });

  it('ends a local session if the proxy asserts another local account', async () => {
    host = await start('every-request', store);
    const { id } = await host.administration.users.create({ subject: 'root', authMethod: 'local' });
    await host.administration.users.create({ subject: 'toor', authMethod: 'local' });
    const { cookie } = await host.ask(`/sign-in/${id}`, { method: 'POST' });
    expect((await host.ask('/who', { cookie, user: 'toor' })).json).to.deep.equal({ roles: [] });
    expect((await host.ask('/who', { cookie })).json).to.deep.equal({ roles: [] });
  });

  it('ends a login if the proxy asserts another user', async () => {
    host = await start('login-only', store);
    const { cookie } = await host.ask('/auth/login', { user: 'alice' });
    expect((await host.ask('/who', { cookie, user: 'bob' })).json).to.deep.equal({ roles: [] });
    expect((await host.ask('/who', { cookie })).json).to.deep.equal({ roles: [] });
    expect(await stored(store, cookie)).to.equal(undefined);
  });

  it('gives a new user with the same subject nothing of the deleted user’s session', async () => {
    host = await start('every-request', store);
    const { cookie } = await host.ask('/note', { method: 'POST', user: 'alice' });
    await host.administration.users.delete('alice');
    const answer = await host.ask('/note', { user: 'alice', cookie });
    expect(answer.json).to.deep.equal({});
    expect(await stored(store, cookie)).to.equal(undefined);
  });

  it('ends sessions when the account is converted to the other type', async () => {
    host = await start('every-request', store);
    const { users } = host.administration;
    const { id } = await users.create({ subject: 'root', authMethod: 'local' });
    const signIn = async () => (await host.ask(`/sign-in/${id}`, { method: 'POST' })).cookie;
    const [alone, underHeader] = [await signIn(), await signIn()];
    for (const cookie of [alone, underHeader]) await host.ask('/note', { method: 'POST', cookie });
    await users.convert('root', 'proxy');
    expect((await host.ask('/who', { cookie: alone })).json).to.deep.equal({ roles: [] });
    expect((await host.ask('/note', { cookie: underHeader, user: 'root' })).json).to.deep.equal({});
    for (const cookie of [alone, underHeader]) expect(await stored(store, cookie)).to.equal(undefined);
  });

  it('starts a new session when another user logs in', async () => {
    host = await start('login-only', store);
    const { cookie } = await host.ask('/auth/login', { user: 'alice' });
    await host.ask('/note', { method: 'POST', cookie });
    const switched = await host.ask('/auth/login', { user: 'bob', cookie });
    expect(switched.cookie).to.not.equal(cookie);
    expect((await host.ask('/note', { cookie: switched.cookie })).json).to.deep.equal({});
    expect((await host.ask('/who', { cookie: switched.cookie })).json).to.include({ subject: 'bob' });
    expect((await host.ask('/who', { cookie })).json).to.deep.equal({ roles: [] });
  });
});
