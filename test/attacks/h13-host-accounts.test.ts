// H13, in the host's own table: a header took over an account there, by its name.
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import type { HostUsers } from '../../src/directory/resolution/host-users.js';
import type { Host, HostOptions } from '../http/harness.js';
import { inEveryMode } from '../http/modes.js';
import { type HostTable, hostTable } from '../support/host-table.js';

inEveryMode('H13: local accounts of the host are protected from headers', (startHost) => {
  let table: HostTable;
  let host: Host;
  beforeEach(() => {
    table = hostTable();
    table.local('root');
  });
  afterEach(() => host.close());

  const start = async (options: HostOptions = {}): Promise<void> => {
    host = await startHost({
      hostUsers: table,
      ...options,
      routes(app, auth) {
        app.get(['/row', '/api/row'], (req, res) => void res.json({ row: req.principal?.hostUserId ?? null }));
        options.routes?.(app, auth);
      },
    });
  };
  const asMallory = { user: 'root', groups: 'admins' };
  const rootRow = async () => (await host.directory.findUser('root'))?.hostUserId;

  it('is nobody with `ignore`, however often and however many at once', async () => {
    await start();
    const answers = await Promise.all(Array.from({ length: 200 }, () => host.ask('/row', asMallory)));
    for (const { status, json } of answers) expect([status, json]).to.deep.equal([200, { row: null }]);
    expect((await host.ask('/guarded', asMallory)).status).to.equal(401);
    expect((await host.ask('/admins', asMallory)).status).to.equal(401);
    expect((await host.ask('/auth/login', asMallory)).json).to.include({ code: 'ERR_ACCOUNT_LOCAL' });
    expect(await host.upgrade('/', asMallory)).to.not.have.property('subject');
    expect(await rootRow()).to.equal(undefined);
    expect(host.events).to.deep.include({
      type: 'login.refused',
      userId: (await host.directory.findUser('root'))?.id,
      subject: 'root',
      code: 'ERR_ACCOUNT_LOCAL',
    });
  });

  it('is refused with `refuse`, and by the login of `login-only`', async () => {
    await start({ services: { localAccounts: 'refuse' } });
    const answer = await host.ask('/row', asMallory);
    expect([answer.status, answer.json?.['code']]).to.deep.equal([403, 'ERR_ACCOUNT_LOCAL']);
    await host.close();
    await start({ store: new MemoryStore(), services: { session: 'login-only' } });
    expect((await host.ask('/auth/login', asMallory)).json).to.include({ code: 'ERR_ACCOUNT_LOCAL' });
    expect(host.events.filter(({ type }) => type === 'session.started')).to.deep.equal([]);
  });

  it('is refused by token, too, and the app keeps it', async () => {
    await start();
    await host.ask('/row', asMallory);
    const { token } = await host.pair('root');
    const answer = await host.ask('/api/row', { token });
    expect([answer.status, answer.json?.['code']]).to.deep.equal([403, 'ERR_ACCOUNT_LOCAL']);
    await host.administration.users.link('root', 1);
    expect((await host.ask('/api/row', { token })).json).to.deep.equal({ row: '1' });
  });

  it('has no account by another spelling that the host takes for the same name', async () => {
    const find: HostUsers['find'] = (subject) => table.rows.find(({ name }) => name === subject.toLowerCase());
    await start({ hostUsers: { ...table, find } });
    expect((await host.ask('/row', { user: 'Root' })).json).to.deep.equal({ row: null });
  });

  it('has nothing of a deleted user by taking the name', async () => {
    await start();
    expect((await host.ask('/row', { user: 'bob' })).json).to.deep.equal({ row: '2' });
    await host.administration.users.delete('bob');
    expect((await host.ask('/row', { user: 'bob' })).json).to.deep.equal({ row: null });
  });

  it('ends everything at once when the link is removed', async () => {
    const refused: string[] = [];
    await start({
      store: new MemoryStore(),
      services: { session: 'login-only' },
      routes(app, auth) {
        app.get('/watch', (req, res) => {
          if (req.principal !== undefined) auth.watchPrincipal(req.principal, { onRefused: (code) => res.end(code) });
          res.write('\n');
        });
      },
    });
    await host.directory.provision({ subject: 'root' }, 'active');
    await host.administration.users.link('root', 1);
    const { cookie } = await host.ask('/auth/login', { user: 'root' });
    const { token } = await host.pair('root');
    const watched = host.ask('/watch', { cookie });
    expect((await host.ask('/row', { cookie })).json).to.deep.equal({ row: '1' });
    await host.administration.users.unlink('root');
    refused.push((await watched).text.trim());
    expect(refused).to.deep.equal(['ERR_ACCOUNT_LOCAL']);
    expect((await host.ask('/row', { cookie })).json).to.deep.equal({ row: null });
    expect((await host.ask('/api/row', { token })).status).to.equal(403);
  });

  describe('linking by the person', () => {
    const current: HostUsers['current'] = (req) => req.headers['x-host-user'] as string | undefined;
    const link = (user: string, hostUser: string, headers = {}, method = 'POST') =>
      host.write(method, '/auth/host-user', { user, headers: { 'X-Host-User': hostUser, ...headers } });

    it('is refused to other sites, and by a request that only reads', async () => {
      await start({ hostUsers: { ...table, current }, services: { origins: ['https://friend.example'] } });
      const origins: Record<string, string>[] = [
        { 'Sec-Fetch-Site': 'cross-site' },
        { 'Sec-Fetch-Site': 'same-site' },
        { 'Sec-Fetch-Site': 'none', Origin: 'https://evil.example' },
        { 'Content-Type': 'application/x-www-form-urlencoded' },
      ];
      for (const headers of origins) {
        expect((await link('root', '1', headers)).status, JSON.stringify(headers)).to.be.oneOf([403, 415]);
      }
      expect((await link('root', '1', {}, 'GET')).status).to.equal(405);
      expect(await rootRow()).to.equal(undefined);
    });

    it("takes neither another user's row nor another user's local account", async () => {
      await start({ hostUsers: { ...table, current } });
      await host.ask('/row', { user: 'bob' });
      expect((await link('bob', '1')).json).to.include({ code: 'ERR_HOST_USER_LINKED' });
      expect((await link('root', '2')).json).to.include({ code: 'ERR_HOST_USER_TAKEN' });
      // Latchkey has a local account `admin`; Mallory is `admin` at the proxy, and `mallory` at the host.
      const mallory = table.local('mallory');
      await host.administration.users.create({ subject: 'admin', authMethod: 'local', grantedRoles: ['admin'] });
      expect((await link('admin', String(mallory.id))).json).to.include({ code: 'ERR_ACCOUNT_LOCAL' });
      expect(await host.administration.users.find('admin')).to.include({ authMethod: 'local' });
    });

    it('is refused to users who are not admitted', async () => {
      await start({ hostUsers: { ...table, current } });
      await host.ask('/row', { user: 'root' });
      await host.administration.users.disable('root');
      expect((await link('root', '1')).json).to.include({ code: 'ERR_ACCOUNT_DISABLED' });
      expect(await rootRow()).to.equal(undefined);
    });

    it('checks the origin in the function as well, and refuses a token', async () => {
      const outcomes: unknown[] = [];
      await start({
        hostUsers: { ...table, current },
        routes(app, auth) {
          app.all(['/own-link', '/api/own-link'], (req, res) => {
            const linking = auth.linkHostUser(req).catch(({ code }) => code);
            void linking.then((outcome) => {
              outcomes.push(outcome);
              res.end();
            });
          });
        },
      });
      const headers = { 'X-Host-User': '1' };
      await host.ask('/own-link', { ...asMallory, method: 'POST', headers });
      await host.ask('/own-link', { ...asMallory, headers });
      await host.directory.provision({ subject: 'carol' }, 'active');
      const { token } = await host.pair('carol');
      const sameOrigin = { ...headers, 'Sec-Fetch-Site': 'same-origin' };
      await host.ask('/api/own-link', { token, method: 'POST', headers: sameOrigin });
      expect(outcomes).to.deep.equal(['ERR_CROSS_ORIGIN', 'ERR_METHOD', 'ERR_TOKEN_FORBIDDEN']);
      expect(await rootRow()).to.equal(undefined);
    });
  });
});
