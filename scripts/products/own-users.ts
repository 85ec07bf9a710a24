// Our own servers with their own users (`fixtures/`), and what `npm run test:products` checks in them.
import { strict as assert } from 'node:assert';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pairPhone } from '../../test/frameworks/phone.js';
import type { Answer, Ask } from '../../test/http/client.js';
import { freePort } from '../../test/support/processes.js';
import { npmFolder } from '../npm-folders.js';
import { codeOf, writeNamed } from './page-code.js';
import { type Server, startServer, withOutput } from './server.js';

/** The page in docs with the code that mounts Latchkey in these servers. */
export const ownUsersPage = 'products/own-users.md';
const fixtures = join(import.meta.dirname, '..', '..', '..', 'scripts', 'products', 'fixtures');

/** A server with its own users table, in which one account exists: `admin`. */
interface OwnUsersServer {
  /** Also its heading in docs/products/own-users.md. */
  readonly name: string;
  readonly program: string;
  readonly packages: readonly string[];
  readonly stack: string;
  /** Whether Latchkey's login is kept in the server's session. */
  readonly sessions?: boolean;
  /** Whether the server's own login ignores the case of names. */
  readonly anyCase?: boolean;
  /** Whether a person can link the two accounts. */
  readonly current?: boolean;
  /** Returns what a client of the server's own login sends. */
  ownLogin(answer: Answer): Ask;
}

const ownCookie = ({ cookie }: Answer): Ask => ({ cookie });

export const ownUsersServers: readonly OwnUsersServer[] = [
  {
    name: 'audiobookshelf',
    program: 'audiobookshelf.cjs',
    // If GitHub cannot be reached, npm compiles sqlite3. `npm_config_nodedir=/usr` is where Debian has Node's headers.
    packages: ['express@4', 'sequelize@6', 'sqlite3', 'libsql', 'jsonwebtoken@9'],
    stack: 'Express 4, CommonJS, Sequelize',
    anyCase: true,
    ownLogin: ({ json }) => ({ token: String(json?.['token']) }),
  },
  {
    name: 'uptime-kuma',
    program: 'uptime-kuma.mjs',
    packages: ['express@4', 'knex', 'libsql', 'jsonwebtoken@9'],
    stack: 'Express 4, knex',
    current: true,
    ownLogin: ownCookie,
  },
  {
    name: 'seerr',
    program: 'seerr.mjs',
    packages: ['express@5', 'express-session', 'typeorm', 'reflect-metadata', 'libsql'],
    stack: 'Express 5, TypeORM, sessions',
    sessions: true,
    current: true,
    ownLogin: ownCookie,
  },
  {
    name: 'Actual',
    program: 'actual.mjs',
    packages: ['express@5', 'libsql'],
    stack: 'Express 5, better-sqlite3',
    current: true,
    ownLogin: ({ json }) => ({ headers: { 'X-Actual-Token': String(json?.['token']) } }),
  },
];

const browser = '/latchkey';
const app = '/api/latchkey';
const groups = 'admins';
const json = { 'Content-Type': 'application/json' };
const ownPage = { ...json, 'Sec-Fetch-Site': 'same-origin' };

/** A row of the server's own table. */
interface Row {
  readonly id: string | number;
  readonly username: string;
  readonly latchkeyId: string | null;
}

/** A user in Latchkey's own API. */
interface LatchkeyUser {
  readonly id: string;
  readonly subject: string;
  readonly version: number;
  readonly host_user_id?: string;
}

/** Installs a server, and runs it with header login off, on, and off again. */
export async function tryOwnUsers(
  server: OwnUsersServer,
  folder: string,
  tarball: string,
  node: string,
): Promise<void> {
  const { name, program, packages, sessions } = server;
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
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    await running.ask(`${app}/revoke`, { method: 'POST', headers: form, body: `token=${token}&client_id=app` });
    assert.equal((await running.ask('/api/me', { token })).status, 401, 'the token is revoked');
  });
}

/** Logs in by the server's own login. Returns what the client sends from then on. */
async function passwordLogin(server: OwnUsersServer, { ask }: Server, username = 'admin'): Promise<Ask> {
  const answer = await ask('/login', { method: 'POST', headers: json, json: { username, password: 'correct horse' } });
  assert.equal(answer.status, 200, `the login with a password: ${answer.text}`);
  return server.ownLogin(answer);
}

/** Returns all rows of the server's own table, as its administrator sees them. */
async function rowsOf(server: OwnUsersServer, running: Server): Promise<readonly Row[]> {
  const { status, text } = await running.ask('/api/users', await passwordLogin(server, running));
  assert.equal(status, 200, text);
  return JSON.parse(text);
}

