// Closing the host's HTTP server: requests are answered, and connections end.
import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect, createServer as createNetServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { checkCloseOptions, closeServer } from '../../src/http/close-server.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';

describe('closing a server', () => {
  let server: Server;
  let port: number;
  let received: ServerResponse[];
  let arrived: (() => void) | undefined;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    received = [];
    server = createServer((_req, res) => {
      received.push(res);
      arrived?.();
    });
    // Without this limit, only `closeServer` ends an idle connection.
    server.keepAliveTimeout = 0;
    await once(server.listen(0, '127.0.0.1'), 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server.closeAllConnections();
    server.close();
  });

  function open(): Socket {
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('utf8').on('error', () => {});
    sockets.push(socket);
    return socket;
  }
  const requestArrives = (): Promise<void> =>
    new Promise((resolve) => {
      arrived = resolve;
    });

  it('answers the request that is under way, and then closes its kept-alive connection', async () => {
    const agent = new Agent({ keepAlive: true });
    const first = requestArrives();
    const answered = once(get({ port, host: '127.0.0.1', agent }), 'response') as Promise<[IncomingMessage]>;
    await first;
    let closed = false;
    const closing = closeServer(server, 600).then(() => {
      closed = true;
    });
    await new Promise(setImmediate);
    expect(closed).to.equal(false);
    received[0]?.end('the answer');
    const [response] = await answered;
    response.resume();
    await closing;
    expect(response.statusCode).to.equal(200);
    agent.destroy();
  });

  it('tells clients to close their connection after a response that begins from now on', async () => {
    const socket = open();
    await once(socket, 'connect');
    const begun = once(server, 'connection');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n');
    if (server.listenerCount('connection') > 1) await Promise.race([begun, new Promise(setImmediate)]);
    // The server has begun to read the request, so the connection is not idle.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const arrives = requestArrives();
    const closing = closeServer(server, 600);
    socket.write('\r\n');
    await arrives;
    received[0]?.end('the answer');
    const [text] = (await once(socket, 'data')) as [string];
    expect(text).to.match(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).to.match(/^Connection: close\r$/im);
    await closing;
  });

  it('closes connections whose requests are not answered within the grace period', async () => {
    const socket = open();
    const arrives = requestArrives();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await arrives;
    const ended = once(socket, 'close');
    await closeServer(server, 0.01);
    await ended;
  });

  it('does not wait longer than the grace period for a connection of another protocol', async () => {
    server.on('upgrade', (_req, socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
    const socket = open();
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n');
    await once(socket, 'data');
    await closeServer(server, 0.01);
    expect(socket.destroyed).to.equal(false);
    socket.destroy();
  });

  it('accepts a server that is closed already', async () => {
    await new Promise((resolve) => server.close(resolve));
    await closeServer(server, 600);
  });

  for (const [what, options] of [
    ['a server instead of options', () => server],
    ['an app instead of a server', () => ({ server: () => {} })],
    ['a server without HTTP', () => ({ server: createNetServer() })],
    ['an HTTP/2 server', () => ({ server: createHttp2Server() })],
    ['an unknown option', () => ({ sever: server })],
    ['a grace period below 0', () => ({ graceSeconds: -1 })],
    ['a grace period above 600 seconds', () => ({ graceSeconds: 601 })],
    ['a grace period that is not a number', () => ({ graceSeconds: '10' })],
    ['a text', () => 'server'],
    ['null', () => null],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => checkCloseOptions(options()))
        .to.throw(LatchkeyError)
        .with.property('code', 'ERR_CONFIG');
    });
  }

  it('accepts the documented options', () => {
    for (const options of [{}, { server }, { server, graceSeconds: 0 }, { graceSeconds: 600 }, { server: undefined }]) {
      checkCloseOptions(options);
    }
  });
});
