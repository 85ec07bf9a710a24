// The host's own login for local accounts, and sign-out.
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import { type Host, stored } from './harness.js';
import { noting } from './noting.js';

describe('sign-in', () => {
  let host: Host;
  let store: MemoryStore;
  beforeEach(async () => {
    store = new MemoryStore();
    host = await noting({ store });
  });
  afterEach(() => host.close());

  it('logs a local account in, until it signs out', async () => {
    const { id } = await host.administration.users.create({ subject: 'root', authMethod: 'local' });
    const signedIn = await host.ask(`/sign-in/${id}`, { method: 'POST' });
    expect(signedIn.json).to.deep.equal({ method: 'session', seen: 'root' });
    const { cookie } = signedIn;
    expect((await host.ask('/who', { cookie })).json).to.deep.equal({ subject: 'root', method: 'session', roles: [] });
    expect((await host.ask('/sign-out', { method: 'POST', cookie })).json).to.deep.equal({});
    expect((await host.ask('/who', { cookie })).json).to.deep.equal({ roles: [] });
    expect(await stored(store, cookie)).to.equal(undefined);
  });

  it('accepts a local session when the proxy asserts that same local account', async () => {
    const { id } = await host.administration.users.create({ subject: 'root', authMethod: 'local' });
    const { cookie } = await host.ask(`/sign-in/${id}`, { method: 'POST', user: 'root' });
    expect((await host.ask('/who', { cookie, user: 'root' })).json).to.include({ subject: 'root', method: 'session' });
    expect((await host.ask('/who', { user: 'root' })).json).to.deep.equal({ roles: [] });
    expect(host.events).to.deep.include({
      type: 'login.refused',
      userId: id,
      subject: 'root',
      code: 'ERR_ACCOUNT_LOCAL',
    });
  });

  it('signs in local accounts only, and only those that are not refused', async () => {
    await host.ask('/who', { user: 'alice' });
    const alice = await host.directory.findUser('alice');
    const root = await host.administration.users.create({ subject: 'root', authMethod: 'local' });
    await host.administration.users.disable('root');
    const code = async (id: string, user?: string) =>
      (await host.ask(`/sign-in/${id}`, { method: 'POST', ...(user === undefined ? {} : { user }) })).json?.['code'];
    expect(await code(alice?.id ?? '')).to.equal('ERR_ACCOUNT_PROXY');
    expect(await code(root.id)).to.equal('ERR_ACCOUNT_DISABLED');
    expect(await code('nobody')).to.equal('ERR_USER_UNKNOWN');
    expect(await code(crypto.randomUUID())).to.equal('ERR_USER_UNKNOWN');
    await host.administration.users.enable('root');
    expect(await code(root.id, 'alice')).to.equal('ERR_SIGN_IN_CONFLICT');
  });

  it('ends a local session whose account was disabled, deleted or converted to proxy', async () => {
    const { users } = host.administration;
    const changes = [() => users.disable('root'), () => users.convert('root', 'proxy'), () => users.delete('root')];
    for (const change of changes) {
      const found = await host.directory.findUser('root');
      const { id } = found ?? (await users.create({ subject: 'root', authMethod: 'local' }));
      if (found !== undefined) {
        await users.enable('root');
        await users.convert('root', 'local');
      }
      const { cookie } = await host.ask(`/sign-in/${id}`, { method: 'POST' });
      expect((await host.ask('/who', { cookie })).json).to.include({ subject: 'root' });
      await change();
      expect((await host.ask('/who', { cookie })).json).to.deep.equal({ roles: [] });
      expect(await stored(store, cookie)).to.equal(undefined);
    }
    const reasons = host.events.flatMap((event) => (event.type === 'session.ended' ? [event.reason] : []));
    expect(reasons).to.deep.equal(['ERR_ACCOUNT_DISABLED', 'converted', 'deleted']);
  });

  it('does not bind a session after a sign-out to the former user', async () => {
    const { cookie } = await host.ask('/note/one', { method: 'POST', user: 'alice' });
    const answer = await host.ask('/sign-out?note', { method: 'POST', user: 'alice', cookie });
    expect(await stored(store, cookie)).to.equal(undefined);
    expect(await stored(store, answer.cookie)).to.have.keys('cookie', 'note');
  });

  it('empties the session of a sign-in whose account was converted to proxy', async () => {
    const { id } = await host.administration.users.create({ subject: 'root', authMethod: 'local' });
    const { cookie } = await host.ask(`/sign-in/${id}`, { method: 'POST' });
    await host.ask('/note/one', { method: 'POST', cookie });
    await host.administration.users.convert('root', 'proxy');
    expect((await host.ask('/note', { user: 'root', cookie })).json).to.deep.equal({ subject: 'root' });
    await host.administration.users.convert('root', 'local');
    expect((await host.ask('/who', { cookie })).json).to.deep.equal({ roles: [] });
  });
});
