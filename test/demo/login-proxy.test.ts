// The stand-in proxy and portal must not let anyone bypass the demo's login.
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { expect } from 'chai';
import { loginPortal } from '../../scripts/demo/login-portal.js';
import { serveLoginProxy } from '../../scripts/demo/login-proxy.js';
import { type Listening, listen } from '../../scripts/demo/serving.js';
import { logInAtPortal, visitor } from '../../scripts/demo/visitor.js';

describe('the stand-in proxy', () => {
  let app: Listening;
  let proxy: Listening;
  let url: string;
  let now = Date.now();
  before(async () => {
    app = await listen(0);
    // Answers with the request that it received.
    app.server.on('request', (inner, response) => {
      if (inner.url === '/stream') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: first\n\n');
        return;
      }
      inner.resume().on('end', () => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ target: inner.url, headers: inner.rawHeaders }));
      });
    });
    proxy = await listen(0);
    url = `http://127.0.0.1:${proxy.port}`;
    serveLoginProxy(proxy.server, {
      portal: loginPortal('a secret', () => now),
      appPort: app.port,
      secret: 'the word of the proxy',
      onError: () => {},
    });
  });
  after(async () => {
    await proxy.close();
    await app.close();
  });

  function ask(path: string, headers: Record<string, string>): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port: proxy.port, path, headers }, (answer: IncomingMessage) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      outgoing.on('error', reject).end();
    });
  }

  const forged = {
    'Remote-User': 'eve',
    Remote_User: 'eve',
    'remote.user': 'eve',
    'REMOTE-GROUPS': 'eve',
    'Remote-Name': 'eve',
    'Remote-Email': 'eve',
    'X-Latchkey-Proxy-Secret': 'eve',
    X_Latchkey_Proxy_Secret: 'eve',
    'X-Forwarded-For': 'eve',
    Connection: 'Remote-User, eve',
  };

  it('forwards API requests without an identity, whether forged or real', async () => {
    const bob = visitor(url);
    await logInAtPortal(bob, 'bob');
    const { status, text } = await ask('/api/me', { ...forged, cookie: bob.cookies() });
    expect(status).to.equal(200);
    expect(text).to.not.match(/eve|remote.user|proxy.secret/iu);
  });

  it('asserts the user of the cookie, once, and removes what the client asserts', async () => {
    const alice = visitor(url);
    await logInAtPortal(alice, 'alice', 'a, b');
    const { text } = await ask('/page', { ...forged, cookie: alice.cookies() });
    const { headers } = JSON.parse(text) as { headers: string[] };
    const pairs = headers.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), headers[index + 1]]] : []));
    const identity = pairs.filter(([name]) => /remote|latchkey/u.test(String(name)));
    expect(identity).to.deep.equal([
      ['remote-user', 'alice'],
      ['remote-groups', 'a,b'],
      ['remote-name', Buffer.from('Alice Ångström', 'utf8').toString('latin1')],
      ['remote-email', 'alice@example.com'],
      ['x-latchkey-proxy-secret', 'the word of the proxy'],
    ]);
    expect(text).to.not.contain('eve');
  });

  it('requires a login on paths that only look like the API', async () => {
    for (const path of ['/apix', '/API/me', '//api/me', '/api', '/%61pi/me']) {
      expect((await ask(path, forged)).status, path).to.equal(401);
    }
  });

  it('accepts no cookie that is altered, foreign or expired', async () => {
    const bob = visitor(url);
    await logInAtPortal(bob, 'bob');
    const cookie = bob.cookies();
    expect((await ask('/page', { cookie })).status).to.equal(200);
    expect((await ask('/page', { cookie: cookie.replace('bob', 'alice') })).status).to.equal(401);
    expect((await ask('/page', { cookie: `${cookie}x` })).status).to.equal(401);
    const foreign = loginPortal('another secret').verify({ headers: { cookie } } as IncomingMessage);
    expect(foreign).to.equal(undefined);
    now += 9 * 60 * 60 * 1000;
    expect((await ask('/page', { cookie })).status).to.equal(401);
  });

  it('redirects only to a path of this site after a login', async () => {
    for (const [target, expected] of [
      ['/reports?a=1&b=2', '/reports?a=1&b=2'],
      ['//evil.example', '/'],
      ['/\\evil.example', '/'],
      ['https://evil.example', '/'],
      ['/sso/logout', '/'],
      ['/\r\nset-cookie: a=b', '/'],
    ] as const) {
      const answer = await visitor(url).postForm('/sso/login', { person: 'bob', return_to: target });
      expect(answer.headers.get('location'), target).to.equal(expected);
    }
  });

  it('escapes the text that it shows', async () => {
    const answer = await visitor(url).get('/sso/login?return_to=/"><script>alert(1)</script>');
    expect(answer.text).to.not.contain('<script>alert');
  });

  it('accepts no login from another site’s form', async () => {
    const response = await fetch(`${url}/sso/login`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'sec-fetch-site': 'cross-site' },
      body: new URLSearchParams({ person: 'alice' }),
    });
    expect([response.status, response.headers.getSetCookie()]).to.deep.equal([400, []]);
  });

  it('forwards each event of a stream at once', async () => {
    const bob = visitor(url);
    now = Date.now();
    await logInAtPortal(bob, 'bob');
    const leaving = new AbortController();
    const response = await fetch(`${url}/stream`, { headers: { cookie: bob.cookies() }, signal: leaving.signal });
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(new TextDecoder().decode(value as Uint8Array)).to.equal('data: first\n\n');
    leaving.abort();
  });

  it('answers 502 if the app does not answer', async () => {
    const lonely = await listen(0);
    const gone = await listen(0);
    await gone.close();
    serveLoginProxy(lonely.server, { portal: loginPortal('s'), appPort: gone.port, secret: 's', onError: () => {} });
    expect((await visitor(`http://127.0.0.1:${lonely.port}`).get('/api/me')).status).to.equal(502);
    await lonely.close();
  });
});
