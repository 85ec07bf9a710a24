// test/e2e: attacks on a real nginx: forged headers, and paths that nginx and the app read differently (H31).
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { visitor } from '../../scripts/demo/visitor.js';
import { sharedStack } from './shared-stack.js';
import type { Stack } from './stack.js';

// The portal does not know this name, so only a forged header can create a row with it.
const forged = { 'remote-user': 'eve', 'remote-groups': 'admins', 'remote-name': 'Eve', 'remote-email': 'a@b.c' };

describe('nginx in front of the app', function () {
  this.timeout(180_000);
  let stack: Stack;
  before(async () => {
    stack = await sharedStack();
  });

  /** Sends a request target exactly as it is spelled. `fetch` would normalize it. */
  async function raw(
    target: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ status: number; text: string }> {
    const socket = connect(Number(new URL(stack.front).port), '127.0.0.1');
    await once(socket, 'connect');
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET ${target} HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n${fields.join('')}\r\n`);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return { status: Number(text.split(' ', 2)[1]), text };
  }

  async function portalCookie(): Promise<string> {
    return (await stack.loggedIn('bob', 'engineers')).one.cookies();
  }

  it('removes forged headers on guarded and unguarded paths, and keeps the identity of the login', async () => {
    const stranger = visitor(stack.front);
    expect((await stranger.get('/auth/me', forged)).status).to.equal(401);
    expect((await stranger.get('/api/me', forged)).status).to.equal(401);
    const bob = await stack.loggedIn('bob', 'engineers');
    const answer = await bob.one.get('/auth/me', forged);
    expect(answer.json).to.include({ subject: 'bob', email: 'bob@example.com' });
    expect(answer.json['roles']).to.deep.equal(['developer']);
  });

  it('removes aliases of a header and a forged proxy secret, too', async () => {
    const aliases = { Remote_User: 'eve', 'Remote.User': 'eve', 'X-Latchkey-Proxy-Secret': 'guessed' };
    expect((await raw('/api/me', aliases)).status).to.equal(401);
    const answer = await raw('/auth/me', { ...aliases, Cookie: await portalCookie() });
    expect(answer.status).to.equal(200);
    expect(answer.text).to.contain('"bob"');
  });

  it('gives no groups to a user without groups, even if the client sends some', async () => {
    const dave = await stack.loggedIn('dave', '');
    const answer = await dave.one.get('/auth/me', { 'remote-groups': 'admins' });
    expect(answer.json).to.include({ subject: 'dave' });
    expect(answer.json['roles']).to.deep.equal([]);
  });

  it('does not let a Connection header remove the headers that nginx sets', async () => {
    const answer = await raw('/auth/me', {
      Cookie: await portalCookie(),
      connection: 'close, Remote-User, Remote-Groups',
    });
    expect(answer.status).to.equal(200);
    expect(answer.text).to.contain('"bob"').and.to.contain('developer');
  });

  it('cannot be bypassed: an instance refuses headers without a secret or with a guessed one', async () => {
    for (const { url } of [stack.one, stack.two]) {
      for (const secret of [undefined, '', 'guessed']) {
        const headers = secret === undefined ? forged : { ...forged, 'x-latchkey-proxy-secret': secret };
        const refused = await visitor(url).get('/auth/me', headers);
        expect([refused.status, refused.json['code']]).to.deep.equal([403, 'ERR_PROXY_SECRET']);
      }
    }
  });

  it('does not forward requests of clients to the portal’s verify endpoint', async () => {
    expect((await raw('/sso/verify', { Cookie: await portalCookie() })).status).to.equal(404);
    expect((await raw('/sso//%76erify', { Cookie: await portalCookie() })).status).to.equal(404);
  });

  it('redirects a page request to the login with the way back, and answers 401 to a script', async () => {
    const stranger = visitor(stack.front);
    const sent = await stranger.get('/reports?year=2026&half=2', { accept: 'text/html,*/*' });
    expect([sent.status, new URL(String(sent.headers.get('location'))).pathname]).to.deep.equal([302, '/sso/login']);
    expect(sent.headers.get('location')).to.match(/return_to=\/reports\?year=2026&half=2$/u);
    expect((await stranger.get('/reports', { accept: 'application/json' })).status).to.equal(401);
  });

  // The status for an anonymous client, and for a client that is logged in as bob. 400: the app can read the path as a
  // guarded and as an unguarded one, or does not accept its spelling. 403: nginx sent an identity on an unguarded path.
  // 404: the app has no such route.
  const targets: readonly (readonly [target: string, stranger: number, bob: number])[] = [
    ['/api/me', 401, 401],
    ['//api/me', 400, 400],
    ['/%61pi/me', 400, 400],
    ['/x/../api/me', 400, 400],
    ['/api%2fme', 400, 400],
    ['/api/..;/auth/me', 400, 400],
    ['http://app.example.com/api/me', 401, 401],
    ['/API/me', 401, 403],
    ['/apix', 401, 404],
    ['/api/../auth/me', 401, 400],
    ['/x/%2e%2e/auth/me', 401, 400],
    ['//auth/me', 401, 404],
    ['/%61uth/me', 401, 400],
    ['/auth/me', 401, 200],
  ];
  for (const [target, stranger, bob] of targets) {
    it(`does not let ${target} bypass the login`, async () => {
      const anonymous = await raw(target, forged);
      expect(anonymous.status, anonymous.text).to.equal(stranger);
      expect(anonymous.text).to.not.contain('"eve"');
      const known = await raw(target, { ...forged, Cookie: await portalCookie() });
      expect(known.status, known.text).to.equal(bob);
      expect(known.text).to.not.contain('"eve"');
    });
  }

  it('has let no forged request create a user', async () => {
    const { rows } = await stack.database.query(`SELECT 1 FROM latchkey_users WHERE subject = 'eve'`);
    expect(rows).to.deep.equal([]);
  });
});
