// Installs our own servers with their own users (`fixtures/`), and checks them.
import { strict as assert } from 'node:assert';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../test/support/processes.js';
import { npmFolder } from '../npm-folders.js';
import { checkRevokedSocket } from './own-sockets.js';
import { checkHeadersMeanNothing, checkOff, checkOn } from './own-users-checks.js';
import { app, browser } from './own-users-requests.js';
import { type OwnUsersServer, ownUsersPage } from './own-users-servers.js';
import { codeOf, writeNamed } from './page-code.js';
import { type Server, startServer, withOutput } from './server.js';

const fixtures = join(import.meta.dirname, '..', '..', '..', 'scripts', 'products', 'fixtures');

/** Installs a server, and runs it with header login off, on, and off again. */
export async function tryOwnUsers(
  server: OwnUsersServer,
  folder: string,
  tarball: string,
  node: string,
): Promise<void> {
  const { name, program, packages, sessions, sockets } = server;
  const here = join(folder, `own-users-${name.toLowerCase()}`);
  await npmFolder(here, { packages: [tarball, ...packages], path: node, strictPeers: false });
  for (const file of [program, 'passwords.cjs']) await cp(join(fixtures, file), join(here, file));
  const [auth] = codeOf(ownUsersPage);
  await writeNamed(here, [auth, ...codeOf(ownUsersPage, name)]);
  for (const data of ['latchkey.db', 'kuma.db', 'account.sqlite', 'audiobookshelf.sqlite', 'seerr.sqlite3']) {
    for (const part of ['', '-wal', '-shm', '-journal']) await rm(join(here, `${data}${part}`), { force: true });
  }

  // The issuer of the tokens has the port in it.
  const port = await freePort();
  async function withSetting(proxies: string, use: (running: Server) => Promise<void>): Promise<void> {
    const environment = { HEADER_LOGIN_PROXIES: proxies, JWT_SECRET_KEY: 'j'.repeat(32) };
    const options = { folder: here, node, program, browser, port, environment, secret: true, sessions };
    const running = await startServer(options);
    await withOutput(running, () => use(running));
  }

  await withSetting('', (running) => checkOff(server, running));
  let token = '';
  await withSetting('loopback', async (running) => {
    token = await checkOn(server, running);
  });
  await withSetting('', async (running) => {
    await checkHeadersMeanNothing(running);
    const { status, json: me } = await running.ask('/api/me', { token });
    assert.deepEqual([status, me?.['username']], [200, 'carol'], 'the phone works on without header login');
    async function revoke(): Promise<void> {
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      await running.ask(`${app}/revoke`, { method: 'POST', headers, body: `token=${token}&client_id=app` });
    }
    if (sockets === true) await checkRevokedSocket(running, token, revoke);
    else await revoke();
    assert.equal((await running.ask('/api/me', { token })).status, 401, 'the token is revoked');
  });
}
