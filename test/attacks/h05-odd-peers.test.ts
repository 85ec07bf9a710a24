// H5: a peer's address is mapped, has a zone, or is missing.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { identifier } from '../../src/identity/identify.js';
import { socketFrom } from '../identity/stand-ins.js';
import { explainedIdentifier } from '../support/explained.js';
import { type Answer, answerTo, startIdentityServer } from '../support/identity-server.js';

const rawHeaders = ['Remote-User', 'alice'];
const from = (trustedProxies: readonly string[], address: string | undefined, more: object = {}): Answer =>
  answerTo(() =>
    explainedIdentifier({ trustedProxies, headers: 'authelia' }).identify({
      rawHeaders,
      url: '/',
      socket: socketFrom(address, more),
    }),
  );

// Runs beside the server, so that it can reset the connection while the server is inside its request handler.
const resettingClient = `
  const { workerData: { port, flags } } = require('node:worker_threads');
  const socket = require('node:net').connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.on('close', () => { Atomics.store(flags, 1, 1); Atomics.notify(flags, 1); });
  socket.write('GET / HTTP/1.1\\r\\nHost: app\\r\\nRemote-User: admin\\r\\n\\r\\n', () => {
    Atomics.wait(flags, 0, 0, 10000);
    socket.resetAndDestroy();
  });
`;

describe('H5: odd peers', () => {
  it('are matched as IPv4 if they are IPv4-mapped', () => {
    expect(from(['10.0.0.7'], '::ffff:10.0.0.7').status).to.equal(200);
    expect(from(['10.0.0.7'], '::FFFF:a00:7').status).to.equal(200);
    expect(from(['10.0.0.7'], '::ffff:10.0.0.8').code).to.equal('ERR_PEER_UNTRUSTED');
    expect(from(['10.0.0.7'], '::10.0.0.7').code).to.equal('ERR_PEER_UNTRUSTED');
    expect(from(['10.0.0.7'], '64:ff9b::10.0.0.7').code).to.equal('ERR_PEER_UNTRUSTED');
  });

  it('are not matched by an IPv6 range that contains the mapped addresses', () => {
    for (const range of ['::fffe:0:0/95', '::8000:0:0/81']) {
      expect(from([range], '203.0.113.9').code, range).to.equal('ERR_PEER_UNTRUSTED');
      expect(from([range], '::ffff:203.0.113.9').code, range).to.equal('ERR_PEER_UNTRUSTED');
    }
  });

  it('are matched without their zone', () => {
    expect(from(['fe80::7'], 'fe80::7%eth0').status).to.equal(200);
    expect(from(['fe80::7'], 'fe80::8%eth0').code).to.equal('ERR_PEER_UNTRUSTED');
    expect(from(['fe80::7'], 'fe80::8%fe80::7').code).to.equal('ERR_PEER_UNTRUSTED');
  });

  it('are matched at a dual-stack server, which sees mapped addresses', async () => {
    const server = await startIdentityServer({ trustedProxies: ['127.0.0.1'] }, { host: '::' });
    const stranger = await startIdentityServer({ trustedProxies: ['127.0.0.2', '::1'] }, { host: '::' });
    try {
      expect((await server.get('/', [['Remote-User', 'alice']])).status).to.equal(200);
      expect((await stranger.get('/', [['Remote-User', 'alice']])).code).to.equal('ERR_PEER_UNTRUSTED');
    } finally {
      await Promise.all([server.stop(), stranger.stop()]);
    }
  });

  it("are refused on a unix socket, which is not loopback, unless 'unix' is listed", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'latchkey-'));
    const listed = await startIdentityServer({ trustedProxies: ['unix'] }, { path: join(folder, 'listed') });
    const unlisted = await startIdentityServer({ trustedProxies: ['loopback'] }, { path: join(folder, 'unlisted') });
    try {
      expect((await listed.get('/', [['Remote-User', 'alice']])).status).to.equal(200);
      expect((await unlisted.get('/', [['Remote-User', 'alice']])).code).to.equal('ERR_PEER_UNTRUSTED');
    } finally {
      await Promise.all([listed.stop(), unlisted.stop()]);
      await rm(folder, { recursive: true });
    }
  });

  it("are refused over TCP if only 'unix' is listed", async () => {
    const server = await startIdentityServer({ trustedProxies: ['unix'] });
    try {
      expect((await server.get('/', [['Remote-User', 'alice']])).code).to.equal('ERR_PEER_UNTRUSTED');
    } finally {
      await server.stop();
    }
  });

  it('without an address are not unix sockets if they are destroyed or TCP', () => {
    const pipe = { localAddress: undefined, _handle: { constructor: { name: 'Pipe' } } };
    const tcp = { localAddress: undefined, _handle: { constructor: { name: 'TCP' } } };
    const both = ['loopback', 'unix'];
    expect(from(both, undefined, pipe).status).to.equal(200);
    expect(from(['loopback'], undefined, pipe).code).to.equal('ERR_PEER_UNTRUSTED');
    expect(from(both, undefined, { ...pipe, destroyed: true }).code).to.equal('ERR_PEER_UNTRUSTED');
    expect(from(both, undefined, { ...pipe, localAddress: '127.0.0.1' }).code).to.equal('ERR_PEER_UNTRUSTED');
    expect(from(both, undefined, tcp).code).to.equal('ERR_PEER_UNTRUSTED');
    expect(from(both, undefined, { localAddress: undefined, _handle: null }).code).to.equal('ERR_PEER_UNTRUSTED');
    const server = { address: () => ({ address: '127.0.0.1', family: 'IPv4', port: 1 }) };
    expect(from(both, undefined, { ...tcp, server }).code).to.equal('ERR_PEER_UNTRUSTED');
  });

  it('cannot pass as unix sockets by resetting the TCP connection after the request', async () => {
    const identity = identifier({ trustedProxies: ['unix'], headers: 'authelia' });
    const flags = new Int32Array(new SharedArrayBuffer(8));
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const worker = new Worker(resettingClient, { eval: true, workerData: { port, flags } });
    try {
      const seen = await new Promise<{ address: string | undefined; destroyed: boolean; answer: Answer }>((resolve) => {
        server.once('request', (request: IncomingMessage) => {
          Atomics.store(flags, 0, 1);
          Atomics.notify(flags, 0);
          Atomics.wait(flags, 1, 0, 10_000);
          const { socket } = request;
          const answer = answerTo(() => identity.identify({ rawHeaders: request.rawHeaders, url: '/', socket }));
          resolve({ address: socket.remoteAddress, destroyed: socket.destroyed, answer });
        });
      });
      // Here the socket has no address and is not destroyed, like a unix socket.
      expect(seen).to.deep.include({ address: undefined, destroyed: false });
      expect(seen.answer.code).to.equal('ERR_PEER_UNTRUSTED');
    } finally {
      await worker.terminate();
      server.close();
      server.closeAllConnections();
    }
  });
});