async function checkHeadersMeanNothing({ ask, port }: Server): Promise<void> {
  for (const user of ['alice', 'carol', 'admin']) {
    for (const path of ['/api/me', `${browser}/me`]) {
      assert.equal((await ask(path, { user, groups })).status, 401, `the header ${user} means nothing on port ${port}`);
    }
  }
}

async function checkOff(server: OwnUsersServer, running: Server): Promise<void> {
  const { ask } = running;
  await checkHeadersMeanNothing(running);
  await checkPasswords(server, running);
  assert.deepEqual(
    (await rowsOf(server, running)).map(({ username }) => username),
    ['admin'],
  );
  assert.equal((await ask('/api/me', {})).status, 401);
}

/** The server's own login, which other headers neither help nor hinder. */
async function checkPasswords(server: OwnUsersServer, running: Server): Promise<void> {
  const { ask } = running;
  for (const [username, password] of [
    ['admin', 'wrong'],
    ['carol', '!'],
    ['nobody', 'correct horse'],
  ]) {
    const login = { method: 'POST', headers: json, json: { username, password } };
    assert.equal((await ask('/login', login)).status, 401, `${username} with the password ${password}`);
  }
  const own = await passwordLogin(server, running);
  const me = await ask('/api/me', own);
  assert.deepEqual([me.status, me.json?.['username']], [200, 'admin'], me.text);
  // Clients of the server's own login do not say from which page a write comes.
  const thing = { ...own, method: 'POST', headers: { ...json, ...own.headers }, json: { name: 'mine' } };
  assert.equal((await ask('/api/things', thing)).status, 201);
  const out = await ask('/logout', { ...own, method: 'POST' });
  assert.equal(out.status, 204, out.text);
  if (server.ownLogin !== ownCookie || server.sessions === true) {
    assert.equal((await ask('/api/me', own)).status, 401, 'the login has ended');
  }
}

/** Returns the token of carol's phone. */
async function checkOn(server: OwnUsersServer, running: Server): Promise<string> {
  const { ask } = running;
  await checkPasswords(server, running);
  const withoutSecret = await ask('/api/me', { headers: { 'Remote-User': 'carol' } });
  assert.equal(withoutSecret.status, 403, 'an identity header without the secret');

  const carolId = await checkRows(server, running);
  await checkLocalAccount(server, running);

  const headers = await running.proxied('carol');
  const token = await pairPhone(running.port, 'carol', { browser, app, headers });
  const me = await ask('/api/me', { token });
  assert.deepEqual([me.status, me.json?.['id']], [200, carolId], me.text);
  const thing: Ask = { method: 'POST', headers: json, json: { name: 'by the phone' } };
  assert.equal((await ask('/api/things', { ...thing, token })).status, 201);
  const forged = `${token.slice(0, -4)}AAAA`;
  assert.equal((await ask('/api/me', { user: 'carol', token: forged })).status, 401, 'a forged token, with a login');
  const evil = { ...json, 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };
  const written = await ask('/api/things', { ...thing, user: 'carol', headers: evil });
  assert.deepEqual([written.status, written.json?.['code']], [403, 'ERR_CROSS_ORIGIN']);
  assert.equal((await ask('/api/things', { ...thing, user: 'carol', headers: ownPage })).status, 201);

  await checkLogout(server, running);
  return token;
}

/** First logins add rows to the server's own table. Returns the id of carol's row. */
async function checkRows(server: OwnUsersServer, running: Server): Promise<unknown> {
  const { ask } = running;
  const carol = await Promise.all(Array.from({ length: 20 }, () => ask('/api/me', { user: 'carol' })));
  assert.deepEqual([...new Set(carol.map(({ status, text }) => `${status} ${text}`))].length, 1, carol[0]?.text);
  assert.equal(carol[0]?.json?.['username'], 'carol', carol[0]?.text);
  const others = Array.from({ length: 20 }, (_, index) => `user-${index}`);
  const answers = await Promise.all(others.map((user) => ask('/api/me', { user })));
  for (const [index, { status, json: me, text }] of answers.entries()) {
    assert.deepEqual([status, me?.['username']], [200, others[index]], text);
  }

  await ask('/api/me', { user: 'alice', groups });
  const rows = await rowsOf(server, running);
  assert.deepEqual(rows.map(({ username }) => username).sort(), ['admin', 'alice', 'carol', ...others].sort());
  for (const row of rows.filter(({ username }) => username !== 'admin')) {
    const user = await latchkeyUser(running, row.username);
    assert.deepEqual([user.host_user_id, user.id], [String(row.id), row.latchkeyId], `the link of ${row.username}`);
  }
  return carol[0]?.json?.['id'];
}

