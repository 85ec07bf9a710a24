// P28: a person gets another name, and another person the former one: each must keep to what is theirs.
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { type Host, startHost } from '../http/harness.js';
import { type HostTable, hostTable } from '../support/host-table.js';
import { instance } from '../support/instances.js';
import { pair } from '../support/people.js';

describe('P28: renamed users', () => {
  let host: Host;
  let table: HostTable;
  beforeEach(async () => {
    table = hostTable();
    host = await startHost({
      store: new MemoryStore(),
      services: { session: 'login-only' },
      hostUsers: table,
      routes(app, auth) {
        app.get('/watch', (req, res) => {
          if (req.principal !== undefined) auth.watchPrincipal(req.principal, { onRefused: (code) => res.end(code) });
          res.write('\n');
        });
        app.get('/api/me', (req, res) => {
          const { subject, userId, hostUserId, roles } = req.principal ?? {};
          res.json({ subject, userId, row: hostUserId, roles: [...(roles ?? [])] });
        });
      },
    });
  });
  afterEach(() => host.close());

  const me = async (token: string) => (await host.ask('/api/me', { token })).json;

  it('keep their tokens, and a later user of the former name does not get them', async () => {
    await host.ask('/auth/login', { user: 'bob' });
    const { userId } = (await me((await host.pair('bob')).token)) ?? {};
    const { token } = await host.pair('bob');
    expect(await me(token)).to.deep.equal({ subject: 'bob', userId, row: '1', roles: [] });
    await host.administration.users.rename('bob', 'robert');
    expect(await me(token)).to.deep.equal({ subject: 'robert', userId, row: '1', roles: [] });
    // The row still has the name that the next Bob has, too, and is not his.
    expect((await host.ask('/auth/login', { user: 'bob' })).json).to.include({ code: 'ERR_ACCOUNT_LOCAL' });
    Object.assign(table.rows[0] ?? {}, { name: 'robert' });
    await host.administration.users.delete('bob');
    await host.ask('/auth/login', { user: 'root', groups: 'admins' });
    // The next employee whose name is Bob, and an administrator.
    await host.ask('/auth/login', { user: 'bob', groups: 'admins' });
    const later = await host.directory.findUser('bob');
    expect(later?.id).to.not.equal(userId);
    expect(await me(token)).to.deep.equal({ subject: 'robert', userId, row: '1', roles: [] });
    const own = await host.pair('bob');
    expect(await me(own.token)).to.include({ subject: 'bob', userId: later?.id });
    // And again when the caches hold both.
    expect(await me(token)).to.include({ subject: 'robert', userId });
    await host.administration.users.disable('bob');
    expect(await me(token)).to.include({ subject: 'robert' });
    await host.administration.users.enable('bob');
    await host.administration.users.disable('robert');
    expect((await host.ask('/api/me', { token })).status).to.equal(403);
    expect(await me(own.token)).to.include({ subject: 'bob' });
  });

  it('lose their sessions and watched connections, which no later user of the name gets', async () => {
    const { cookie } = await host.ask('/auth/login', { user: 'bob' });
    const watched = host.ask('/watch', { cookie });
    expect((await host.ask('/who', { cookie })).json).to.include({ subject: 'bob' });
    await host.administration.users.rename('bob', 'robert');
    expect((await watched).text.trim()).to.equal('ERR_ACCOUNT_UNKNOWN');
    await host.directory.provision({ subject: 'bob' }, 'active');
    expect((await host.ask('/who', { cookie })).json).to.deep.equal({ roles: [] });
  });

  it('cannot use a token that names a subject the owner never had', async () => {
    await host.ask('/auth/login', { user: 'bob' });
    await host.ask('/auth/login', { user: 'eve' });
    const { id } = await host.pair('bob');
    const about = { clientId: 'app', issuedAt: new Date(), expiresAt: new Date(Date.now() + 1e6) };
    const forged = host.tokens.mint({ deviceId: id, subject: 'eve', ...about });
    expect((await host.ask('/api/me', { token: forged })).status).to.equal(401);
    await host.administration.users.rename('bob', 'robert');
    expect((await host.ask('/api/me', { token: forged })).status).to.equal(401);
  });

  it('of two users who became one, all tokens work, and a disabled user is not brought back', async () => {
    await host.ask('/auth/login', { user: 'bob' });
    await host.ask('/auth/login', { user: 'robert' });
    const tokens = [(await host.pair('bob')).token, (await host.pair('robert')).token];
    await host.administration.users.unlink('bob');
    await host.administration.users.merge('bob', 'robert');
    for (const token of tokens) expect(await me(token)).to.include({ subject: 'robert', row: '2' });
    await host.ask('/auth/login', { user: 'mallory' });
    const { token } = await host.pair('mallory');
    await host.administration.users.disable('mallory');
    await host.administration.users.unlink('mallory');
    await host.administration.users.merge('mallory', 'robert');
    for (const each of [token, ...tokens]) expect((await host.ask('/api/me', { token: each })).status).to.equal(403);
  });

  it('are known by the new name on every instance when the call returns', async () => {
    const [directory, state] = [memoryDirectory(), memoryState()];
    const instances = [instance({ directory, state }), instance({ directory, state })];
    const [first, second] = instances;
    if (first === undefined || second === undefined) throw new Error('two were started');
    const { id } = (await first.resolver.resolve({ subject: 'bob' }))
      ? await first.administration.users.find('bob')
      : expect.fail();
    const device = await pair(directory, id);
    for (const { resolver } of instances) {
      expect((await resolver.find('bob'))?.userId).to.equal(id);
      expect((await resolver.findDevice(device.id, 'bob'))?.account.userId).to.equal(id);
    }
    await first.administration.users.rename('bob', 'robert');
    for (const { resolver } of instances) {
      expect(await resolver.find('bob')).to.equal(undefined);
      expect((await resolver.find('robert'))?.userId).to.equal(id);
      for (const name of ['bob', 'robert', 'bob']) {
        expect((await resolver.findDevice(device.id, name))?.account).to.include({ userId: id, subject: 'robert' });
      }
      expect(await resolver.findDevice(device.id, 'eve')).to.equal(undefined);
    }
    // From memory, without a promise.
    expect(first.resolver.findDevice(device.id, 'bob')).to.not.be.instanceOf(Promise);
    await Promise.all(instances.map(({ resolver }) => resolver.close()));
  });
});
