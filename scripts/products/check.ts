// Uses a third-party server as browsers, as strangers and as a phone.
import { strict as assert } from 'node:assert';
import { type Connected, connected, refusedHandshake } from '../../test/frameworks/web-socket.js';
import type { Ask } from '../../test/http/client.js';
import { until } from '../../test/support/processes.js';
import { layoutOf, type Product, type Running } from './products.js';

/** What browsers send with a request that a page of the server itself causes. */
const sameOrigin = { 'Sec-Fetch-Site': 'same-origin' };
const json = { 'Content-Type': 'application/json' };

/** Checks what the table of docs/products.md says. */
export async function check(product: Product, running: Running): Promise<void> {
  const { path, answers, groups, headers = {}, roles, shared = false } = product;
  const { browser, apps, app } = layoutOf(product);
  const { ask, token } = running;
  const onPhone = product.phonePath ?? (shared ? path : `${apps}${path}`);
  const alice: Ask = { user: 'alice', groups, headers };

  const read = await ask(path, alice);
  assert.deepEqual([read.status, answers.test(read.text)], [200, true], read.text.slice(0, 2000));
  const spelled = path.replace(/^\/(.)/, (_all, first: string) => `/%${first.charCodeAt(0).toString(16)}`);
  for (const each of [path, spelled, `/${path}`, `/x/..${path}`]) {
    const { status, text } = await ask(each, { headers });
    assert.ok(status >= 400 && status < 500 && !answers.test(text), `${each} without a login: ${status} ${text}`);
  }
  if (roles === undefined) assert.equal((await ask(path, { user: 'bob', headers })).status, 403);
  else await roles(running);

  const phone = await ask(onPhone, { token, headers });
  assert.equal(phone.status, 200, phone.text.slice(0, 2000));
  const forged = `${token.slice(0, -4)}AAAA`;
  const refused: readonly (readonly [string, Ask])[] = [
    [onPhone, { headers }],
    [onPhone, { token: forged, headers }],
    // On a shared path, a header counts, but never together with a token.
    shared ? [path, { ...alice, token: forged }] : [onPhone, alice],
    shared ? [path, { headers: { ...headers, 'Remote-User': 'alice' } }] : [path, { token, headers }],
  ];
  for (const [each, what] of refused) {
    const { status } = await ask(each, what);
    assert.ok(status >= 400 && status < 404, `${each}: ${status}`);
  }

  await checkWrite(product, running);
  const open = product.webSocket === undefined ? undefined : await checkWebSocket(product, running);

  const leaving: Ask = { method: 'POST', user: 'alice', groups, headers: { ...json, ...sameOrigin }, json: {} };
  const out = await ask(`${browser}/logout`, leaving);
  assert.deepEqual(out.json, { logout_url: 'https://login.example.com/logout' });
  if (product.sessions === true) {
    assert.equal((await ask(path, alice)).status, 401, 'the session has ended, and its cookie is worth nothing');
  }
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  await ask(`${app}/revoke`, { method: 'POST', headers: form, body: `token=${token}&client_id=app` });
  // socket.io refuses a handshake with 403, whatever the reason.
  assert.ok([401, 403].includes((await ask(onPhone, { token, headers })).status), 'the token is revoked');
  if (open !== undefined) await until('the phone’s WebSocket is closed', () => open.ended() !== undefined);
}