async function latchkeyUser({ ask }: Server, subject: string): Promise<LatchkeyUser> {
  const found = await ask(`${browser}/admin/users?search=${subject}&limit=1000`, { user: 'alice', groups });
  const users = (found.json?.['users'] ?? []) as readonly LatchkeyUser[];
  const user = users.find((each) => each.subject === subject);
  assert.ok(user, `Latchkey knows ${subject}: ${found.text}`);
  return user;
}

/** A header with the name of the local account. */
async function checkLocalAccount(server: OwnUsersServer, running: Server): Promise<void> {
  const { ask } = running;
  const before = await rowsOf(server, running);
  for (const user of server.anyCase === true ? ['admin', 'Admin', 'ADMIN'] : ['admin']) {
    for (const path of ['/api/me', '/api/users', `${browser}/me`]) {
      const { status, text } = await ask(path, { user });
      assert.ok(status === 401 || status === 403, `the header ${user} gets nothing: ${status} ${text}`);
    }
  }
  assert.deepEqual(await rowsOf(server, running), before);

  const { id, version, host_user_id } = await latchkeyUser(running, 'admin');
  assert.equal(host_user_id ?? null, null);
  const account = before.find(({ username }) => username === 'admin');
  if (server.current === true) {
    // The person proves to be both.
    const own = await passwordLogin(server, running);
    const both = { ...own, user: 'admin', headers: { ...ownPage, ...own.headers } };
    assert.equal((await ask(`${browser}/host-user`, { method: 'POST', user: 'admin', headers: ownPage })).status, 401);
    const linked = await ask(`${browser}/host-user`, { ...both, method: 'POST', json: {} });
    assert.deepEqual([linked.status, linked.json?.['host_user_id']], [200, String(account?.id)], linked.text);
    const now = await latchkeyUser(running, 'admin');
    const unlink = { method: 'DELETE', user: 'alice', groups, headers: { ...ownPage, 'If-Match': `"${now.version}"` } };
    const unlinked = await ask(`${browser}/admin/users/${id}/host-user`, unlink);
    assert.equal(unlinked.status, 200, unlinked.text);
    assert.equal((await ask('/api/me', { user: 'admin' })).status, 401, 'without the link, the header gets nothing');
  }
  const current = server.current === true ? (await latchkeyUser(running, 'admin')).version : version;
  const linking: Ask = {
    method: 'PUT',
    user: 'alice',
    groups,
    headers: { ...ownPage, 'If-Match': `"${current}"` },
    json: { host_user_id: String(account?.id) },
  };
  const linked = await ask(`${browser}/admin/users/${id}/host-user`, linking);
  assert.equal(linked.status, 200, linked.text);
  const me = await ask('/api/me', { user: 'admin' });
  assert.deepEqual([me.status, me.json?.['id']], [200, account?.id], me.text);
  // The password is still good.
  await rowsOf(server, running);
}

async function checkLogout({ sessions }: OwnUsersServer, { ask }: Server): Promise<void> {
  const out = await ask(`${browser}/logout`, { method: 'POST', user: 'user-0', headers: ownPage, json: {} });
  assert.deepEqual(out.json, { logout_url: 'https://login.example.com/logout' });
  if (sessions !== true) return;
  assert.equal((await ask('/api/me', { user: 'user-0' })).status, 401, 'the session has ended');
  assert.equal((await ask('/api/me', { user: 'user-1' })).status, 200);
  const { status } = await ask('/logout', { method: 'POST', user: 'user-1', headers: ownPage });
  assert.equal(status, 204);
  assert.equal((await ask('/api/me', { user: 'user-1' })).status, 401, 'the server’s own logout ends it, too');
}

/** The second table of docs/products.md. */
export function ownUsersTable(passed: (name: string) => boolean = () => true): string {
  const rows = ownUsersServers.map(({ name, stack }) => {
    const cell = passed(name) ? 'yes' : 'no';
    const cells = Array.from({ length: 5 }, () => cell).join(' | ');
    return `| [${name}](${ownUsersPage}#${name.toLowerCase()}) | ${stack} | ${cells} |`;
  });
  return [
    '| shape of | made of | off by default | one row per user | keeps local accounts | phone’s token on its API | logout |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
