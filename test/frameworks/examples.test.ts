// Runs the examples of docs/frameworks.md: header login, roles, a phone's token, WebSockets, and their refusals.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { transformSync } from 'esbuild';
import { send } from '../http/client.js';
import { freePort, type RunningProcess, startProcess, until } from '../support/processes.js';
import { pairPhone } from './phone.js';
import { connected, refusedHandshake } from './web-socket.js';

const root = join(import.meta.dirname, '..', '..', '..');
const page = readFileSync(join(root, 'docs', 'frameworks.md'), 'utf8');

/** The code below a heading. */
function exampleOf(heading: string): string {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
  const code = /^```ts\n(.*?)^```$/ms.exec(section)?.[1];
  if (code === undefined) throw new Error(`docs/frameworks.md has no example of ${heading}`);
  return code;
}

/** What the examples leave out. `POST /disable` stands for an administrator, because a test has no other access. */
const prelude = `
import { createServer as listener } from 'node:http';
import { plainLatchkey } from '../../test/frameworks/rig.js';
const { auth } = plainLatchkey();
listener((req, res) => auth.users.disable(req.url.slice(1)).then(() => res.end())).listen(process.env.CONTROL, '127.0.0.1');
`;

/** Runs the code in a process of its own. */
async function started(folder: string, name: string, ...headings: string[]): Promise<Running> {
  const options = { loader: 'ts', format: 'esm', tsconfigRaw: { compilerOptions: { experimentalDecorators: true } } };
  const file = join(folder, `${name}.mjs`);
  const code = [prelude, ...headings.map(exampleOf)].join('\n');
  writeFileSync(file, transformSync(code, options as Parameters<typeof transformSync>[1]).code);
  const [port, control] = [await freePort(), await freePort()];
  const process_ = await startProcess({
    program: process.execPath,
    args: [file],
    environment: { ...process.env, PORT: String(port), CONTROL: String(control) },
    answers: async () => (await send(port, '/auth/me', {})).status === 401,
  });
  return { port, process: process_, disable: async (user) => void (await send(control, `/${user}`, {})) };
}

interface Running {
  readonly port: number;
  readonly process: RunningProcess;
  disable(user: string): Promise<void>;
}

