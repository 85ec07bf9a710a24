// H45: paths that browsers and apps share, where a client can send a token, a cookie and identity headers together.
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import jwt from 'jsonwebtoken';
import { forged, type Host, type HostOptions, startHost } from '../http/harness.js';

describe('H45: on shared paths exactly one credential counts', () => {
  let host: Host;
  let token: string;
  let device: string;
  let cookie: string | undefined;
  afterEach(() => host.close());

  /** Starts a host with the proxy users alice and bob, bob's token, and a session of the local account carol. */
  async function start(options: HostOptions = {}): Promise<void> {
    host = await startHost({
      shared: true,
      ...options,
      routes(app, auth) {
        app.get('/both/who', (req, res) => {
          res.json({ subject: req.principal?.subject, method: req.principal?.method });
        });
        app.get('/both/guarded', auth.requireLogin(), (_req, res) => void res.json({ ok: true }));
        app.post('/note/sign-in/:id', async (req, res) => {
          await auth.signIn(req, req.params.id);
          res.json({});
        });
        app.use('/both/auth', auth.router);
      },
    });
    for (const user of ['alice', 'bob']) await host.ask('/auth/login', { user });
    ({ id: device, token } = await host.pair('bob'));
    if (options.store === null) return;
    const { id } = await host.administration.users.create({ subject: 'carol', authMethod: 'local' });
    cookie = (await host.ask(`/note/sign-in/${id}`, { method: 'POST' })).cookie;
    expect((await host.ask('/both/who', { cookie })).json).to.deep.equal({ subject: 'carol', method: 'session' });
  }

  it('a token before a header and a session, and it leaves both alone', async () => {
    await start();
    const byToken = { subject: 'bob', method: 'token' };
    expect((await host.ask('/both/who', { token })).json).to.deep.equal(byToken);
    const all = await host.ask('/both/who', { token, user: 'alice', cookie });
    expect(all.json).to.deep.equal(byToken);
    expect(all.cookie, 'no session is replaced').to.equal(undefined);
    expect((await host.ask('/both/who', { token, cookie })).json).to.deep.equal(byToken);
    expect((await host.ask('/both/who', { cookie })).json).to.deep.equal({ subject: 'carol', method: 'session' });
    expect((await host.ask('/both/who', { user: 'alice' })).json).to.deep.equal({ subject: 'alice', method: 'header' });
    expect((await host.ask('/both/who')).json).to.deep.equal({});
  });

  it('a token that does not count is 401, and never the header or the session instead', async () => {
    await start();
    const ended = await host.pair('bob');
    await host.administration.devices.revoke('bob', ended.id, { by: { subject: 'bob' } });
    const [head, , signature] = token.split('.');
    const bent = `${head}.${Buffer.from('{"sub":"alice"}').toString('base64url')}.${signature}`;
    for (const wrong of [ended.token, bent, 'x', '', `${token}x`, jwt.sign({ sub: 'alice' }, 'k'.repeat(32))]) {
      for (const scheme of ['Bearer ', 'bearer ', 'BEARER  ', 'Bearer\t']) {
        const headers = { Authorization: `${scheme}${wrong}`.trim() };
        for (const more of [{}, { user: 'alice' }, { cookie }, { user: 'alice', cookie }]) {
          const answer = await host.ask('/both/guarded', { headers, ...more });
          expect(answer.status, `${headers.Authorization} ${Object.keys(more)}`).to.equal(401);
        }
      }
    }
    await host.administration.users.update('bob', { disabled: true });
    for (const more of [{ user: 'alice' }, { cookie }]) {
      expect((await host.ask('/both/who', { token, ...more })).json).to.include({ code: 'ERR_ACCOUNT_DISABLED' });
    }
  });

  it('a token of the host’s own is nobody’s, even beside a header or a session', async () => {
    const theirs = jwt.sign({ iss: 'https://login.example.com', sub: 'robot' }, 'a secret of the host itself');
    for (const options of [{ services: { foreignTokens: 'pass' } }, { withoutTokens: true }] as const) {
      await start(options);
      for (const more of [{}, { user: 'alice' }, { cookie }]) {
        expect((await host.ask('/both/who', { token: theirs, ...more })).json).to.deep.equal({});
      }
      await host.close();
    }
    await start();
  });

  it('a header without the secret is refused, with a token, a session or neither', async () => {
    await start();
    for (const more of [{}, { token }, { cookie }, { token, cookie }]) {
      for (const path of ['/both', '/both/who', '/BOTH/who', '/both//who', '/both/a%2fwho', '/both/auth/me']) {
        for (const headers of [
          { 'Remote-User': 'alice' },
          { 'Remote-Groups': 'admins' },
          { 'Remote-User': 'alice', 'X-Proxy-Secret': 'a guess of mine' },
        ]) {
          const answer = await host.ask(path, { ...more, headers: { ...headers, ...forged } });
          expect(answer.json, path).to.include({ code: 'ERR_PROXY_SECRET', status: 403 });
        }
        const alias = { Remote_User: 'alice', ...forged };
        expect((await host.ask(path, { ...more, headers: alias })).json).to.include({ code: 'ERR_HEADER_ALIAS' });
      }
    }
    expect((await host.ask('/who', { cookie })).json).to.include({ subject: 'carol' });
  });

  it('a header from another peer than the proxy is refused', async () => {
    host = await startHost({ shared: true, untrusted: true });
    expect((await host.ask('/both/who', { user: 'alice' })).json).to.include({ code: 'ERR_PEER_UNTRUSTED' });
  });

  it('a token opens nothing that only a browser may do', async () => {
    await start();
    for (const [method, path] of [
      ['POST', '/both/auth/pairings'],
      ['GET', '/both/auth/devices'],
      ['GET', '/both/auth/admin/users'],
    ] as const) {
      const answer = await host.write(method, path, { token, user: 'alice', groups: 'admins', cookie });
      expect(answer.json, path).to.include({ code: 'ERR_TOKEN_FORBIDDEN', status: 403 });
    }
  });

  it('a token does not begin a login of the header beside it', async () => {
    await start({ services: { session: 'login-only' } });
    const answer = await host.ask('/both/auth/login', { token, user: 'alice' });
    expect([answer.status, answer.cookie]).to.deep.equal([303, undefined]);
    expect((await host.ask('/both/auth/login', { token: 'x', user: 'alice' })).status).to.equal(401);
  });

  it('a write with a header or a session needs our own origin, and a handshake does, too', async () => {
    await start();
    const elsewhere = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };
    for (const more of [{ user: 'alice' }, { cookie }]) {
      const answer = await host.write('POST', '/both/auth/pairings', { ...more, headers: elsewhere });
      expect(answer.json).to.include({ code: 'ERR_CROSS_ORIGIN' });
      expect(await host.upgrade('/both/socket', { ...more, headers: elsewhere })).to.include({
        code: 'ERR_CROSS_ORIGIN',
      });
    }
    // A token is not ambient authority: only a client that has it can send it.
    const byToken = { token, cookie, headers: elsewhere };
    expect(await host.upgrade('/both/socket', byToken)).to.include({ subject: 'bob', method: 'token' });
  });

  it('a token needs no session store, and without a token a lost store is 503', async () => {
    const store = new MemoryStore();
    await start({ store });
    store.emit('disconnect');
    try {
      expect((await host.ask('/both/guarded', { token, cookie })).status).to.equal(200);
      for (const more of [{}, { cookie }, { user: 'alice' }]) {
        expect((await host.ask('/both/guarded', more)).json).to.include({ code: 'ERR_SESSION_UNAVAILABLE' });
      }
    } finally {
      store.emit('connect');
    }
  });

  it('a target that leaves a shared path is refused, whatever it carries', async () => {
    await start();
    for (const path of [
      ...['/both/../api/who', '/api/../both/who', '/both/%2e%2e/who', '/both%2fwho', '//both/who', '/%62oth/who'],
      ...['/both;v=1/who', '/x/..%2fboth/who', '/both%252fwho', '/api%2fwho', '//api/who', '/both\\..\\who'],
    ]) {
      for (const ask of [{}, { token }, { cookie }, { user: 'alice' }]) {
        expect((await host.ask(path, ask)).json, path).to.include({ code: 'ERR_TARGET_NOT_CANONICAL', status: 400 });
      }
    }
    expect(host.events.filter(({ type }) => type === 'error')).to.deep.equal([]);
  });

  it('200 requests at once, each with another mixture of credentials, get each what it carries', async () => {
    await start();
    const mixtures = [
      [{ token, user: 'alice', cookie }, 'bob'],
      [{ user: 'alice' }, 'alice'],
      [{ cookie }, 'carol'],
      [{ token: 'x', user: 'alice', cookie }, 401],
      [{}, undefined],
    ] as const;
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const [ask, expected] = mixtures[index % mixtures.length] ?? expect.fail();
        const { status, json } = await host.ask('/both/who', ask);
        return [status === 200 ? json?.['subject'] : status, expected];
      }),
    );
    for (const [got, expected] of answers) expect(got).to.equal(expected);
    expect((await host.directory.findDevice(device))?.device.revokedAt).to.equal(undefined);
  });
});
