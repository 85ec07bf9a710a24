// H25: markup, line breaks and other sites in an address that people are refused at, or led to the login from.
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import { pages } from '../../src/pages/pages.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import type { Host } from '../http/harness.js';
import { inEveryMode } from '../http/modes.js';
import { navigation } from '../http/navigation.js';

const marker = 'zzmarkerzz';
const site = 'http://music.example';

const addresses = [
  `/guarded/<script>${marker}</script>`,
  `/guarded/"onmouseover=${marker}`,
  `/guarded/%22%3E%3Cimg%20src=x%20onerror=${marker}%3E`,
  `/guarded?${marker}='"><svg/onload=${marker}>`,
  `/guarded/${marker}%0d%0aSet-Cookie:%20a=b`,
  `/guarded/{login}${marker}{code}`,
  `//${marker}.example/guarded`,
  `//${marker}.example/%2e%2e/guarded`,
  `/\\${marker}.example/guarded`,
  `/guarded/..//${marker}.example`,
  `/guarded/%2f%2f${marker}.example`,
  `/guarded/https://${marker}.example`,
  `/guarded/javascript:${marker}`,
  `/guarded?return_to=https://${marker}.example&latchkey=login`,
  `/guarded/${marker.repeat(300)}`,
  `https://${marker}.example/guarded`,
];

inEveryMode('H25: what people see of a refusal', (startHost, shared) => {
  // On shared paths, a path that can be read in several ways is refused.
  const refusals = shared ? [400, 401, 403] : [401, 403];
  let host: Host;
  const start = async (session: 'none' | 'login-only') => {
    host = await startHost({
      store: session === 'none' ? null : new MemoryStore(),
      services: { session, pages: pages(), logoutUrl: '/sso/logout' },
      routes(app, auth) {
        app.use((req, _res, next) => {
          if (req.headers['x-refuse'] === undefined) next();
          else next(new LatchkeyError('ERR_ROLE_REQUIRED', { cause: new Error(req.url) }));
        });
        app.use(auth.requireLogin(), (_req, res) => void res.json({}));
      },
    });
  };
  afterEach(() => host.close());

  it('repeats nothing of the request', async () => {
    await start('none');
    for (const address of addresses) {
      for (const headers of [
        navigation,
        { ...navigation, 'X-Refuse': marker, Referer: `https://${marker}.example/`, Cookie: `a=${marker}` },
        { ...navigation, 'Accept-Language': `<${marker}>,ar;q=0.1`, Accept: `text/html,x/${marker},*/*;q=0.1` },
      ]) {
        const answer = await host.ask(address, { headers });
        expect(answer.status, address).to.be.oneOf(refusals);
        expect(answer.headers['content-type'], address).to.equal('text/html; charset=utf-8');
        expect(answer.text + JSON.stringify(answer.headers), address).to.not.contain(marker);
        expect(answer.headers['set-cookie']).to.equal(undefined);
      }
    }
  });

  it('runs no script, and no page can frame it', async () => {
    await start('none');
    const { text, headers } = await host.ask('/guarded', { headers: navigation });
    expect(text).not.to.match(/<script|\son\w+=|\sstyle=|javascript:|<form|http-equiv/i);
    expect(headers['content-security-policy'])
      .to.match(/^default-src 'none'; style-src 'self' 'sha256-[\w+/]{43}='; img-src 'self';/)
      .and.include("frame-ancestors 'none'")
      .and.include("form-action 'none'")
      .and.not.match(/unsafe|script-src|\*/);
  });

  it('never leads to another site, before the login or after it', async () => {
    await start('login-only');
    for (const address of addresses) {
      const led = await host.ask(address, { headers: navigation });
      expect(led.headers['set-cookie'], address).to.equal(undefined);
      const { location } = led.headers;
      if (location === undefined) {
        expect(led.status, address).to.be.oneOf(refusals);
        continue;
      }
      const login = new URL(location, new URL(address.replace(/^\/+/, '/'), site));
      expect(login.origin, address).to.equal(site);
      expect(login.pathname, address).to.equal('/auth/login');
      const back = await host.ask(login.pathname + login.search, { user: 'alice', headers: navigation });
      expect(back.status, address).to.equal(303);
      expect(new URL(back.headers.location ?? '', login).origin, address).to.equal(site);
      expect(back.headers.location, address).to.match(/^\.\/\.\.\/(?!\/)/);
    }
  });

  it('never leads to another site when the mark of the login is removed', async () => {
    await start('login-only');
    const { cookie } = await host.ask('/auth/login', { user: 'alice' });
    for (const address of addresses) {
      const marked = `${address}${address.includes('?') ? '&' : '?'}latchkey=login`;
      const answer = await host.ask(marked, { cookie, headers: navigation });
      const { location } = answer.headers;
      if (location === undefined) continue;
      const next = new URL(location, new URL(address.replace(/^\/+/, '/'), site));
      expect(next.origin, address).to.equal(site);
      expect(next.search, address).to.not.contain('latchkey=login');
    }
  });

  it('is led to the login at most once in a row, whatever the address says', async () => {
    await start('login-only');
    for (const address of [...addresses, '/', '/guarded?latchkey=login', '/guarded?a&latchkey=login&b', '/guarded?']) {
      let at = new URL(address.replace(/^\/+/, '/'), site);
      let logins = 0;
      for (let step = 0; step < 6; step += 1) {
        // A browser that keeps no cookie: the proxy logs it in at the login.
        const user = at.pathname === '/auth/login' ? { user: 'alice' } : {};
        if ('user' in user) logins += 1;
        const { headers } = await host.ask(at.pathname + at.search, { ...user, headers: navigation });
        if (headers.location === undefined) break;
        at = new URL(headers.location, at);
      }
      expect(logins, address).to.be.at.most(1);
    }
  });
});
