// Users who are linked to rows of the host's own table, over HTTP.
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import { type HostTable, hostTable } from '../support/host-table.js';
import { type Administered, startAdministered } from './administrator.js';
import type { HostOptions } from './harness.js';

describe('hostUsers', () => {
  let table: HostTable;
  let host: Administered;
  beforeEach(() => {
    table = hostTable();
  });
  afterEach(() => host.close());

  const start = async (options: HostOptions = {}): Promise<void> => {
    host = await startAdministered({
      hostUsers: table,
      ...options,
      routes(app, auth) {
        app.get(['/row', '/api/row'], (req, res) => void res.json({ row: req.principal?.hostUserId ?? null }));
        app.post('/sign-in/:id', (req, res, next) => {
          auth
            .signIn(req, req.params.id)
            .then(({ hostUserId }) => res.json({ row: hostUserId }))
            .catch(next);
        });
        options.routes?.(app, auth);
      },
    });
  };
  const row = async (...ask: Parameters<typeof host.ask>) => (await host.ask(...ask)).json?.['row'];

  it('has a row before the first request goes on', async () => {
    await start();
    expect(await row('/row', { user: 'alice' })).to.equal('1');
    expect(await row('/row', { user: 'bob' })).to.equal('2');
    expect(await row('/row', { user: 'alice' })).to.equal('1');
    expect(await row('/row')).to.equal(null);
    expect(table.calls).to.deep.equal(['find alice', 'create alice', 'find bob', 'create bob']);
  });

  for (const count of [20, 200]) {
    it(`has one row, and one link, for ${count} first requests at once`, async () => {
      await start();
      const asked = await Promise.all(Array.from({ length: count }, () => row('/row', { user: 'alice' })));
      expect(new Set(asked)).to.deep.equal(new Set(['1']));
      expect(table.calls).to.deep.equal(['find alice', 'create alice']);
      expect(host.events.filter(({ type }) => type === 'user.linked')).to.have.length(1);
    });
  }

  it('gives sessions, tokens and handshakes the same row', async () => {
    await start({ store: new MemoryStore(), services: { session: 'login-only' } });
    const { cookie } = await host.ask('/auth/login', { user: 'alice' });
    expect(await row('/row', { cookie })).to.equal('1');
    const { token } = await host.pair('alice');
    expect(await row('/api/row', { token })).to.equal('1');
    expect(await host.upgrade('/', { cookie })).to.include({ subject: 'alice' });
    // A user from before the option was set, who comes by token.
    await host.directory.provision({ subject: 'old' }, 'active');
    expect(await row('/api/row', { token: (await host.pair('old')).token })).to.equal('2');
  });

  it('signs in a local account with the row of its name', async () => {
    await start({ store: new MemoryStore() });
    table.local('root');
    const root = await host.administration.users.create({ subject: 'root', authMethod: 'local' });
    const other = await host.administration.users.create({ subject: 'other', authMethod: 'local' });
    expect(await row(`/sign-in/${root.id}`, { method: 'POST' })).to.equal('1');
    const answer = await host.ask(`/sign-in/${other.id}`, { method: 'POST' });
    expect(answer).to.include({ status: 403 });
    expect(answer.json).to.include({ code: 'ERR_HOST_USER_UNKNOWN' });
  });

  it('answers 503 while the host does not, and logs nobody in', async () => {
    let down = true;
    const { find } = table;
    const failing = { ...table, find: (subject: string) => (down ? Promise.reject(new Error('down')) : find(subject)) };
    await start({ hostUsers: failing });
    const answer = await host.ask('/row', { user: 'alice' });
    expect(answer).to.include({ status: 503 });
    expect(answer.headers).to.include({ 'retry-after': '2' });
    expect(answer.json).to.include({ code: 'ERR_HOST_USERS_UNAVAILABLE' });
    expect(answer.text).to.not.contain('down');
    const { token } = await host.pair('alice');
    const byToken = await host.ask('/api/row', { token });
    expect(byToken).to.include({ status: 503 });
    expect(byToken.headers).to.not.have.property('www-authenticate');
    down = false;
    expect(await row('/row', { user: 'alice' })).to.equal('1');
    expect(await row('/api/row', { token })).to.equal('1');
  });

  it('asks the host only about users who are admitted', async () => {
    await start({ services: { provisioning: 'pending' } });
    expect((await host.ask('/row', { user: 'alice' })).json).to.include({ code: 'ERR_ACCOUNT_PENDING' });
    expect(table.calls).to.deep.equal([]);
  });

  describe('administration', () => {
    beforeEach(() => start());

    it('links and unlinks, with versions and entries', async () => {
      table.local('alice');
      await host.ask('/row', { user: 'alice' });
      const { id, version } = await host.administration.users.find('alice');
      const path = `users/${id}/host-user`;
      expect((await host.change('PUT', path, { host_user_id: '1' })).status).to.equal(428);
      expect((await host.change('PUT', path, { host_user_id: '1' }, version + 1)).status).to.equal(412);
      expect((await host.change('PUT', path, { host_user_id: 1 }, version)).json).to.include({
        code: 'ERR_BODY_INVALID',
      });
      const linked = await host.change('PUT', path, { host_user_id: '1' }, version);
      expect(linked.json).to.include({ host_user_id: '1', version: version + 1 });
      expect(await row('/row', { user: 'alice' })).to.equal('1');
      const other = await host.change('PUT', path, { host_user_id: '9' }, version + 1);
      expect(other.json).to.include({ status: 409, code: 'ERR_HOST_USER_LINKED' });
      const bob = await host.person('bob');
      const taken = await host.change('PUT', `users/${bob.id}/host-user`, { host_user_id: '1' }, bob.version);
      expect(taken.json).to.include({ status: 409, code: 'ERR_HOST_USER_LINKED' });
      const removed = await host.change('DELETE', path, undefined, version + 1);
      expect(removed.json).to.include({ host_user_id: null });
      expect(await row('/row', { user: 'alice' })).to.equal(null);
      const told = (await host.trail()).map(({ action, subject, actor, changes }) => [
        action,
        subject,
        actor.subject,
        changes,
      ]);
      expect(told).to.deep.equal([
        ['user.linked', 'alice', 'root', { hostUserId: { from: undefined, to: '1' } }],
        ['user.unlinked', 'alice', 'root', { hostUserId: { from: '1', to: undefined } }],
      ]);
      const events = host.events.filter((event) => 'by' in event && event.by === 'root').map(({ type }) => type);
      expect(events).to.deep.equal(['user.linked', 'user.unlinked']);
    });

    it('refuses ids that are none, and users that are none', async () => {
      const { users } = host.administration;
      await host.person('alice');
      const codeOf = (call: Promise<unknown>) => call.then(String, ({ code }) => code);
      for (const id of ['', ' 1', 'a\n', 'x'.repeat(256), 1.5, Number.NaN, null as never, {} as never]) {
        expect(await codeOf(users.link('alice', id))).to.equal('ERR_HOST_USER_ID');
      }
      expect(await codeOf(users.link('nobody', 1))).to.equal('ERR_USER_UNKNOWN');
      expect(await codeOf(users.unlink('nobody'))).to.equal('ERR_USER_UNKNOWN');
      expect(await codeOf(users.link('alice', 1, { userId: crypto.randomUUID() }))).to.equal('ERR_VERSION');
      await users.unlink('alice');
      expect((await users.link('alice', 42n)).hostUserId).to.equal('42');
      const bob = await host.person('bob');
      await users.unlink('bob');
      expect(await codeOf(users.link('bob', '42', { userId: bob.id }))).to.equal('ERR_HOST_USER_TAKEN');
    });

    it('explains what a request would meet, and links nothing by it', async () => {
      table.local('alice');
      const explained = async (subject: string, headers = true) => {
        const json = headers ? { headers: [['Remote-User', subject]], peer: '127.0.0.1' } : { subject };
        const { outcome, code } = (await host.change('POST', 'explain', json)).json ?? {};
        return [outcome, code];
      };
      await host.ask('/row', { user: 'root', groups: 'admins' });
      table.calls.splice(0);
      expect(await explained('alice')).to.deep.equal(['nobody', 'ERR_ACCOUNT_LOCAL']);
      expect(await explained('bob')).to.deep.equal(['admitted', null]);
      expect(table.calls).to.deep.equal(['find alice', 'find bob']);
      expect(table.rows.map(({ name }) => name)).to.deep.equal(['alice', 'root']);
      await host.ask('/row', { user: 'alice' });
      expect(await explained('alice', false)).to.deep.equal(['refused', 'ERR_ACCOUNT_LOCAL']);
      await host.administration.users.link('alice', 1);
      expect(await explained('alice', false)).to.deep.equal(['admitted', null]);
    });
  });

  describe('a person with both accounts', () => {
    it('links them while the host says who is logged in', async () => {
      table.local('alice');
      const current = (req: { readonly headers: Readonly<Record<string, unknown>> }) =>
        req.headers['x-host-user'] as string | undefined;
      await start({ hostUsers: { ...table, current } });
      const link = (user: string | undefined, hostUser: string | undefined) =>
        host.write('POST', '/auth/host-user', {
          ...(user === undefined ? {} : { user }),
          headers: hostUser === undefined ? {} : { 'X-Host-User': hostUser },
        });
      expect((await link('alice', undefined)).json).to.include({ code: 'ERR_LOGIN_REQUIRED' });
      expect((await link(undefined, '1')).json).to.include({ code: 'ERR_LOGIN_REQUIRED' });
      expect(await row('/row', { user: 'alice' })).to.equal(null);
      expect((await link('alice', '1')).json).to.deep.equal({ host_user_id: '1' });
      expect((await link('alice', '1')).json).to.deep.equal({ host_user_id: '1' });
      expect(await row('/row', { user: 'alice' })).to.equal('1');
      expect((await link('alice', '2')).json).to.include({ code: 'ERR_HOST_USER_LINKED' });
      const [entry] = await host.trail();
      expect(entry).to.deep.include({ action: 'user.linked', subject: 'alice' });
      expect(entry?.actor).to.include({ subject: 'alice', address: '127.0.0.1' });
    });

    it("links them with localAccounts: 'refuse' and login-only, where only the login refuses the proxy's user", async () => {
      table.local('alice');
      const current = (): string => '1';
      const store = new MemoryStore();
      const services = { session: 'login-only', localAccounts: 'refuse' } as const;
      await start({ hostUsers: { ...table, current }, store, services });
      expect((await host.ask('/auth/login', { user: 'alice' })).json).to.include({ code: 'ERR_ACCOUNT_LOCAL' });
      expect(await row('/row', { user: 'alice' })).to.equal(null);
      const linked = await host.write('POST', '/auth/host-user', { user: 'alice' });
      expect(linked.json).to.deep.equal({ host_user_id: '1' });
      const { cookie } = await host.ask('/auth/login', { user: 'alice' });
      expect(await row('/row', { user: 'alice', cookie })).to.equal('1');
    });

    it('does not link them while the host cannot say who is logged in', async () => {
      table.local('alice');
      const current = (): never => {
        throw new Error('the login server is down');
      };
      await start({ hostUsers: { ...table, current } });
      const { status, json } = await host.write('POST', '/auth/host-user', { user: 'alice' });
      expect([status, json?.['code']]).to.deep.equal([503, 'ERR_HOST_USERS_UNAVAILABLE']);
      expect(await row('/row', { user: 'alice' })).to.equal(null);
    });

    it('turns the local account that signIn logged in into one of the proxy', async () => {
      table.local('alice');
      await start({ store: new MemoryStore() });
      const { id } = await host.administration.users.create({ subject: 'alice', authMethod: 'local' });
      const { cookie } = await host.ask(`/sign-in/${id}`, { method: 'POST', user: 'alice' });
      const answer = await host.write('POST', '/auth/host-user', { user: 'alice', cookie });
      expect(answer.json).to.deep.equal({ host_user_id: '1' });
      expect(await row('/row', { user: 'alice' })).to.equal('1');
      expect(await host.administration.users.find('alice')).to.include({ id, authMethod: 'proxy', hostUserId: '1' });
    });
  });
});
