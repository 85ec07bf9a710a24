// How logins relate to the host's session.
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import { cookieFor, type Host, idOf, stored } from './harness.js';
import { noting } from './noting.js';

describe("session: 'every-request'", () => {
  let host: Host;
  let store: MemoryStore;
  beforeEach(async () => {
    store = new MemoryStore();
    host = await noting({ store });
  });
  afterEach(() => host.close());

  it('starts no session of its own', async () => {
    for (const path of ['/who', '/auth/me', '/auth/login']) {
      const answer = await host.ask(path, { user: 'alice' });
      expect(answer.headers['set-cookie'], path).to.equal(undefined);
    }
    expect((await host.write('POST', '/auth/logout', { user: 'alice' })).headers['set-cookie']).to.equal(undefined);
    expect(await new Promise((resolve) => store.length((_error, length) => resolve(length)))).to.equal(0);
  });

  it('binds a session to the asserted subject when the host first uses it', async () => {
    const { cookie } = await host.ask('/note/one', { method: 'POST', user: 'alice' });
    expect(await stored(store, cookie)).to.deep.include({ note: 'one' });
    expect((await stored(store, cookie))?.['latchkey']).to.include({ subject: 'alice', by: 'header' });
    const next = await host.ask('/note', { user: 'alice', cookie });
    expect(next.json).to.deep.equal({ note: 'one', subject: 'alice' });
    expect(next.cookie).to.equal(undefined);
  });

  it('does not write a bound session while the host does not change it', async () => {
    const { cookie } = await host.ask('/note/one', { method: 'POST', user: 'alice' });
    let writes = 0;
    const set = store.set.bind(store);
    store.set = (...parameters) => {
      writes += 1;
      set(...parameters);
    };
    await host.ask('/note', { user: 'alice', cookie });
    expect(writes).to.equal(0);
  });

  it('keeps the binding of a session that the host regenerates', async () => {
    for (const cookie of [undefined, (await host.ask('/note/one', { method: 'POST', user: 'alice' })).cookie]) {
      const renewed = await host.ask('/renew', { method: 'POST', user: 'alice', cookie });
      expect(renewed.cookie).to.not.equal(cookie);
      const next = await host.ask('/note', { user: 'alice', cookie: renewed.cookie });
      expect(next.json).to.include({ note: 'after' });
    }
  });

  it('binds empty sessions of hosts that save them all', async () => {
    const other = await noting({ store, saveUninitialized: true });
    try {
      const first = await other.ask('/who', { user: 'alice' });
      const second = await other.ask('/who', { user: 'alice', cookie: first.cookie });
      const third = await other.ask('/note/three', { method: 'POST', user: 'alice', cookie: second.cookie });
      expect(third.cookie).to.equal(undefined);
      expect((await other.ask('/note', { user: 'alice', cookie: second.cookie })).json).to.include({ note: 'three' });
    } finally {
      await other.close();
    }
  });

  it('sets no principal without an assertion, whatever the session', async () => {
    const { cookie } = await host.ask('/note/one', { method: 'POST', user: 'alice' });
    expect((await host.ask('/who', { cookie })).json).to.deep.equal({ roles: [] });
    expect((await host.ask('/guarded', { cookie })).status).to.equal(401);
  });

  it('ends the session of a subject that was deleted and re-created', async () => {
    const { cookie } = await host.ask('/note/one', { method: 'POST', user: 'alice' });
    await host.administration.users.delete('alice');
    expect((await host.ask('/note', { user: 'alice', cookie })).json).to.deep.equal({ subject: 'alice' });
  });

  it('ends the session of an account that is refused', async () => {
    const { cookie } = await host.ask('/note/one', { method: 'POST', user: 'alice' });
    await host.administration.users.disable('alice');
    const refused = await host.ask('/note', { user: 'alice', cookie });
    expect(refused.json).to.include({ code: 'ERR_ACCOUNT_DISABLED', status: 403 });
    expect(await stored(store, cookie)).to.equal(undefined);
    expect((await host.ask('/note', { user: 'alice' })).status).to.equal(403);
  });

  it('does not accept the session of a login-only host as a login', async () => {
    const other = await noting({ store, services: { session: 'login-only' }, directory: host.directory });
    const { cookie } = await other.ask('/auth/login', { user: 'alice' });
    await other.close();
    expect((await host.ask('/who', { cookie })).json).to.deep.equal({ roles: [] });
    expect((await host.ask('/who', { user: 'alice', cookie })).json).to.include({ method: 'header' });
  });
});

