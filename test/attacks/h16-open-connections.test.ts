// H16: a user who has lost access keeps an open event stream or WebSocket.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect } from 'chai';
import session, { MemoryStore } from 'express-session';
import type { Redis } from 'ioredis';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { redisState } from '../../src/stores/redis/redis-state.js';
import { type GuardedServer, startGuarded } from '../http/guarded-server.js';
import { addSecret, type Host, type HostOptions, sessionSecret, startHost } from '../http/harness.js';
import { openStream } from '../http/stream.js';
import { until } from '../support/processes.js';
import { type RedisServer, startRedis } from '../support/redis.js';

/** The `Sec-WebSocket-Accept` value of RFC 6455 §4.2.2. */
const accept = (key: string) =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

const sessionOf = (host: Host) =>
  session({ store: host.sessions, secret: sessionSecret, resave: false, saveUninitialized: false });

/** A host's WebSocket server. Sends a close frame with 1008, a policy violation (§5.5.1, §7.4.1), to refused users. */
async function startSockets(
  host: Host,
  { shared, withoutHeaderLogin }: HostOptions,
): Promise<{ readonly server: Server; readonly open: Set<Socket> }> {
  const open = new Set<Socket>();
  const server = createServer();
  server.on('upgrade', async (req, socket: Socket) => {
    if (shared) addSecret(req);
    if (withoutHeaderLogin) await new Promise((done) => sessionOf(host)(req as never, {} as never, done));
    const principal = await host.auth.authenticateUpgrade(req).catch(() => undefined);
    if (principal === undefined) return void socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
    const unwatch = host.auth.watchPrincipal(principal, {
      onRefused: () => socket.end(Buffer.from([0x88, 2, 0x03, 0xf0])),
    });
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      open.delete(socket);
      unwatch();
    });
    const { 'sec-websocket-key': key = '' } = req.headers;
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept(key)}\r\n\r\n`,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, open };
}

const modes: readonly (readonly [title: string, options: HostOptions])[] = [
  ['on guarded paths', {}],
  ['on shared paths', { shared: true }],
  ['without header login', { withoutHeaderLogin: true }],
];

for (const [title, options] of modes)
  describe(`H16: an open connection, ${title}`, () => {
    let redis: RedisServer;
    let admin: Redis;
    let here: Host;
    let elsewhere: Host;
    let sockets: Awaited<ReturnType<typeof startSockets>>;
    let guarded: GuardedServer;

    before(async () => {
      redis = await startRedis();
      admin = redis.client();
    });
    after(() => redis.stop());
    beforeEach(async () => {
      await admin.flushall();
      const directory = memoryDirectory();
      const host = () =>
        startHost({
          ...options,
          store: options.withoutHeaderLogin ? new MemoryStore() : null,
          directory,
          state: redisState(redis.client(), { heartbeatSeconds: 0.5 }),
          services: { heartbeatSeconds: 3600 },
          routes: (app, auth) =>
            app.post('/sign-in/:id', async (req, res) => {
              await auth.signIn(req, req.params.id);
              res.json({});
            }),
        });
      [here, elsewhere] = [await host(), await host()];
      sockets = await startSockets(here, options);
      const guard = options.withoutHeaderLogin ? { session: sessionOf(here) } : {};
      guarded = await startGuarded(here.auth, guard, options.shared);
    });
    afterEach(async () => {
      for (const socket of sockets.open) socket.destroy();
      sockets.server.close();
      guarded.close();
      await here.close();
      await elsewhere.close();
    });

    /** Logs a user in. Returns the headers of a request with this login. */
    async function login(subject: string): Promise<Record<string, string>> {
      if (!options.withoutHeaderLogin) {
        await here.ask('/who', { user: subject });
        return { 'Remote-User': subject };
      }
      const { id } = await here.administration.users.create({ subject, authMethod: 'local' });
      const { cookie } = await here.ask(`/sign-in/${id}`, { method: 'POST' });
      return { Cookie: cookie ?? expect.fail() };
    }

    /** Opens a WebSocket. Resolves to the promise of the close code from the server. */
    async function connect(
      path: string,
      headers: Record<string, string>,
    ): Promise<{ readonly closed: Promise<number> }> {
      const key = randomBytes(16).toString('base64');
      const { port } = sockets.server.address() as AddressInfo;
      const handshake = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Key': key,
        'Sec-WebSocket-Version': 13,
      };
      const sent = request({ host: '127.0.0.1', port, path, headers: { ...handshake, ...headers } }).end();
      const [response, socket, head] = (await once(sent, 'upgrade')) as [{ headers: object }, Socket, Buffer];
      expect(response.headers).to.include({ 'sec-websocket-accept': accept(key) });
      const chunks = [head];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      const closed = once(socket, 'end').then(() => {
        socket.end();
        const frame = Buffer.concat(chunks);
        return frame[0] === 0x88 ? frame.readUInt16BE(2) : 0;
      });
      return { closed };
    }

    it('that is a WebSocket ends when its user is disabled on another instance, but not that of others', async () => {
      const alice = await connect('/socket', await login('alice'));
      await connect('/socket', await login('bob'));
      expect(sockets.open.size).to.equal(2);
      await elsewhere.administration.users.disable('alice');
      expect(await alice.closed).to.equal(1008);
      await until('one is left', () => sockets.open.size === 1);
    });

    it('that is a WebSocket ends when its device is revoked on another instance, but not that of others', async () => {
      await login('alice');
      const [lost, kept] = [await here.pair('alice'), await here.pair('alice')];
      const socket = await connect('/api/socket', { Authorization: `Bearer ${lost.token}` });
      await connect('/api/socket', { Authorization: `Bearer ${kept.token}` });
      await elsewhere.administration.devices.revoke('alice', lost.id);
      expect(await socket.closed).to.equal(1008);
      await until('one is left', () => sockets.open.size === 1);
    });

    it('that a guarded server let in ends when its user is disabled on another instance, but not that of others', async () => {
      const lost = await guarded.shake('/socket', { headers: await login('alice') });
      const kept = await guarded.shake('/socket', { headers: await login('bob') });
      expect([lost.status, kept.status]).to.deep.equal([101, 101]);
      lost.socket.resume();
      await elsewhere.administration.users.disable('alice');
      await until('it is closed', () => lost.socket.destroyed);
      expect(kept.socket.destroyed).to.equal(false);
    });

    it('that is an event stream ends when its user is disabled on another instance, without a heartbeat', async () => {
      const headers = await login('alice');
      const { id } = (await here.write('POST', '/auth/pairings', { headers })).json as { id: string };
      const events = await openStream(here.port, `/auth/pairings/${id}/events`, 'alice', headers);
      await events.until(/open/);
      await elsewhere.administration.users.disable('alice');
      await events.ended;
      expect(events.statuses).to.deep.equal(['open']);
    });
  });
