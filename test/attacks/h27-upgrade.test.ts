// H27: WebSocket handshakes bypass Express and its middleware.
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import { cookieFor, type Host, type HostOptions, stored } from '../http/harness.js';
import { inEveryMode } from '../http/modes.js';

inEveryMode('H27: a WebSocket handshake', (startHost) => {
  let host: Host;
  const start = async (options: HostOptions = {}) => {
    host = await startHost({
      ...options,
      routes(app) {
        app.post('/note', (req, res) => {
          Object.assign(req.session, { note: 'private' });
          res.json({});
        });
      },
    });
  };
  afterEach(() => host.close());

  it('is authenticated by the proxy’s header, from a trusted peer only', async () => {
    await start({ store: null });
    expect(await host.upgrade('/socket', { user: 'alice' })).to.deep.equal({ subject: 'alice', method: 'header' });
    expect(await host.upgrade('/socket')).to.deep.equal({});
    expect(await host.upgrade('/api/socket', { user: 'alice' })).to.deep.equal({ code: 'ERR_UNGUARDED_IDENTITY' });
    expect(await host.upgrade('//socket', { user: 'alice' })).to.deep.equal({ code: 'ERR_TARGET_NOT_CANONICAL' });
    await host.close();
    await start({ store: null, untrusted: true });
    expect(await host.upgrade('/socket', { user: 'alice' })).to.deep.equal({ code: 'ERR_PEER_UNTRUSTED' });
  });

  it('is authenticated by token, on unguarded paths only', async () => {
    await start({ store: null });
    await host.ask('/who', { user: 'alice' });
    const { id, token } = await host.pair('alice');
    expect(await host.upgrade('/api/socket', { token })).to.deep.equal({ subject: 'alice', method: 'token' });
    expect(await host.upgrade('/sockets', { token })).to.deep.equal({});
    const headers = { Origin: 'https://app.example' };
    expect(await host.upgrade('/api/socket', { token, headers }), 'no ambient authority').to.include({
      method: 'token',
    });
    await host.administration.devices.revoke('alice', id);
    expect(await host.upgrade('/api/socket', { token })).to.deep.equal({ code: 'ERR_TOKEN_REVOKED' });
  });

  it('is refused for pages of other sites', async () => {
    await start({ store: null, services: { origins: ['https://friend.example'] } });
    const from = async (headers: Record<string, string>) => host.upgrade('/socket', { user: 'alice', headers });
    expect(await from({ Origin: 'https://evil.example' })).to.deep.equal({ code: 'ERR_CROSS_ORIGIN' });
    expect(await from({ Origin: 'null' })).to.deep.equal({ code: 'ERR_CROSS_ORIGIN' });
    expect(await from({ 'Sec-Fetch-Site': 'cross-site' })).to.deep.equal({ code: 'ERR_CROSS_ORIGIN' });
    expect(await from({ Origin: `http://127.0.0.1:${host.port}` })).to.include({ subject: 'alice' });
    expect(await from({ Origin: 'https://friend.example' })).to.include({ subject: 'alice' });
  });

  it('is refused for a disabled account', async () => {
    await start({ store: null });
    await host.upgrade('/socket', { user: 'alice' });
    await host.administration.users.disable('alice');
    expect(await host.upgrade('/socket', { user: 'alice' })).to.deep.equal({ code: 'ERR_ACCOUNT_DISABLED' });
  });

  it('never gets another user’s session', async () => {
    const store = new MemoryStore();
    await start({ store });
    const { cookie } = await host.ask('/note', { method: 'POST', user: 'alice' });
    expect(await host.upgrade('/socket', { user: 'alice', cookie })).to.include({ subject: 'alice', note: 'private' });
    expect(await host.upgrade('/socket', { user: 'bob', cookie })).to.deep.equal({ subject: 'bob', method: 'header' });
    expect(await stored(store, cookie)).to.equal(undefined);
    await new Promise((done) => store.set('planted', { cookie: {}, note: 'planted' } as never, done));
    const planted = await host.upgrade('/socket', { user: 'bob', cookie: cookieFor('planted') });
    expect(planted).to.deep.equal({ subject: 'bob', method: 'header' });
  });

  it('is authenticated by the session of a login, which is compared with the header', async () => {
    await start({ services: { session: 'login-only' } });
    const { cookie } = await host.ask('/auth/login', { user: 'alice' });
    expect(await host.upgrade('/socket', { cookie })).to.include({ subject: 'alice', method: 'session' });
    expect(await host.upgrade('/socket', { user: 'alice' })).to.deep.equal({});
    expect(await host.upgrade('/socket', { cookie, user: 'bob' })).to.deep.equal({});
    expect(await host.upgrade('/socket', { cookie })).to.deep.equal({});
  });

  it('is refused without the session that a login-only host needs', async () => {
    await start({ services: { session: 'login-only' }, upgradeWithoutSession: true });
    const { cookie } = await host.ask('/auth/login', { user: 'alice' });
    expect(await host.upgrade('/socket', { cookie })).to.deep.equal({ code: 'ERR_SESSION_UNAVAILABLE' });
  });
});