describe('the examples of docs/frameworks.md', function () {
  this.timeout(60_000);
  let folder: string;
  let running: Running;
  before(() => {
    // Inside the checkout, so that packages resolve as for its tests.
    mkdirSync(join(root, 'dist', 'examples'), { recursive: true });
    folder = mkdtempSync(join(root, 'dist', 'examples', 'run-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => running.process.stop());

  for (const framework of ['NestJS', 'Fastify']) {
    it(`${framework}: header login, roles, and a phone’s token`, async () => {
      running = await started(folder, framework, framework);
      const { port } = running;
      const reports = await send(port, '/reports', { user: 'alice', groups: 'admins' });
      expect([reports.status, reports.json]).to.deep.equal([200, { subject: 'alice' }]);
      expect((await send(port, '/reports', { user: 'bob' })).status).to.equal(403);
      expect((await send(port, '/reports', {})).status).to.equal(401);
      for (const path of [
        '/%72eports',
        '//reports',
        '/REPORTS',
        '/reports/',
        '/reports?x',
        '/x/../reports',
        '/api/../reports',
      ]) {
        expect((await send(port, path, {})).status, path).to.be.within(400, 404);
        expect((await send(port, path, { user: 'bob' })).status, path).to.be.within(400, 404);
      }
      const token = await pairPhone(port, 'alice');
      expect((await send(port, '/api/library', { token })).json).to.deep.equal({ owner: 'alice' });
      expect((await send(port, '/api/library', {})).status).to.equal(401);
      expect((await send(port, '/%61pi/library', {})).status).to.be.within(400, 404);
      expect((await send(port, '/reports', { token })).status).to.equal(401);
      await running.disable('alice');
      expect((await send(port, '/api/library', { token })).status).to.equal(403);
    });
  }

  it('ws: refuses strangers and other sites, and closes when the user is disabled', async () => {
    running = await started(folder, 'ws', 'ws');
    const { port } = running;
    const alice = { 'Remote-User': 'alice' };
    expect(await refusedHandshake(port, '/events', {})).to.equal(401);
    expect(await refusedHandshake(port, '/events', { ...alice, Origin: 'https://evil.example' })).to.equal(403);
    expect(await refusedHandshake(port, '/api/events', alice)).to.be.within(400, 403);
    const token = await pairPhone(port, 'alice');
    const open = [
      connected(port, '/events', { ...alice, Origin: `http://127.0.0.1:${port}` }),
      connected(port, '/api/events', { Authorization: `Bearer ${token}` }),
    ];
    for (const each of open) await until('open', () => each.open);
    await running.disable('alice');
    for (const { ended } of open) await until('closed', () => ended() !== undefined);
    expect(open.map(({ ended }) => ended())).to.deep.equal([1008, 1008]);
  });

  it('ws: survives clients that reset the connection during the handshake', async () => {
    running = await started(folder, 'ws-reset', 'ws');
    const { port } = running;
    const head =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==';
    const resets = Array.from({ length: 200 }, (_, index) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(`GET /events HTTP/1.1\r\nHost: a\r\nRemote-User: user${index}\r\n${head}\r\n\r\n`, () => {
        socket.resetAndDestroy();
      });
      return new Promise((resolve) => socket.once('close', resolve));
    });
    await Promise.all(resets);
    expect((await send(port, '/auth/me', { user: 'alice' })).status).to.equal(200);
    expect(running.process.running).to.equal(true);
  });

  it('graphql-ws: knows the principal of a query and of a subscription', async () => {
    running = await started(folder, 'graphql-ws', 'ws', 'graphql-ws');
    const { port } = running;
    expect(await refusedHandshake(port, '/graphql', {})).to.equal(401);
    const token = await pairPhone(port, 'alice');
    const ways: readonly (readonly [string, Record<string, string>])[] = [
      ['/graphql', { 'Remote-User': 'alice' }],
      ['/api/graphql', { Authorization: `Bearer ${token}` }],
    ];
    for (const [path, headers] of ways) {
      const socket = connected(port, path, headers, ['graphql-transport-ws']);
      const { webSocket, messages } = socket;
      await until('open', () => socket.open);
      webSocket.send('{"type":"connection_init"}');
      await until('acknowledged', () => messages.some((text) => text.includes('connection_ack')));
      webSocket.send('{"id":"1","type":"subscribe","payload":{"query":"{ me }"}}');
      webSocket.send('{"id":"2","type":"subscribe","payload":{"query":"subscription { greetings }"}}');
      await until('both answered', () => messages.filter((text) => text.includes('"type":"next"')).length === 2);
      expect(messages.join()).to.contain('{"me":"alice"}').and.to.contain('{"greetings":"hello alice"}');
      webSocket.close();
    }
  });

  it('socket.io: by polling and by WebSocket, for browsers and apps', async () => {
    running = await started(folder, 'socket-io', 'socket.io');
    const { port } = running;
    const token = await pairPhone(port, 'alice');
    const query = '?EIO=4&transport=websocket';
    const origin = { Origin: 'https://evil.example' };
    const polling = '/socket.io/?EIO=4&transport=polling';
    expect((await send(port, polling, {})).status).to.equal(403);
    expect((await send(port, polling, { user: 'alice' })).status).to.equal(200);
    expect((await send(port, polling, { user: 'alice', headers: origin })).status).to.equal(403);
    expect(await refusedHandshake(port, `/socket.io/${query}`, {})).to.equal(400);
    expect(await refusedHandshake(port, `/socket.io/${query}`, { 'Remote-User': 'alice', ...origin })).to.equal(400);
    const open = [
      connected(port, `/socket.io/${query}`, { 'Remote-User': 'alice' }),
      connected(port, `/api/socket.io/${query}`, { Authorization: `Bearer ${token}` }),
    ];
    for (const { webSocket, messages } of open) {
      await until('open', () => messages.length > 0);
      webSocket.send('40');
      await until('greeted', () => messages.includes('42["hello","alice"]'));
    }
    await running.disable('alice');
    for (const { ended } of open) await until('closed', () => ended() !== undefined);
  });
});
