// With `session: 'login-only'`, a person who opens a guarded page is led to the login and back.
import { expect } from 'chai';
import express, { type RequestHandler } from 'express';
import { MemoryStore } from 'express-session';
import { mountOf } from '../../src/http/router-mount.js';
import { pages } from '../../src/pages/pages.js';
import { type Answer, type Host, type HostOptions, startHost } from './harness.js';
import { linksOf, navigation, titleOf } from './navigation.js';

describe('with login-only, a navigation that needs a login', () => {
  let host: Host;
  afterEach(() => host.close());

  const start = async ({ services, ...options }: HostOptions = {}) => {
    host = await startHost({
      store: new MemoryStore(),
      ...options,
      services: { session: 'login-only', pages: pages(), ...services },
      routes(app, auth) {
        app.get(/^\/library\//, auth.requireLogin(), (req, res) => void res.json({ url: req.originalUrl }));
        options.routes?.(app, auth);
      },
    });
  };
  const place = async (path: string, headers = navigation) => (await host.ask(path, { headers })).headers.location;

  it('is led to the login from the first request on, and back with its mark', async () => {
    await start();
    const answer = await host.ask('/library/books/1?x=1', { headers: navigation });
    expect(answer.status).to.equal(303);
    expect(answer.headers.location).to.equal(
      `./../../auth/login?return_to=${encodeURIComponent('./../library/books/1?x=1&latchkey=login')}`,
    );
    expect(answer.headers['cache-control']).to.equal('no-store');
    expect(answer.headers['www-authenticate']).to.equal(undefined);
    expect(answer.headers.vary).to.equal('Accept, Sec-Fetch-Mode');
  });

  /** Follows redirects as a browser does; the proxy strips `prefix` and logs alice in at the login only. */
  async function browse(from: string, prefix = ''): Promise<{ answer: Answer; places: readonly string[] }> {
    const places = [from];
    let cookie: string | undefined;
    for (;;) {
      const here = new URL(places.at(-1) ?? '', 'http://browser.example');
      expect(here.host).to.equal('browser.example');
      expect(here.pathname.startsWith(`${prefix}/`), here.pathname).to.equal(true);
      const path = here.pathname.slice(prefix.length) + here.search;
      const user = path.startsWith('/auth/') ? { user: 'alice' } : {};
      const answer = await host.ask(path, { ...user, cookie, headers: navigation });
      cookie = answer.cookie ?? cookie;
      const { location } = answer.headers;
      if (location === undefined) return { answer, places };
      if (places.length > 6) throw new Error(`goes on for ever: ${places.join(' ')}`);
      const next = new URL(location, here);
      places.push(next.href.slice(next.origin.length));
    }
  }

  for (const path of ['/guarded', '/library/books/1?x=1&y=%20', '/library/a/', '/library/%D8%A3?q=a&q=b']) {
    for (const prefix of ['', '/music']) {
      it(`ends where it began, and the host does not see the mark: ${prefix}${path}`, async () => {
        await start();
        const { answer, places } = await browse(prefix + path, prefix);
        expect(answer.status).to.equal(200);
        expect(places.at(-1)).to.equal(prefix + path);
        expect(places).to.have.length(4);
        if (path !== '/guarded') expect(answer.json).to.deep.equal({ url: path });
      });
    }
  }

  it('is not led in circles when the browser does not return the cookie', async () => {
    const warnings: (string | undefined)[] = [];
    const hear = (warning: Error & { code?: string }) => void warnings.push(warning.code);
    process.on('warning', hear);
    await start({ sessionCookie: { secure: true } });
    for (let round = 0; round < 3; round += 1) {
      const { answer, places } = await browse('/library/books/1');
      expect(places).to.have.length(3);
      expect([answer.status, titleOf(answer)]).to.deep.equal([401, 'You are still not logged in']);
      expect(linksOf(answer)).to.deep.equal(['./../../auth/login']);
      expect(answer.text).not.to.match(/trust proxy|secure/);
    }
    await new Promise(setImmediate);
    process.off('warning', hear);
    expect(warnings.filter((code) => code === 'LATCHKEY_COOKIE')).to.have.length(1);
    expect(host.events.filter(({ type }) => type === 'error')).to.deep.equal([]);
  });

  it('is told why the login refuses it, and not led back there', async () => {
    await start();
    const user = 'alice';
    await host.ask('/auth/login', { user });
    await host.administration.users.disable(user);
    const answer = await host.ask('/auth/login', { user, headers: navigation });
    expect([answer.status, titleOf(answer)]).to.deep.equal([403, 'Your account is disabled']);
    const nobody = await host.ask('/auth/login', { headers: navigation });
    expect([nobody.status, nobody.headers.location, linksOf(nobody)]).to.deep.equal([401, undefined, ['']]);
    const me = await host.ask('/auth/me', { headers: navigation });
    expect([me.status, me.headers.location, linksOf(me)]).to.deep.equal([401, undefined, ['./../auth/login']]);
  });

  it('is led there and back on a shared path as well, because a session counts there', async () => {
    await start({ shared: true });
    for (const path of ['/guarded', '/guarded?x=1']) {
      const { answer, places } = await browse(path);
      expect(answer.status).to.equal(200);
      expect(places.at(-1)).to.equal(path);
      expect(places).to.have.length(4);
    }
    const token = await host.ask('/guarded', { headers: { ...navigation, Authorization: 'Bearer x' } });
    expect([token.status, token.headers.location]).to.deep.equal([401, undefined]);
  });

  it('gets a link to the login on a shared path, and is not led in circles there', async () => {
    await start({ shared: true, sessionCookie: { secure: true } });
    const { answer, places } = await browse('/guarded');
    expect(places).to.have.length(3);
    expect([answer.status, titleOf(answer)]).to.deep.equal([401, 'You are still not logged in']);
    expect(linksOf(answer)).to.deep.equal(['./auth/login']);
    await host.close();
    await start({ shared: true, services: { session: 'every-request', loginUrl: 'https://sso.example.com/' } });
    const refused = await host.ask('/guarded', { headers: navigation });
    expect([refused.status, titleOf(refused)]).to.deep.equal([401, 'You are not logged in']);
    expect(linksOf(refused)).to.deep.equal(['https://sso.example.com/']);
    const inApi = await host.ask('/api/guarded', { headers: navigation });
    expect([inApi.status, linksOf(inApi)]).to.deep.equal([401, ['']]);
  });

  const others: readonly (readonly [string, string, Record<string, string>])[] = [
    ['a fetch of a script', 'GET', { ...navigation, 'Sec-Fetch-Mode': 'cors' }],
    ['an image', 'GET', { Accept: 'image/*', 'Sec-Fetch-Mode': 'no-cors' }],
    ['a form', 'POST', navigation],
    ['HEAD', 'HEAD', navigation],
    ['a client of an API', 'GET', { Accept: '*/*' }],
    ['a script of an old browser', 'GET', { Accept: 'text/html', 'X-Requested-With': 'XMLHttpRequest' }],
    ['a token', 'GET', { ...navigation, Authorization: 'Bearer x' }],
  ];
  for (const [title, method, headers] of others) {
    it(`is the only request that is led there: not ${title}`, async () => {
      await start({ routes: (app, auth) => void app.post('/guarded', auth.requireLogin()) });
      const answer = await host.ask('/guarded', { method, headers });
      expect([answer.status, answer.headers.location]).to.deep.equal([401, undefined]);
    });
  }

  it('is led there by a browser that sends no Sec-Fetch-Mode, as on plain http', async () => {
    await start();
    expect(await place('/guarded', { Accept: 'text/html,*/*;q=0.8' })).to.match(/^\.\/auth\/login\?return_to=/);
  });

  it('is not led anywhere where a login would not help', async () => {
    await start();
    const roles = await host.ask('/api/guarded', { headers: navigation });
    expect([roles.status, roles.headers.location]).to.deep.equal([401, undefined]);
    for (const session of ['every-request', 'none'] as const) {
      await host.close();
      await start({ services: { session } });
      expect(await place('/guarded'), session).to.equal(undefined);
    }
  });

  it('is led to the login that the host configured, if that can lead back', async () => {
    const back = encodeURIComponent('/guarded?latchkey=login');
    const relative = encodeURIComponent('./../guarded?latchkey=login');
    for (const [loginUrl, expected] of [
      ['/sign-in', `/sign-in?return_to=${back}`],
      ['/sign-in?a=b#top', `/sign-in?a=b&return_to=${back}#top`],
      ['/music/auth/login', `/music/auth/login?return_to=${relative}`],
      ['https://music.example.com/auth/login', `https://music.example.com/auth/login?return_to=${relative}`],
      ['https://sso.example.com/', undefined],
    ] as const) {
      await start({ services: { loginUrl } });
      expect(await place('/guarded'), loginUrl).to.equal(expected);
      await host.close();
    }
    await start();
  });

  it('is led once, not in circles, to a login that itself requires a login', async () => {
    for (const loginUrl of ['/guarded', '/', '/library/in?a=b']) {
      await start({
        services: { loginUrl },
        routes: (app, auth) => void app.get('/', auth.requireLogin()),
      });
      for (const from of ['/guarded', '/', '/library/in']) {
        const first = await place(from);
        expect(first, from).to.be.a('string');
        expect(await place(String(first)), from).to.equal(undefined);
      }
      await host.close();
    }
    await start();
  });

  it('is led on from the route login to the host’s own login page, with a path only', async () => {
    await start({ services: { loginUrl: '/sign-in', session: 'every-request' } });
    expect(await place('/auth/login')).to.equal('/sign-in');
    expect(await place('/auth/login?return_to=/a?b')).to.equal(`/sign-in?return_to=${encodeURIComponent('/a?b')}`);
    expect(await place('/auth/login?return_to=./quick-connect')).to.equal('/sign-in');
    expect(await place('/auth/login?return_to=//evil.example')).to.equal(undefined);
    expect(await place('/auth/login', {})).to.equal(undefined);
    for (const loginUrl of ['https://sso.example.com/', '/music/auth/login', undefined]) {
      await host.close();
      await start({ services: { loginUrl, session: 'every-request' } });
      expect(await place('/auth/login'), loginUrl).to.equal(undefined);
    }
  });

  it('finds the router wherever the host mounts it', async () => {
    await start();
    const mounted = (mount: (app: express.Express, router: express.Router) => void) => {
      const app = express();
      mount(app, host.auth.router);
      return app;
    };
    // The harness has mounted it at /auth: the first place counts.
    mounted((app, router) => app.use('/later', router));
    expect(await place('/guarded')).to.match(/^\.\/auth\/login\?/);
  });
});

describe('the mount path of the router', () => {
  const nested: RequestHandler = (_req, _res, next) => next();

  for (const [title, mount, expected] of [
    ['at a path', (app, router) => void app.use('/auth', router), '/auth'],
    ['at a path with a slash, after other middleware', (app, router) => void app.use('/a/b/', nested, router), '/a/b'],
    ['at the root', (app, router) => void app.use(router), ''],
    ['at several paths', (app, router) => void app.use(['/one', '/two'], router), '/one'],
    [
      'in an app that is mounted later',
      (app, router) => void app.use('/outer', express().use('/auth', router)),
      '/outer/auth',
    ],
    ['in another router', (app, router) => void app.use('/x', express.Router().use('/auth', router)), undefined],
    ['at a pattern', (app, router) => void app.use('/:tenant/auth', router), undefined],
    ['at an expression', (app, router) => void app.use(/\/auth/, router), undefined],
    ['nowhere', () => {}, undefined],
  ] as readonly (readonly [string, (app: express.Express, router: express.Router) => void, string | undefined])[]) {
    it(`is known for a router ${title}, or not at all`, () => {
      const router = express.Router();
      const path = mountOf(router);
      mount(express(), router);
      expect(path()).to.equal(expected);
    });
  }
});