describe("session: 'login-only'", () => {
  let host: Host;
  let store: MemoryStore;
  beforeEach(async () => {
    store = new MemoryStore();
    host = await noting({ store, services: { session: 'login-only' } });
  });
  afterEach(() => host.close());

  const login = async (user: string, cookie?: string) => host.ask('/auth/login?return_to=/home', { user, cookie });

  it('logs in at login, and then by the cookie', async () => {
    const answer = await login('alice');
    expect(answer.status).to.equal(303);
    expect(answer.headers.location).to.equal('/home');
    const { cookie } = answer;
    expect((await host.ask('/who', { cookie })).json).to.deep.equal({ subject: 'alice', method: 'session', roles: [] });
  });

  it('does not log in by a header elsewhere', async () => {
    expect((await host.ask('/who', { user: 'alice' })).json).to.deep.equal({ roles: [] });
    expect(await host.directory.findUser('alice')).to.equal(undefined);
  });

  it('saves the session before it answers', async () => {
    const { cookie } = await login('alice');
    expect((await stored(store, cookie))?.['latchkey']).to.include({ subject: 'alice', by: 'login' });
  });

  it('refuses a login without an assertion', async () => {
    const answer = await host.ask('/auth/login');
    expect(answer.status).to.equal(401);
    expect(answer.json).to.include({ code: 'ERR_LOGIN_REQUIRED' });
  });

  it('refuses the login of a local account', async () => {
    await host.administration.users.create({ subject: 'root', authMethod: 'local' });
    const answer = await login('root');
    expect(answer.status).to.equal(403);
    expect(answer.json).to.include({ code: 'ERR_ACCOUNT_LOCAL' });
  });

  it('keeps the session while the header names the same subject', async () => {
    const { cookie } = await login('alice');
    expect((await host.ask('/who', { cookie, user: 'alice' })).json).to.include({
      subject: 'alice',
      method: 'session',
    });
  });

  it('does not accept a session as a login that was only used under a header', async () => {
    const before = await noting({ store, directory: host.directory });
    const { cookie } = await before.ask('/note/one', { method: 'POST', user: 'alice' });
    await before.close();
    expect((await host.ask('/who', { cookie })).json).to.deep.equal({ roles: [] });
  });

  it('ignores cookies on unguarded paths', async () => {
    const { cookie } = await login('alice');
    expect((await host.ask('/api/who', { cookie })).json).to.deep.equal({ roles: [] });
  });

  it('ends sessions of accounts that were disabled, converted or deleted', async () => {
    const { users } = host.administration;
    for (const change of [() => users.disable('al'), () => users.convert('al', 'local'), () => users.delete('al')]) {
      if ((await host.directory.findUser('al')) !== undefined) {
        await users.enable('al');
        await users.convert('al', 'proxy');
      }
      const { cookie } = await login('al');
      expect((await host.ask('/who', { cookie })).json).to.include({ subject: 'al' });
      await change();
      expect((await host.ask('/who', { cookie })).json).to.deep.equal({ roles: [] });
      expect(await stored(store, cookie)).to.equal(undefined);
    }
  });

  it('applies the groups that the proxy asserts on the request', async () => {
    const { cookie } = await host.ask('/auth/login', { user: 'alice', groups: 'admins' });
    expect((await host.ask('/admins', { cookie })).status).to.equal(200);
    expect((await host.ask('/admins', { cookie, user: 'alice', groups: 'admins' })).status).to.equal(200);
    expect((await host.ask('/admins', { cookie, user: 'alice', groups: 'staff' })).status).to.equal(403);
    // The row has them now, so they also apply to a request without an assertion.
    expect((await host.ask('/admins', { cookie })).status).to.equal(403);
    expect((await host.ask('/who', { cookie })).json).to.include({ subject: 'alice', method: 'session' });
  });

  it('ends the session of a user whose groups no longer admit them', async () => {
    const other = await noting({ store, services: { session: 'login-only', provisioning: 'mapped-groups-only' } });
    try {
      const { cookie } = await other.ask('/auth/login', { user: 'alice', groups: 'admins' });
      expect((await other.ask('/who', { cookie, user: 'alice', groups: 'staff' })).json).to.deep.equal({ roles: [] });
      expect((await other.ask('/who', { cookie })).json).to.deep.equal({ roles: [] });
    } finally {
      await other.close();
    }
  });

  it('returns the current roles, not those of the login', async () => {
    const { cookie } = await login('alice');
    await host.administration.users.addRoles('alice', ['editor']);
    expect((await host.ask('/who', { cookie })).json).to.deep.include({ roles: ['editor'] });
  });

  it('logs out, and returns the proxy’s logout URL', async () => {
    const other = await noting({
      store,
      services: { session: 'login-only', logoutUrl: 'https://sso.example.com/out' },
    });
    try {
      const { cookie } = await other.ask('/auth/login', { user: 'alice' });
      const answer = await other.write('POST', '/auth/logout', { cookie });
      expect(answer.status).to.equal(200);
      expect(answer.json).to.deep.equal({ logout_url: 'https://sso.example.com/out' });
      expect((await other.ask('/who', { cookie })).json).to.deep.equal({ roles: [] });
      expect(await stored(store, cookie)).to.equal(undefined);
    } finally {
      await other.close();
    }
  });

  it('ignores bindings in an unknown form', async () => {
    const values = [null, 1, 'alice', [], {}, { subject: 'alice' }, { subject: 1, userId: 2, by: 'login' }];
    for (const [index, latchkey] of [...values, { subject: 'alice', userId: 'x', by: 'magic' }].entries()) {
      const id = `planted-${index}`;
      const cookie = { originalMaxAge: null, expires: null };
      await new Promise((resolve) => store.set(id, { cookie, latchkey } as never, resolve));
      expect((await host.ask('/who', { cookie: cookieFor(id) })).json, id).to.deep.equal({ roles: [] });
    }
    expect(idOf(cookieFor('planted-1'))).to.equal('planted-1');
  });
});

describe("session: 'none'", () => {
  let host: Host;
  beforeEach(async () => {
    host = await noting({ services: { session: 'none' } });
  });
  afterEach(() => host.close());

  it('does not touch the host’s session', async () => {
    const { cookie } = await host.ask('/note/one', { method: 'POST', user: 'alice' });
    expect((await host.ask('/note', { cookie, user: 'bob' })).json).to.deep.equal({ note: 'one', subject: 'bob' });
    expect((await host.write('POST', '/auth/logout', { cookie, user: 'bob' })).status).to.equal(200);
    expect((await host.ask('/note', { cookie, user: 'bob' })).json).to.include({ note: 'one' });
  });

  it('has no sign-in', async () => {
    const answer = await host.ask('/sign-in/x', { method: 'POST' });
    expect(answer.status).to.equal(500);
    expect(answer.json).to.include({ code: 'ERR_CONFIG' });
  });
});
