// Uses a server with its own users as browsers, as strangers, as a phone and as clients of the server's own login.
import { strict as assert } from 'node:assert';
import { pairPhone } from '../../test/frameworks/phone.js';
import type { Ask } from '../../test/http/client.js';
import { checkOwnSockets, checkSockets } from './own-sockets.js';
import { app, browser, groups, json, latchkeyUser, ownPage } from './own-users-requests.js';
import { type OwnUsersServer, ownCookie } from './own-users-servers.js';
import type { Server } from './server.js';

/** A row of the server's own table. */
interface Row {
  readonly id: string | number;
  readonly username: string;
  readonly latchkeyId: string | null;
}

/** Logs in by the server's own login. Returns what the client sends from then on. */
export async function passwordLogin(server: OwnUsersServer, { ask }: Server, username = 'admin'): Promise<Ask> {
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

export async function checkHeadersMeanNothing({ ask, port }: Server): Promise<void> {
  for (const user of ['alice', 'carol', 'admin']) {
    for (const path of ['/api/me', `${browser}/me`]) {
      assert.equal((await ask(path, { user, groups })).status, 401, `the header ${user} means nothing on port ${port}`);
    }
  }
}

export async function checkOff(server: OwnUsersServer, running: Server): Promise<void> {
  const { ask } = running;
  await checkHeadersMeanNothing(running);
  await checkPasswords(server, running);
  assert.deepEqual(
    (await rowsOf(server, running)).map(({ username }) => username),
    ['admin'],
  );
  assert.equal((await ask('/api/me', {})).status, 401);
  if (server.sockets === true) await checkOwnSockets(running);
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
export async function checkOn(server: OwnUsersServer, running: Server): Promise<string> {
  const { ask } = running;
  await checkPasswords(server, running);
  const withoutSecret = await ask('/api/me', { headers: { 'Remote-User': 'carol' } });
  assert.equal(withoutSecret.status, 403, 'an identity header without the secret');

  const carolId = await checkRows(server, running);
  // At this time, no user of the proxy is linked to the local account.
  if (server.sockets === true) await checkOwnSockets(running);
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

  if (server.sockets === true) await checkSockets(running, token);
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
