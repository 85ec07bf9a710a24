// Without header login, everything else works: local accounts, sessions, quick connect, tokens, administration, pages.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import session, { MemoryStore } from 'express-session';
import { type Latchkey, type LatchkeyEvent, latchkey, memoryDirectory, memoryState } from '../../src/index.js';
import { type Ask, send, sessionSecret } from './client.js';

const grant = 'urn:latchkey:params:oauth:grant-type:quick-connect';

describe('without header login', () => {
  let auth: Latchkey;
  let port: number;
  let cookie: string | undefined;
  let stop: () => Promise<void>;
  const events: LatchkeyEvent[] = [];
  const directory = memoryDirectory();

  before(async () => {
    auth = latchkey({
      headerLogin: false,
      directory,
      state: memoryState(),
      groupRoles: { admins: ['admin'] },
      sharedPaths: ['/api'],
      tokens: {
        keys: [{ kid: '1', secret: 's'.repeat(32) }],
        issuer: 'https://music.example.com/api/auth',
        introspection: [{ clientId: 'reports', secret: 'r'.repeat(32) }],
      },
      quickConnect: {
        appLink: 'https://music.example.com/link',
        verificationUri: 'https://music.example.com/auth/activate',
      },
      onEvent: (event) => void events.push(event),
    });
    const app = express();
    app.use(session({ store: new MemoryStore(), secret: sessionSecret, resave: false, saveUninitialized: false }));
    app.use(auth.authenticate);
    app.post('/sign-in/:id', async (req, res) => {
      const { subject } = await auth.signIn(req, req.params.id);
      res.json({ subject });
    });
    app.use('/auth', auth.router);
    app.use('/api/auth', auth.tokenRouter);
    app.use('/elsewhere', auth.tokenRouter);
    app.get('/api/library', auth.requireLogin(), (req, res) => {
      res.json({ subject: req.principal?.subject, method: req.principal?.method });
    });
    app.use(auth.problems);
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
    stop = async () => {
      server.closeAllConnections();
      server.close();
      await auth.close();
    };
    const { id } = await auth.users.create({ subject: 'ada', authMethod: 'local', grantedRoles: ['admin'] });
    ({ cookie } = await ask(`/sign-in/${id}`, { method: 'POST' }));
  });
  after(() => stop());

  const ask = (path: string, what: Ask = {}) => send(port, path, what);
  const write = (path: string, json: unknown, what: Ask = {}) =>
    ask(path, {
      method: 'POST',
      json,
      ...what,
      headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin', ...what.headers },
    });

  it('a local account has a session, and the login route leads it on', async () => {
    expect((await ask('/auth/me', { cookie })).json).to.include({ subject: 'ada', method: 'session' });
    const login = await ask('/auth/login?return_to=./quick-connect', { cookie });
    expect([login.status, login.headers.location]).to.deep.equal([303, './quick-connect']);
    expect((await ask('/auth/me')).json).to.include({ code: 'ERR_LOGIN_REQUIRED' });
  });

  it('a phone is paired, uses and renews its token, and another server introspects it', async () => {
    const opened = await write('/auth/pairings', {}, { cookie });
    expect(opened.status).to.equal(201);
    const app = { client_id: 'app', device_name: 'Phone' };
    const redeemed = await write('/api/auth/token', { grant_type: grant, code: opened.json?.['code'], ...app });
    const token = String(redeemed.json?.['access_token']);
    expect((await ask('/api/library', { token })).json).to.deep.equal({ subject: 'ada', method: 'token' });
    expect((await ask('/api/library', { cookie })).json).to.deep.equal({ subject: 'ada', method: 'session' });
    expect((await ask('/api/library')).status).to.equal(401);
    const renewal = { grant_type: 'refresh_token', refresh_token: token, client_id: 'app' };
    expect((await write('/api/auth/token', renewal)).status).to.equal(200);
    const reports = { client_id: 'reports', client_secret: 'r'.repeat(32) };
    expect((await write('/api/auth/introspect', { token, ...reports })).json).to.include({ active: true, sub: 'ada' });
    expect((await ask('/auth/devices', { cookie })).json?.['devices']).to.have.length(1);
  });

  it('an administrator manages users, and pages are shown', async () => {
    const created = await write('/auth/admin/users', { subject: 'bob', auth_method: 'local' }, { cookie });
    expect(created.status).to.equal(201);
    for (const page of ['quick-connect', 'activate', 'admin']) {
      expect((await ask(`/auth/${page}`, { cookie })).status, page).to.equal(200);
      expect((await ask(`/auth/${page}`)).status, page).to.equal(401);
    }
  });

  it('there is no proxy that could guard a path, so tokenRouter may be anywhere', async () => {
    events.length = 0;
    await write('/elsewhere/revoke', { token: 'x' });
    expect(events).to.deep.equal([]);
  });

  it('stripIdentityHeaders returns a copy, because no header is an identity header', () => {
    const headers = { 'remote-user': 'ada', accept: '*/*' };
    const copy = auth.stripIdentityHeaders(headers);
    expect(copy).to.deep.equal(headers);
    expect(copy === headers).to.equal(false);
  });

  it('explain says so, for a request and for a user', async () => {
    const off = { step: 'header-login', enabled: false };
    const asked = await auth.explain({ headers: [['Remote-User', 'ada']], peer: '10.0.0.7', target: '/api/x' });
    expect(asked).to.deep.equal({
      outcome: 'nobody',
      steps: [off, { step: 'target', target: '/api/x', canonical: true, unguarded: false, shared: true }],
    });
    const odd = await auth.explain({ headers: [], peer: 'unix', target: '/x/../api' });
    expect([odd.outcome, odd.code]).to.deep.equal(['refused', 'ERR_TARGET_NOT_CANONICAL']);

    const local = await auth.explain({ subject: 'ada' });
    expect([local.outcome, local.steps[0]]).to.deep.equal(['admitted', off]);
    expect(local.steps.at(-1)).to.have.deep.property('admission').that.includes({ header: 'ERR_ACCOUNT_LOCAL' });
    await directory.provision({ subject: 'zoe' }, 'active');
    const proxied = await auth.explain({ subject: 'zoe' });
    expect([proxied.outcome, proxied.code]).to.deep.equal(['refused', 'ERR_LOGIN_REQUIRED']);
    expect(proxied.steps.at(-1)).to.deep.equal({
      step: 'admission',
      admission: { header: 'ERR_LOGIN_REQUIRED', session: 'ERR_LOGIN_REQUIRED' },
    });

    const wire = await write('/auth/admin/explain', { headers: [['Remote-User', 'ada']] }, { cookie });
    expect(wire.json?.['steps']).to.deep.include({ step: 'header_login', enabled: false });
  });
});
