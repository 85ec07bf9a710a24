// test/e2e: what a stranger can try at a real nginx: forged headers, and paths that two sides read differently (H31).
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { visitor } from '../../scripts/demo/visitor.js';
import { sharedStack } from './shared-stack.js';
import type { Stack } from './stack.js';

// A name that the portal does not know: a row with it can only come from a forged header.
const forged = { 'remote-user': 'eve', 'remote-groups': 'admins', 'remote-name': 'Eve', 'remote-email': 'a@b.c' };

describe('the front door', function () {
  this.timeout(180_000);
  let stack: Stack;
  before(async () => {
    stack = await sharedStack();
  });

  /** Sends a request target exactly as it is spelt; `fetch` would tidy it up. */
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

  it('takes a forged header away, on guarded and unguarded paths, and whoever is logged in stays who they are', async () => {
    const stranger = visitor(stack.front);
    expect((await stranger.get('/auth/me', forged)).status).to.equal(401);
    expect((await stranger.get('/api/me', forged)).status).to.equal(401);
    const bob = await stack.loggedIn('bob', 'engineers');
    const answer = await bob.one.get('/auth/me', forged);
    expect(answer.json).to.include({ subject: 'bob', email: 'bob@example.com' });
    expect(answer.json['roles']).to.deep.equal(['developer']);
  });

  it('takes the aliases of a header and a forged proxy secret away, too', async () => {
    const aliases = { Remote_User: 'eve', 'Remote.User': 'eve', 'X-Latchkey-Proxy-Secret': 'guessed' };
    expect((await raw('/api/me', aliases)).status).to.equal(401);
    const answer = await raw('/auth/me', { ...aliases, Cookie: await portalCookie() });
    expect(answer.status).to.equal(200);
    expect(answer.text).to.contain('"bob"');
  });

  it('gives no groups to somebody without any, whatever groups the client sends along', async () => {
    const dave = await stack.loggedIn('dave', '');
    const answer = await dave.one.get('/auth/me', { 'remote-groups': 'admins' });
    expect(answer.json).to.include({ subject: 'dave' });
    expect(answer.json['roles']).to.deep.equal([]);
  });

  it('does not let a Connection header drop what nginx says', async () => {
    const answer = await raw('/auth/me', {
      Cookie: await portalCookie(),
      connection: 'close, Remote-User, Remote-Groups',
    });
    expect(answer.status).to.equal(200);
    expect(answer.text).to.contain('"bob"').and.to.contain('developer');
  });

  it('refuses a header sent straight to an instance, without and with a guessed secret', async () => {
    for (const { url } of [stack.one, stack.two]) {
      for (const secret of [undefined, '', 'guessed']) {
        const headers = secret === undefined ? forged : { ...forged, 'x-latchkey-proxy-secret': secret };
        const refused = await visitor(url).get('/auth/me', headers);
        expect([refused.status, refused.json['code']]).to.deep.equal([403, 'ERR_PROXY_SECRET']);
      }
    }
  });

  it('answers nobody but nginx who somebody is', async () => {
    expect((await raw('/sso/verify', { Cookie: await portalCookie() })).status).to.equal(404);
    expect((await raw('/sso//%76erify', { Cookie: await portalCookie() })).status).to.equal(404);
  });

  it('sends people to the login page and back to where they were, and scripts nowhere', async () => {
    const stranger = visitor(stack.front);
    const sent = await stranger.get('/reports?year=2026&half=2', { accept: 'text/html,*/*' });
    expect([sent.status, new URL(String(sent.headers.get('location'))).pathname]).to.deep.equal([302, '/sso/login']);
    expect(sent.headers.get('location')).to.match(/return_to=\/reports\?year=2026&half=2$/u);
    expect((await stranger.get('/reports', { accept: 'application/json' })).status).to.equal(401);
  });

  // What the stranger gets, and what somebody gets who is logged in as bob. 404: the app knows no such path, and knew
  // nobody there. 400 and 403: the app was told who it is on a path that it does not believe it on.
  const targets: readonly (readonly [target: string, stranger: number, bob: number])[] = [
    ['/api/me', 401, 401],
    ['//api/me', 404, 404],
    ['/%61pi/me', 404, 404],
    ['/x/../api/me', 404, 404],
    ['/api%2fme', 404, 404],
    ['/api/..;/auth/me', 404, 404],
    ['http://app.example.com/api/me', 401, 401],
    ['/API/me', 401, 403],
    ['/apix', 401, 403],
    ['/api/../auth/me', 401, 403],
    ['/x/%2e%2e/auth/me', 401, 400],
    ['//auth/me', 401, 400],
    ['/%61uth/me', 401, 400],
    ['/auth/me', 401, 200],
  ];
  for (const [target, stranger, bob] of targets) {
    it(`lets ${target} be nobody’s way around the login`, async () => {
      const anonymous = await raw(target, forged);
      expect(anonymous.status, anonymous.text).to.equal(stranger);
      expect(anonymous.text).to.not.contain('"eve"');
      const known = await raw(target, { ...forged, Cookie: await portalCookie() });
      expect(known.status, known.text).to.equal(bob);
      expect(known.text).to.not.contain('"eve"');
    });
  }

  it('has made nobody of all that', async () => {
    const { rows } = await stack.database.query(`SELECT 1 FROM latchkey_users WHERE subject = 'eve'`);
    expect(rows).to.deep.equal([]);
  });
});
