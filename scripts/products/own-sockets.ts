// Uses a server that logs users in over socket.io, as browsers, as strangers, as a phone and by the server's own login.
import { strict as assert } from 'node:assert';
import { type Connected, connected, refusedHandshake } from '../../test/frameworks/web-socket.js';
import { until } from '../../test/support/processes.js';
import { browser, groups, latchkeyUser, ownPage } from './own-users-requests.js';
import type { Server } from './server.js';

const path = '/socket.io/?EIO=4&transport=websocket';
const phonePath = `/api${path}`;
const admin = { username: 'admin', password: 'correct horse' };

/** A connection of socket.io. */
interface EventSocket {
  /** Sends an event and returns the answer of the server. */
  emit(event: string, value?: object): Promise<Readonly<Record<string, unknown>>>;
  readonly connection: Connected;
}

/** Opens a connection with the protocol of socket.io 4. */
async function opened(port: number, at: string, headers: Readonly<Record<string, string>>): Promise<EventSocket> {
  const connection = connected(port, at, headers);
  const { webSocket, messages } = connection;
  await until('the WebSocket is open', () => connection.open || connection.ended() !== undefined);
  assert.equal(connection.ended(), undefined, `the handshake at ${at}`);
  webSocket.send('40');
  await until('the connection of socket.io is open', () => messages.some((message) => message.startsWith('40')));
  let events = 0;
  return {
    connection,
    async emit(event, value = {}) {
      const id = events;
      events += 1;
      webSocket.send(`42${id}${JSON.stringify([event, value])}`);
      const answered = () => messages.find((message) => message.startsWith(`43${id}[`));
      await until(`the server answers ${event}`, () => answered() !== undefined || connection.ended() !== undefined);
      const [answer] = JSON.parse((answered() ?? '43?[{}]').slice(`43${id}`.length)) as [Record<string, unknown>];
      return answer;
    },
  };
}

/** Returns the name of the user whom the server sees on this connection. */
async function nameOn({ emit }: EventSocket): Promise<unknown> {
  return (await emit('me'))['username'];
}

/** The server's own login is an event. No header helps or hinders this login. */
export async function checkOwnSockets({ port, origin, proxied }: Server): Promise<void> {
  for (const headers of [{ Origin: origin }, { ...(await proxied('admin')), Origin: origin }]) {
    const socket = await opened(port, path, headers);
    assert.equal(await nameOn(socket), undefined, 'nobody is logged in before the login');
    for (const [username, password] of [
      ['admin', 'wrong'],
      ['carol', '!'],
      ['nobody', 'correct horse'],
    ]) {
      const answer = await socket.emit('login', { username, password });
      assert.equal(answer['ok'], false, `the login of ${username} with the password ${password}`);
    }
    assert.equal(await nameOn(socket), undefined);
    const { ok, token } = await socket.emit('login', admin);
    assert.deepEqual([ok, await nameOn(socket)], [true, 'admin']);
    await socket.emit('logout');
    assert.equal(await nameOn(socket), undefined, 'the login has ended');
    assert.equal((await socket.emit('add', { name: 'mine' }))['ok'], false);
    assert.equal((await socket.emit('loginByToken', { token: `${token}x` }))['ok'], false);
    assert.equal((await socket.emit('loginByToken', { token }))['ok'], true);
    assert.equal(await nameOn(socket), 'admin');
    assert.equal((await socket.emit('add', { name: 'mine' }))['ok'], true);
    socket.connection.webSocket.close();
  }
}

/** Checks the connections that Latchkey logs in. `token` is the token of carol's phone. */
export async function checkSockets(running: Server, token: string): Promise<void> {
  const { port, origin, proxied } = running;
  const carol = await proxied('carol');
  const refused: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
    ['a header without the secret', path, { 'Remote-User': 'carol', Origin: origin }],
    ['a page of another site', path, { ...carol, Origin: 'https://evil.example' }],
    ['a forged token', phonePath, { Authorization: `Bearer ${token.slice(0, -4)}AAAA` }],
  ];
  for (const [what, at, headers] of refused) {
    const status = (await refusedHandshake(port, at, headers)) ?? 0;
    assert.ok(status >= 400 && status <= 403, `the handshake with ${what}: ${status}`);
  }

  const byHeader = await opened(port, path, { ...carol, Origin: origin });
  const phone = await opened(port, phonePath, { Authorization: `Bearer ${token}` });
  const other = await opened(port, path, { ...(await proxied('user-1')), Origin: origin });
  const own = await opened(port, path, { Origin: origin });
  await own.emit('login', admin);
  const names = await Promise.all([byHeader, phone, other, own].map(nameOn));
  assert.deepEqual(names, ['carol', 'carol', 'user-1', 'admin']);

  await change(running, 'carol', 'PATCH', '', { disabled: true });
  for (const { connection } of [byHeader, phone]) {
    await until('the connection of the disabled user is closed', () => connection.ended() !== undefined);
  }
  assert.deepEqual(await Promise.all([other, own].map(nameOn)), ['user-1', 'admin'], 'other connections stay open');
  await change(running, 'carol', 'PATCH', '', { disabled: false });
  const again = await opened(port, phonePath, { Authorization: `Bearer ${token}` });
  assert.equal(await nameOn(again), 'carol');

  await change(running, 'user-1', 'DELETE', '/host-user', {});
  await until('the connection of the unlinked user is closed', () => other.connection.ended() !== undefined);
  assert.deepEqual(await Promise.all([again, own].map(nameOn)), ['carol', 'admin']);
  for (const { connection } of [again, own]) connection.webSocket.close();
}

/** Checks that the phone's connection closes when `revoke` revokes its token. */
export async function checkRevokedSocket({ port }: Server, token: string, revoke: () => Promise<void>): Promise<void> {
  const headers = { Authorization: `Bearer ${token}` };
  const phone = await opened(port, phonePath, headers);
  assert.equal(await nameOn(phone), 'carol');
  await revoke();
  await until('the connection of the revoked phone is closed', () => phone.connection.ended() !== undefined);
  const status = (await refusedHandshake(port, phonePath, headers)) ?? 0;
  assert.ok(status >= 400 && status <= 403, `the handshake with a revoked token: ${status}`);
}

async function change(running: Server, subject: string, method: string, place: string, json: object): Promise<void> {
  const { id, version } = await latchkeyUser(running, subject);
  const headers = { ...ownPage, 'If-Match': `"${version}"` };
  const what = { method, user: 'alice', groups, headers, json };
  const { status, text } = await running.ask(`${browser}/admin/users/${id}${place}`, what);
  assert.equal(status, 200, text);
}
