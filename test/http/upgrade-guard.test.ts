// `guardUpgrades`: other software's `upgrade` listeners behind Latchkey's decision.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import session, { MemoryStore } from 'express-session';
import jwt from 'jsonwebtoken';
import { Server as SocketServer } from 'socket.io';
import { WebSocket, WebSocketServer } from 'ws';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import { listening } from '../frameworks/rig.js';
import { until } from '../support/processes.js';
import { refusalOf } from '../support/refusal.js';
import { type GuardedServer, startGuarded } from './guarded-server.js';
import { type Host, type HostOptions, sessionSecret, startHost } from './harness.js';

const theirs = jwt.sign({ iss: 'https://login.example.com', sub: 'robot' }, 'a secret that the host has of its own');

describe('guardUpgrades', () => {
  let host: Host;
  let guarded: GuardedServer | undefined;
  const others: { close(): unknown }[] = [];
  const start = async (options: HostOptions = {}) => {
    host = await startHost({ store: null, ...options });
    await host.ask('/who', { user: 'alice' });
  };
  afterEach(async () => {
    guarded?.close();
    guarded = undefined;
    for (const other of others.splice(0)) other.close();
    await host.close();
  });

  it('lets listeners see the accepted requests, with their principal', async () => {
    await start();
    guarded = await startGuarded(host.auth);
    const { token, id } = await host.pair('alice');
    const byHeader = await guarded.shake('/socket', { user: 'alice' });
    const byToken = await guarded.shake('/api/socket', { token });
    expect([byHeader.status, byToken.status]).to.deep.equal([101, 101]);
    const [one, other] = guarded.seen.map((req) => host.auth.principalOf(req));
    expect(one).to.include({ subject: 'alice', method: 'header' });
    expect(other).to.include({ subject: 'alice', method: 'token', deviceId: id });
    byHeader.socket.write('hello');
    const [echo] = await once(byHeader.socket, 'data');
    expect(String(echo)).to.equal('hello');
    byHeader.socket.destroy();
    byToken.socket.destroy();
  });

  it('answers refused requests with a problem, and closes them', async () => {
    await start();
    guarded = await startGuarded(host.auth, { roles: ['admin', 'editor'] });
    const anonymous = await guarded.shake('/socket');
    expect(anonymous).to.include({ status: 401 });
    expect(anonymous.json).to.include({ code: 'ERR_LOGIN_REQUIRED' });
    expect(anonymous.headers).to.include({
      'www-authenticate': 'Bearer',
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'close',
    });
    expect((await guarded.shake('/api/socket', { token: 'junk' })).headers).to.include({
      'www-authenticate': 'Bearer error="invalid_token"',
    });
    const roleless = await guarded.shake('/socket', { user: 'alice' });
    expect(roleless.json).to.include({ status: 403, code: 'ERR_ROLE_REQUIRED' });
    if (!anonymous.socket.destroyed) await once(anonymous.socket, 'close');
    expect((await guarded.shake('/socket', { user: 'ada', groups: 'admins' })).status).to.equal(101);
    expect(guarded.seen).to.have.length(1);
  });

  it('answers 503 with Retry-After while the directory is unavailable', async () => {
    host = await startHost({
      store: null,
      services: {
        resolver: {
          resolve: () => Promise.reject(new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE')),
          find: () => undefined,
          findDevice: () => undefined,
        },
      },
    });
    guarded = await startGuarded(host.auth);
    const answer = await guarded.shake('/socket', { user: 'alice' });
    expect(answer.status).to.equal(503);
    expect(answer.headers).to.have.property('retry-after');
    expect(guarded.seen).to.deep.equal([]);
  });

  it('runs the host’s session middleware first, for logins by session', async () => {
    const store = new MemoryStore();
    await start({ store, services: { session: 'login-only' } });
    const { cookie } = await host.ask('/auth/login', { user: 'alice' });
    guarded = await startGuarded(host.auth);
    expect((await guarded.shake('/socket', { cookie })).json).to.include({ code: 'ERR_SESSION_UNAVAILABLE' });
    guarded.close();
    const parse = session({ store, secret: sessionSecret, resave: false, saveUninitialized: false });
    guarded = await startGuarded(host.auth, { session: parse });
    expect((await guarded.shake('/socket', { cookie })).status).to.equal(101);
    expect((await guarded.shake('/socket')).json).to.include({ code: 'ERR_LOGIN_REQUIRED' });
    expect(guarded.seen.map((req) => host.auth.principalOf(req)?.method)).to.deep.equal(['session']);
    guarded.close();
    for (const broken of [
      (_req: unknown, _res: unknown, next: (error?: unknown) => void) => next(new Error('down')),
      () => Promise.reject(new Error('down')),
      () => {
        throw new Error('down');
      },
    ]) {
      guarded = await startGuarded(host.auth, { session: broken });
      expect((await guarded.shake('/socket', { cookie })).json).to.include({ code: 'ERR_SESSION_UNAVAILABLE' });
      guarded.close();
    }
  });

  it('ends a connection when its principal would be refused, or loses the role', async () => {
    await start();
    guarded = await startGuarded(host.auth);
    const { token, id } = await host.pair('alice');
    const [byToken, byHeader] = [
      await guarded.shake('/api/socket', { token }),
      await guarded.shake('/socket', { user: 'alice' }),
    ];
    await host.administration.devices.revoke('alice', id);
    await once(byToken.socket.resume(), 'close');
    expect(byHeader.socket.destroyed).to.equal(false);
    await host.administration.users.disable('alice');
    await once(byHeader.socket.resume(), 'close');
    guarded.close();

    await host.ask('/who', { user: 'bob' });
    await host.administration.users.addRoles('bob', ['editor']);
    guarded = await startGuarded(host.auth, { roles: ['editor'] });
    const editor = await guarded.shake('/socket', { user: 'bob' });
    await host.administration.users.addRoles('bob', ['reader']);
    await host.administration.users.removeRoles('bob', ['editor']);
    await once(editor.socket.resume(), 'close');
  });

  it('passes foreign tokens on only if tokens and guard both say so, with the header untouched', async () => {
    await start({ services: { foreignTokens: 'pass' } });
    guarded = await startGuarded(host.auth);
    expect((await guarded.shake('/api/socket', { token: theirs })).json).to.include({ code: 'ERR_LOGIN_REQUIRED' });
    guarded.close();
    guarded = await startGuarded(host.auth, { foreignTokens: 'pass' });
    expect((await guarded.shake('/api/socket', { token: theirs })).status).to.equal(101);
    expect(guarded.seen[0]?.headers.authorization).to.equal(`Bearer ${theirs}`);
    expect(guarded.seen.map(host.auth.principalOf)).to.deep.equal([undefined]);
    // No token, a token on a guarded path, and a token that claims to be ours.
    const { token } = await host.pair('alice');
    expect((await guarded.shake('/api/socket')).json).to.include({ code: 'ERR_LOGIN_REQUIRED' });
    expect((await guarded.shake('/socket', { token: theirs })).json).to.include({ code: 'ERR_LOGIN_REQUIRED' });
    expect((await guarded.shake('/api/socket', { token: `${token}A` })).json).to.include({ code: 'ERR_TOKEN_INVALID' });
    expect(guarded.seen).to.have.length(1);
  });

  it('is undone by the function that it returns, in any order', async () => {
    await start();
    const server = createServer();
    others.push(server);
    const seen: string[] = [];
    server.on('upgrade', (req, socket) => {
      seen.push(String(host.auth.principalOf(req)?.subject));
      socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: test\r\nConnection: Upgrade\r\n\r\n');
    });
    const port = await listening(server);
    const shake = async (user?: string) => {
      const socket = connect(port, '127.0.0.1');
      const name = user === undefined ? '' : `Remote-User: ${user}\r\n`;
      socket.write(`GET /s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: test\r\n${name}\r\n`);
      const [data] = await once(socket, 'data');
      socket.destroy();
      return String(data).slice(9, 12);
    };
    const first = host.auth.guardUpgrades(server);
    const second = host.auth.guardUpgrades(server, { roles: ['admin'] });
    expect([await shake('alice'), await shake()]).to.deep.equal(['403', '401']);
    first();
    expect([await shake('alice'), await shake()]).to.deep.equal(['403', '401']);
    second();
    expect([await shake('alice'), await shake()]).to.deep.equal(['101', '101']);
    const third = host.auth.guardUpgrades(server);
    expect(await shake()).to.equal('401');
    third();
    third();
    expect(await shake()).to.equal('101');
    const fresh = createServer();
    host.auth.guardUpgrades(fresh)();
    expect(Object.hasOwn(fresh, 'emit'), 'nothing is left behind').to.equal(false);
  });

  it('refuses what would guard nothing', async () => {
    await start();
    const server = createServer();
    const wrong: [unknown, unknown, string][] = [
      [express(), undefined, 'guardUpgrades'],
      [undefined, undefined, 'guardUpgrades'],
      [server, null, 'guardUpgrades'],
      [server, { role: ['admin'] }, "did you mean 'roles'"],
      [server, { roles: [] }, 'roles'],
      [server, { roles: 'admin' }, 'roles'],
      [server, { roles: [''] }, 'roles'],
      [server, { session: {} }, 'session'],
      [server, { foreignTokens: 'yes' }, 'foreignTokens'],
      [server, { foreignTokens: 'pass' }, 'tokens.foreignTokens'],
    ];
    for (const [given, options, name] of wrong) {
      const error = refusalOf(() => host.auth.guardUpgrades(given as Server, options as never));
      expect(error.code).to.equal('ERR_CONFIG');
      expect(error.message).to.contain(name);
    }
    await host.close();
    await start({ services: { foreignTokens: 'pass' } });
    const options = { foreignTokens: 'pass', roles: ['admin'] } as const;
    expect(refusalOf(() => host.auth.guardUpgrades(server, options)).message).to.contain('roles');
  });

  describe('with other people’s servers', () => {
    let server: Server;
    let port: number;
    const open = (path: string, headers: Record<string, string>, protocols: string[] = []) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers });
      socket.on('error', () => {});
      return socket;
    };
    const statusOf = async (socket: WebSocket) => {
      const [, response] = await once(socket, 'unexpected-response');
      response.resume();
      return response.statusCode;
    };
    beforeEach(async () => {
      await start();
      server = createServer();
      others.push(server);
    });

    it('guards ws, with its first messages', async () => {
      const sockets = new WebSocketServer({ server });
      host.auth.guardUpgrades(server);
      others.push(sockets);
      sockets.on('connection', (socket, req) => {
        socket.send(String(host.auth.principalOf(req)?.subject));
        socket.on('message', (data) => socket.send(`heard ${data}`));
      });
      port = await listening(server);
      const alice = open('/live', { 'Remote-User': 'alice' });
      const heard: string[] = [];
      alice.on('message', (data) => heard.push(String(data)));
      alice.on('open', () => alice.send('first'));
      await until('both messages', () => heard.length === 2);
      expect(heard).to.deep.equal(['alice', 'heard first']);
      expect(await statusOf(open('/live', {}))).to.equal(401);
      const closed = once(alice, 'close');
      await host.administration.users.disable('alice');
      await closed;
    });

    it('guards socket.io, with WebSocket as its only transport', async () => {
      host.auth.guardUpgrades(server);
      const io = new SocketServer(server, { transports: ['websocket'] });
      const subjects: unknown[] = [];
      io.on('connection', (socket) => subjects.push(host.auth.principalOf(socket.request)?.subject));
      port = await listening(server);
      const path = '/socket.io/?EIO=4&transport=websocket';
      expect(await statusOf(open(path, {}))).to.equal(401);
      const alice = open(path, { 'Remote-User': 'alice' });
      alice.on('open', () => alice.send('40'));
      await until('the connection', () => subjects.length === 1);
      expect(subjects).to.deep.equal(['alice']);
      alice.terminate();
      await io.close();
      others.pop();
    });

    it('guards a protocol that starts with connection parameters, as graphql-ws does', async () => {
      const sockets = new WebSocketServer({ server, handleProtocols: () => 'graphql-transport-ws' });
      others.push(sockets);
      host.auth.guardUpgrades(server);
      sockets.on('connection', (socket, req) => {
        socket.once('message', async (data) => {
          const { payload } = JSON.parse(String(data));
          const device = await host.auth.tokens.authenticate(payload.token, { address: req.socket.remoteAddress });
          const person = host.auth.principalOf(req);
          socket.send(JSON.stringify({ type: 'connection_ack', payload: [person?.method, device?.method] }));
        });
      });
      port = await listening(server);
      const { token } = await host.pair('alice');
      const socket = open('/graphql', { 'Remote-User': 'alice' }, ['graphql-transport-ws']);
      await once(socket, 'open');
      socket.send(JSON.stringify({ type: 'connection_init', payload: { token } }));
      const [answer] = await once(socket, 'message');
      expect(JSON.parse(String(answer))).to.deep.equal({ type: 'connection_ack', payload: ['header', 'token'] });
      socket.terminate();
    });
  });
});
