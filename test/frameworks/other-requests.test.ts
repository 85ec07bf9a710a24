// Requests that Express did not create: of socket.io, of a plain HTTP server, and of a framework whose next() throws.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { expect } from 'chai';
import type { Request, Response } from 'express';
import { Server as SocketServer } from 'socket.io';
import { type Latchkey, type Principal, principalOf } from '../../src/index.js';
import { send } from '../http/client.js';
import { listening, plainLatchkey, strays } from './rig.js';

type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

// Latchkey's middleware has the types of Express, but does not need Express.
const plain = (handler: unknown): Middleware => handler as Middleware;

describe('requests that Express did not create', () => {
  let auth: Latchkey;
  let stray: ReturnType<typeof strays>;
  let server: Server;
  beforeEach(() => {
    ({ auth } = plainLatchkey());
    stray = strays();
    server = createServer();
  });
  afterEach(async () => {
    stray.stop();
    server.closeAllConnections();
    server.close();
    await auth.close();
    expect(stray.seen).to.deep.equal([]);
  });

  it('keep their principal in socket.io, with polling, as long as the connection lives', async () => {
    const io = new SocketServer(server, { transports: ['polling'] });
    io.engine.use(plain(auth.authenticate));
    const connected = new Promise<Principal | undefined>((resolve) => {
      io.on('connection', (socket) => {
        // By now engine.io has answered: `res` is null.
        resolve(principalOf(socket.request));
      });
    });
    const port = await listening(server);
    const user = { 'Remote-User': 'alice', 'Remote-Groups': 'admins' };
    const opened = await send(port, '/socket.io/?EIO=4&transport=polling', { headers: user });
    const sid = String((JSON.parse(opened.text.slice(1)) as { sid: string }).sid);
    const posted = await send(port, `/socket.io/?EIO=4&transport=polling&sid=${sid}`, {
      method: 'POST',
      headers: { ...user, 'Content-Type': 'text/plain' },
      body: '40',
    });
    expect(posted.status).to.equal(200);
    expect(await connected).to.include({ subject: 'alice', method: 'header' });
    await io.close();
  });

  it('are refused by Latchkey’s middleware in engine.io', async () => {
    const io = new SocketServer(server, { transports: ['polling'] });
    io.engine.use(plain(auth.authenticate));
    io.engine.use(plain(auth.requireLogin()));
    const refused: unknown[] = [];
    io.engine.on('connection_error', (error: unknown) => refused.push(error));
    const port = await listening(server);
    expect((await send(port, '/socket.io/?EIO=4&transport=polling', {})).status).to.be.within(400, 499);
    await io.close();
  });

  it('are authenticated, guarded and answered on a plain server', async () => {
    const guard = plain(auth.requireRole('admin'));
    server.on('request', (req, res) => {
      const failed = (error: unknown): void => {
        auth.problems(error, req as Request, res as Response, () => res.writeHead(500).end());
      };
      plain(auth.authenticate)(req, res, (error) => {
        if (error !== undefined) failed(error);
        else
          guard(req, res, (refused) => (refused === undefined ? res.end(principalOf(req)?.subject) : failed(refused)));
      });
    });
    const port = await listening(server);
    const alice = await send(port, '/', { user: 'alice', groups: 'admins' });
    expect([alice.status, alice.text, alice.headers['cache-control']]).to.deep.equal([200, 'alice', 'no-store']);
    const bob = await send(port, '/', { user: 'bob' });
    expect([bob.status, bob.json?.['code']]).to.deep.equal([403, 'ERR_ROLE_REQUIRED']);
    const nobody = await send(port, '/', {});
    expect([nobody.status, nobody.json?.['code']]).to.deep.equal([401, 'ERR_LOGIN_REQUIRED']);
    expect(nobody.headers['www-authenticate']).to.equal('Bearer');
    const twice = await send(port, '/', { headers: { 'Remote-User': ['alice', 'bob'] } });
    expect([twice.status, twice.json?.['code']]).to.deep.equal([400, 'ERR_HEADER_DUPLICATE']);
  });

  it('are cut off, without ending the process, if next() throws', async () => {
    const warned = once(process, 'warning');
    server.on('request', (req, res) => {
      plain(auth.authenticate)(req, res, () => {
        throw new Error('a framework that throws');
      });
    });
    const port = await listening(server);
    // The first request of a user asks the stores, so it continues after a promise.
    const answer = send(port, '/', { user: 'alice' }).then(
      () => 'answered',
      () => 'cut off',
    );
    expect(await answer).to.equal('cut off');
    const [warning] = (await warned) as [Error & { code?: string }];
    expect(warning.code).to.equal('LATCHKEY_NEXT');
  });
});
