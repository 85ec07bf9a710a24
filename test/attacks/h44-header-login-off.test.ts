// H44: header login is switched off, and headers, or what they once began, still log users in or change something.
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import session, { MemoryStore } from 'express-session';
import {
  type Directory,
  type HeaderLogin,
  type Latchkey,
  type LatchkeyEvent,
  latchkey,
  memoryDirectory,
  memoryState,
  type SessionMode,
} from '../../src/index.js';
import { type Ask, send, sessionSecret } from '../http/client.js';

const on: HeaderLogin = {
  trustedProxies: ['loopback'],
  headers: 'authelia',
  proxySecret: { header: 'X-Proxy-Secret', values: ['the-secret-of-this-host'] },
};
const proven = { 'X-Proxy-Secret': 'the-secret-of-this-host' };

interface Running {
  readonly auth: Latchkey;
  readonly port: number;
  readonly events: LatchkeyEvent[];
  ask(path: string, what?: Ask): ReturnType<typeof send>;
}

describe('H44: without header login, identity headers mean nothing', () => {
  let directory: Directory;
  let store: MemoryStore;
  let stops: (() => Promise<void>)[];
  beforeEach(() => {
    directory = memoryDirectory();
    store = new MemoryStore();
    stops = [];
  });
  afterEach(async () => {
    for (const stop of stops) await stop();
  });

  async function start(login: HeaderLogin, mode: SessionMode = 'every-request'): Promise<Running> {
    const events: LatchkeyEvent[] = [];
    const auth = latchkey({
      ...login,
      directory,
      state: memoryState(),
      session: mode,
      groupRoles: { admins: ['admin'] },
      unguardedPaths: ['/api'],
      sharedPaths: ['/both'],
      tokens: { keys: [{ kid: '1', secret: 's'.repeat(32) }], issuer: 'https://music.example.com/api/auth' },
      quickConnect: { appLink: 'https://music.example.com/link' },
      onEvent: (event) => void events.push(event),
    });
    const app = express();
    app.use(session({ store, secret: sessionSecret, resave: false, saveUninitialized: false }));
    app.use(auth.authenticate);
    app.use('/auth', auth.router);
    app.use('/api/auth', auth.tokenRouter);
    app.get(['/who', '/both/who', '/api/who'], (req, res) => {
      const { principal } = req;
      res.json({ subject: principal?.subject, method: principal?.method, roles: [...(principal?.roles ?? [])] });
    });
    app.post('/sign-in/:id', async (req, res) => {
      const { subject } = await auth.signIn(req, req.params.id);
      res.json({ subject });
    });
    app.use(auth.problems);
    const server: Server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stops.push(async () => {
      server.closeAllConnections();
      server.close();
      await auth.close();
    });
    const { port } = server.address() as AddressInfo;
    return { auth, port, events, ask: (path, what = {}) => send(port, path, what) };
  }

  const forged: readonly (readonly (readonly [string, string])[])[] = [
    [['Remote-User', 'root']],
    [
      ['Remote-User', 'root'],
      ['X-Proxy-Secret', proven['X-Proxy-Secret']],
      ['Remote-Groups', 'admins'],
    ],
    [['Remote-Groups', 'admins']],
    [
      ['Remote-User', 'root'],
      ['Remote-User', 'mallory'],
    ],
    [['remote_user', 'root']],
    [
      ['Remote-User', 'root'],
      ['Connection', 'close, Remote-User'],
    ],
    [['Remote-User', '(null)']],
    [['Remote-User', '\xff\xfe']],
    [['X-Proxy-Secret', 'wrong']],
    [['Remote-User', 'x'.repeat(4000)]],
    Array.from({ length: 950 }, (_, index) => [`X-${index}`, ''] as const),
  ];

  /** Sends a request with exactly these header fields. Returns the status and the body. */
  async function raw(port: number, path: string, fields: readonly (readonly [string, string])[]): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    const lines = [['Host', 'music.example.com'], ['Connection', 'close'], ...fields];
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.write(Buffer.from(`GET ${path} HTTP/1.1\r\n${head}\r\n`, 'latin1'));
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    const [top = '', body = ''] = Buffer.concat(chunks).toString('latin1').split('\r\n\r\n');
    return `${top.split(' ')[1]} ${/^location: .*$/im.exec(top)?.[0] ?? ''} ${body}`;
  }

  for (const mode of ['every-request', 'login-only', 'none'] as const) {
    it(`on any path, with or without a login (session: '${mode}')`, async () => {
      const { auth, ask, port, events } = await start({ headerLogin: false }, mode);
      const { id } = await auth.users.create({ subject: 'root', authMethod: 'local', grantedRoles: ['admin'] });
      await directory.provision({ subject: 'mallory', groups: ['staff'] }, 'active');
      const before = await Promise.all(['root', 'mallory'].map((name) => directory.findUser(name)));
      const cookie = mode === 'none' ? undefined : (await ask(`/sign-in/${id}`, { method: 'POST' })).cookie;
      events.length = 0;
      const logins = [[], ...(cookie === undefined ? [] : [[['Cookie', cookie] as const]])];
      for (const path of [
        '/who',
        '/both/who',
        '/api/who',
        '/auth/me',
        '/auth/login',
        '/auth/quick-connect',
        '/auth/admin',
      ]) {
        for (const login of logins) {
          const plain = await raw(port, path, login);
          for (const fields of forged) {
            expect(await raw(port, path, [...login, ...fields]), `${path} ${fields[0]?.[0]}`).to.equal(plain);
          }
        }
      }
      const app = { method: 'POST', headers: { 'Remote-User': 'root', ...proven }, json: { token: 'x' } };
      const headers = { ...app.headers, 'Content-Type': 'application/json' };
      expect((await ask('/api/auth/revoke', { ...app, headers })).status).to.equal(200);
      expect(events).to.deep.equal([]);
      expect(await Promise.all(['root', 'mallory'].map((name) => directory.findUser(name)))).to.deep.equal(before);
      expect(await auth.users.list()).to.have.length(2);
    });
  }

  it('and a session that the proxy’s login began counts no longer', async () => {
    const former = await start(on, 'login-only');
    const login = await former.ask('/auth/login', { user: 'alice', groups: 'admins', headers: proven });
    const { cookie } = login;
    expect((await former.ask('/who', { cookie })).json).to.include({ subject: 'alice', method: 'session' });
    for (const mode of ['login-only', 'every-request'] as const) {
      const { ask } = await start({ headerLogin: false }, mode);
      for (const path of ['/who', '/both/who']) {
        expect((await ask(path, { cookie })).json, path).to.deep.equal({ roles: [] });
        expect((await ask(path, { cookie, user: 'alice', headers: proven })).json).to.deep.equal({ roles: [] });
      }
      expect((await ask('/auth/pairings', { cookie, method: 'POST', json: {} })).status).to.equal(403);
    }
  });

  it('and a header does not keep a local account from its own login', async () => {
    const { auth, ask } = await start({ headerLogin: false });
    const { id } = await auth.users.create({ subject: 'bob', authMethod: 'local' });
    const asked = { method: 'POST', user: 'alice', headers: proven };
    const { cookie, json } = await ask(`/sign-in/${id}`, asked);
    expect(json).to.deep.equal({ subject: 'bob' });
    expect((await ask('/who', { cookie, user: 'alice' })).json).to.include({ subject: 'bob', method: 'session' });
    expect(await directory.findUser('alice')).to.equal(undefined);
  });

  it('and a proxy user does not sign in otherwise', async () => {
    const { ask } = await start({ headerLogin: false });
    await directory.provision({ subject: 'alice' }, 'active');
    const user = await directory.findUser('alice');
    expect((await ask(`/sign-in/${user?.id}`, { method: 'POST' })).json).to.include({ code: 'ERR_ACCOUNT_PROXY' });
  });

  it('and a page never redirects to the login, nor the login to a page', async () => {
    const { ask } = await start({ headerLogin: false }, 'login-only');
    for (const query of ['', '?from=login', '?from=login&x=1']) {
      let path = `/auth/quick-connect${query}`;
      for (let hop = 0; ; hop++) {
        const answer = await ask(path, { user: 'alice' });
        if (answer.status !== 303) {
          expect(answer.status).to.equal(401);
          break;
        }
        expect(hop).to.be.lessThan(1);
        path = new URL(answer.headers.location ?? '', `http://site.invalid${path}`).pathname;
      }
    }
    const login = await ask('/auth/login?return_to=./quick-connect', { user: 'alice' });
    expect([login.status, login.json?.['code']]).to.deep.equal([401, 'ERR_LOGIN_REQUIRED']);
  });
});
