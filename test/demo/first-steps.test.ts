// The demo's first second, a missing database, and a user with the name of the local administrator.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { type DemoServers, startDemoServers } from '../../scripts/demo/demo-servers.js';
import { freshSecrets } from '../../scripts/demo/secrets.js';
import { logInAtPortal, visitor } from '../../scripts/demo/visitor.js';
import { freePort, temporaryFolder, until } from '../support/processes.js';

const main = new URL('../../scripts/demo/main.js', import.meta.url).pathname;

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.end());
    socket.once('error', () => resolve(false));
    socket.once('close', (failed) => resolve(!failed));
  });
}

describe('the demo at its start', function () {
  // PGlite takes some seconds to create its database.
  this.timeout(120_000);
  let demo: DemoServers;
  let early: Promise<Response>[];
  before(async () => {
    const ports = { proxy: await freePort(), app: await freePort(), phone: await freePort() };
    const opened = startDemoServers({
      secrets: freshSecrets(),
      ports,
      onError: (error) => expect.fail(String(error)),
    });
    for (const port of Object.values(ports)) await until('it listens', () => listens(port), 60);
    // The app does not run yet: it creates its tables after this.
    early = [
      fetch(`http://127.0.0.1:${ports.proxy}/`, { headers: { accept: 'text/html' }, redirect: 'manual' }),
      fetch(`http://127.0.0.1:${ports.app}/auth/me`),
      fetch(`http://127.0.0.1:${ports.phone}/`),
    ];
    demo = await opened;
  });
  after(() => demo?.close());

  it('answers requests that arrive before it is ready', async () => {
    expect((await Promise.all(early)).map(({ status }) => status)).to.deep.equal([302, 401, 200]);
  });

  it('shows a user whom the portal calls root other ways to log in', async () => {
    const impostor = visitor(demo.proxyUrl);
    await logInAtPortal(impostor, 'root', 'admins');
    const page = await impostor.get('/');
    expect(page.text).to.contain('local account').and.to.contain('<strong>root</strong>');
    const links = [...page.text.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href);
    expect(links).to.include.members([`${demo.proxyUrl}/sso/login`, '/local/login']);
    expect(links, 'the current page').to.not.include(demo.proxyUrl);
    expect((await impostor.get('/sso/login')).text).to.contain('Log out of the portal');
  });
});

describe('the demo without its database', () => {
  for (const [title, url, expected] of [
    [
      'prints the address and the cause',
      'postgres://ada:hunter2@127.0.0.1:1/music',
      /PostgreSQL at 127\.0\.0\.1:1\/music cannot .*ECONNREFUSED/,
    ],
    ['prints an example of an address', 'hunter2 at the database', /DATABASE_URL is no address such as postgres:/],
  ] as const) {
    it(`${title}, and no password`, async () => {
      const folder = await temporaryFolder('demo');
      const ports = { PORT: '0', APP_PORT: '0', PHONE_PORT: '0' };
      const child = spawn(process.execPath, [main], {
        cwd: folder.path,
        env: { ...process.env, ...ports, REDIS_URL: '', DATABASE_URL: url },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const printed = Promise.all([text(child.stdout), text(child.stderr)]);
      const [code] = (await once(child, 'exit')) as [number];
      const output = (await printed).join('');
      expect(code).to.equal(1);
      expect(output).to.match(expected).and.to.not.contain('hunter2');
      await folder.remove();
    });
  }
});