/** A page of another site makes alice's browser send a write. */
async function checkWrite({ write, groups, headers = {} }: Product, { ask }: Running): Promise<void> {
  if (write === undefined) return;
  const alice: Ask = { user: 'alice', groups, ...write.what };
  const all = { ...json, ...headers, ...write.what.headers };
  const origins: readonly Record<string, string>[] = [
    { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' },
    { 'Sec-Fetch-Site': 'same-site', Origin: 'https://other.example' },
    { Origin: 'null' },
    {},
  ];
  for (const origin of origins) {
    // Browsers send requests with this content type without asking the server first.
    const simple = { ...all, ...origin, 'Content-Type': 'text/plain' };
    const { status, json: problem, text } = await ask(write.path, { ...alice, headers: simple });
    assert.equal(
      status,
      write.ownProtection ?? 403,
      `a write of another site (${JSON.stringify(origin)}): ${status} ${text}`,
    );
    if (write.ownProtection === undefined) assert.equal(problem?.['code'], 'ERR_CROSS_ORIGIN');
  }
  const { status, text } = await ask(write.path, { ...alice, headers: { ...all, ...sameOrigin } });
  assert.ok(status >= 200 && status < 300, `a write of the server’s own page: ${status} ${text}`);
}

/** Returns the phone's open WebSocket. */
async function checkWebSocket(product: Product, running: Running): Promise<Connected> {
  const { webSocket = '', groups, roles, hello } = product;
  const { apps, browser: router } = layoutOf(product);
  const { port, origin, token, ask, proxied } = running;
  const alice = await proxied('alice', groups);
  const strangers: Record<string, string>[] = [{}, { ...alice, Origin: 'https://evil.example' }];
  // A user without the role.
  if (roles === undefined) strangers.push({ ...(await proxied('bob')), Origin: origin });
  for (const headers of strangers) {
    const status = (await refusedHandshake(port, webSocket, headers)) ?? 0;
    assert.ok(status >= 400 && status <= 403, `the handshake of a stranger: ${status}`);
  }
  const forged = { Authorization: `Bearer ${token.slice(0, -4)}AAAA` };
  const status = (await refusedHandshake(port, `${apps}${webSocket}`, forged)) ?? 0;
  assert.ok(status >= 400 && status <= 403, `the handshake with a forged token: ${status}`);

  const opened = async (headers: Record<string, string>, path = webSocket): Promise<Connected> => {
    const socket = connected(port, path, headers);
    await until('the WebSocket is open', () => socket.open || socket.ended() !== undefined);
    assert.equal(socket.ended(), undefined);
    if (hello !== undefined) {
      const [say, answer] = hello;
      socket.webSocket.send(say);
      await until('the server answers on the WebSocket', () => socket.messages.some((message) => answer.test(message)));
    }
    return socket;
  };
  const browser = await opened({ ...alice, Origin: origin });
  const carol = await opened({ ...(await proxied('carol', groups)), Origin: origin });
  const phone = await opened({ Authorization: `Bearer ${token}` }, `${apps}${webSocket}`);

  const admin: Ask = { user: 'alice', groups, headers: { ...json, ...sameOrigin } };
  const { users } = (await ask(`${router}/admin/users?search=carol`, admin)).json as { users: readonly Row[] };
  const [{ id, version } = { id: '', version: 0 }] = users;
  const match = { ...json, ...sameOrigin, 'If-Match': `"${version}"` };
  const disabling: Ask = { ...admin, method: 'PATCH', headers: match, json: { disabled: true } };
  const disabled = await ask(`${router}/admin/users/${id}`, disabling);
  assert.equal(disabled.status, 200, disabled.text);
  await until('the WebSocket of the disabled user is closed', () => carol.ended() !== undefined);
  assert.ok(browser.open && phone.open, 'the WebSockets of other users stay open');
  if (roles === undefined) {
    // The proxy no longer sends a group that gives the role.
    await ask(`${router}/me`, { user: 'alice', headers: {} });
    await until('the WebSocket of the user without the role is closed', () => browser.ended() !== undefined);
    await until('the phone of this user, too', () => phone.ended() !== undefined);
    await ask(`${router}/me`, admin);
    return opened({ Authorization: `Bearer ${token}` }, `${apps}${webSocket}`);
  }
  browser.webSocket.close();
  return phone;
}

/** The members of a user's JSON that a change of the user needs. */
interface Row {
  readonly id: string;
  readonly version: number;
}
