// Counts requests, refusals and token requests of a whole Latchkey.
import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import express, { type ErrorRequestHandler } from 'express';
import session from 'express-session';
import type { Latchkey } from '../../src/index.js';
import { listening, plainLatchkey, quickConnectGrant } from '../frameworks/rig.js';
import { type Ask, send, upgrade } from '../http/client.js';
import { authenticated, valuesOf } from './values.js';

const ownSite = { 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' };

describe('metrics of requests', () => {
  let auth: Latchkey;
  let server: Server;
  let port: number;

  async function start(problems?: ErrorRequestHandler, sessions = true): Promise<void> {
    ({ auth } = plainLatchkey({ session: sessions ? 'every-request' : 'none' }));
    const app = express();
    app.use(session({ secret: 'a session secret', resave: false, saveUninitialized: false }));
    app.use(auth.authenticate);
    app.use('/auth', auth.router);
    app.use('/api/auth', auth.tokenRouter);
    app.post('/sign-in', express.json(), async (req, res) => {
      await auth.signIn(req, req.body.id);
      res.end();
    });
    app.get('/open', (_req, res) => void res.end());
    app.get(['/library', '/api/library'], auth.requireLogin(), (_req, res) => void res.end());
    app.get('/admins', auth.requireRole('admin'), (_req, res) => void res.end());
    app.post('/library', auth.sameOrigin, (_req, res) => void res.end());
    app.get('/stream', async (req, res) => {
      await auth.tokens.authenticate(String(req.query['token']));
      res.end();
    });
    app.use(problems ?? auth.problems);
    server = createServer(app);
    server.on('upgrade', async (req, socket) => {
      const refusal = await auth.authenticateUpgrade(req).catch((error: unknown) => error);
      const code = refusal instanceof Error && 'code' in refusal ? refusal.code : undefined;
      socket.end(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: test\r\nConnection: Upgrade\r\n\r\n${JSON.stringify({ code })}`,
      );
    });
    port = await listening(server);
  }

  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await auth.close();
  });

  const ask = (path: string, what: Ask = {}) => send(port, path, what);
  const grant = (body: object) =>
    ask('/api/auth/token', { method: 'POST', headers: { 'Content-Type': 'application/json' }, json: body });

  /** Pairs a device of this user. */
  async function paired(user: string): Promise<string> {
    const { json } = await ask('/auth/pairings', { user, method: 'POST', headers: ownSite, json: {} });
    const body = { grant_type: quickConnectGrant, client_id: 'app', device_name: 'Phone', code: json?.['code'] };
    const redeemed = await grant(body);
    expect(redeemed.status, redeemed.text).to.equal(200);
    return String(redeemed.json?.['access_token']);
  }

  it('count each method of authentication, requests without a login, and refusals', async () => {
    await start();
    await auth.users.create({ subject: 'carol', authMethod: 'local' });
    const carol = await auth.users.find('carol');
    const token = await paired('alice');
    const before = await valuesOf(auth, 'latchkey_requests_total');
    const { cookie } = await ask('/sign-in', { method: 'POST', headers: ownSite, json: { id: carol?.id } });
    await ask('/library', { user: 'alice' });
    await ask('/library', { user: 'alice' });
    await ask('/library', { cookie });
    await ask('/api/library', { token });
    await ask('/api/library', { token: 'wrong' });
    await ask('/open');
    await ask('/open', { headers: { 'Remote-User': ['alice', 'bob'] } });
    const after = await valuesOf(auth, 'latchkey_requests_total');
    const counted = Object.entries(after).map(([outcome, count]) => [outcome, count - (before[outcome] ?? 0)]);
    expect(Object.fromEntries(counted)).to.deep.equal({ header: 2, session: 1, token: 1, anonymous: 2, refused: 2 });
    expect(await valuesOf(auth, 'latchkey_refusals_total')).to.deep.equal({
      ERR_TOKEN_INVALID: 1,
      ERR_HEADER_DUPLICATE: 1,
    });
  });

  const refusals = async () => {
    await ask('/library');
    await ask('/admins', { user: 'bob' });
    await ask('/admins', { user: 'bob' });
    await ask('/library', { user: 'bob', method: 'POST', headers: { 'Sec-Fetch-Site': 'cross-site' } });
    await ask('/stream?token=wrong', { user: 'bob' });
    await upgrade(port, '/socket', { user: 'bob', headers: { 'Sec-Fetch-Site': 'cross-site' } });
    return valuesOf(auth, 'latchkey_refusals_total');
  };
  const expected = { ERR_LOGIN_REQUIRED: 1, ERR_ROLE_REQUIRED: 2, ERR_CROSS_ORIGIN: 2, ERR_TOKEN_INVALID: 1 };

  it('count the refusals of the guards once', async () => {
    await start();
    expect(await refusals()).to.deep.equal(expected);
  });

  it('count the same refusals if the host answers errors itself', async () => {
    await start((error: { status?: number }, _req, res, _next) => void res.status(error.status ?? 500).end());
    expect(await refusals()).to.deep.equal(expected);
  });

  it('count refusals in the routers of Latchkey', async () => {
    await start();
    await ask('/auth/nowhere', { user: 'bob', method: 'POST' });
    await ask('/auth/devices/missing', { user: 'bob', method: 'DELETE', headers: ownSite });
    await ask('/auth/admin/users', { user: 'bob' });
    await grant({ grant_type: 'password' });
    expect(await valuesOf(auth, 'latchkey_refusals_total')).to.deep.equal({
      ERR_DEVICE_UNKNOWN: 1,
      ERR_ROLE_REQUIRED: 1,
      ERR_GRANT_TYPE: 1,
    });
  });

  it('count token requests by grant and outcome', async () => {
    await start();
    const token = await paired('alice');
    await grant({ grant_type: quickConnectGrant, client_id: 'app', device_name: 'Phone', code: 'BCDF-GHJK-MNPQ' });
    await grant({ grant_type: quickConnectGrant, client_id: 'app' });
    await grant({ grant_type: 'refresh_token', client_id: 'app', refresh_token: token });
    await grant({ grant_type: 'refresh_token', client_id: 'another', refresh_token: token });
    await grant({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: 'app', device_code: 'none' });
    await auth.users.disable('alice');
    await grant({ grant_type: 'refresh_token', client_id: 'app', refresh_token: token });
    expect(await valuesOf(auth, 'latchkey_token_requests_total')).to.deep.equal({
      'quick-connect issued': 1,
      'quick-connect ERR_GRANT_INVALID': 1,
      'quick-connect ERR_BODY_INVALID': 1,
      'refresh-token issued': 1,
      'refresh-token ERR_GRANT_INVALID': 1,
      'refresh-token ERR_ACCOUNT_DISABLED': 1,
      'device-code ERR_GRANT_INVALID': 1,
    });
    expect(await valuesOf(auth, 'latchkey_events_total')).to.include({ 'pairing.opened': 1, 'device.paired': 1 });
  });

  it('count each event, and each error before the limit of one a minute', async () => {
    await start();
    for (let request = 0; request < 3; request += 1)
      await ask('/open', { headers: { 'Remote-User': ['alice', 'bob'] } });
    await ask('/library', { user: 'alice' });
    expect(await valuesOf(auth, 'latchkey_events_total')).to.deep.equal({ 'assertion.refused': 3, 'user.created': 1 });
    const early = express().use(auth.requireLogin(), auth.problems);
    const other = createServer(early);
    const otherPort = await listening(other);
    for (let request = 0; request < 3; request += 1) await send(otherPort, '/', {});
    other.close();
    expect(await valuesOf(auth, 'latchkey_errors_total')).to.deep.equal({ ERR_CONFIG: 3 });
    expect(await valuesOf(auth, 'latchkey_events_total')).to.include({ error: 3 });
  });

  for (const concurrent of [20, 200]) {
    it(`count ${concurrent} concurrent requests of a new user, admitted or refused, exactly`, async () => {
      await start(undefined, false);
      const fields = [['Remote-User', 'dora']] as const;
      const requests = Array.from({ length: concurrent }, () => authenticated(auth, fields));
      expect(new Set(await Promise.all(requests))).to.deep.equal(new Set([undefined]));
      await auth.users.disable('dora');
      const refused = await Promise.all(Array.from({ length: concurrent }, () => authenticated(auth, fields)));
      expect(refused.map((error) => (error as { code: string }).code)).to.include('ERR_ACCOUNT_DISABLED');
      expect(await valuesOf(auth, 'latchkey_requests_total')).to.deep.equal({
        header: concurrent,
        refused: concurrent,
      });
      expect(await valuesOf(auth, 'latchkey_refusals_total')).to.deep.equal({ ERR_ACCOUNT_DISABLED: concurrent });
    });
  }
});
