// A person, a browser and nginx: `login-only`, a proxy that logs in at the login only and strips a path prefix.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import session from 'express-session';
import { type Latchkey, latchkey, memoryDirectory, memoryState } from '../../src/index.js';
import { type Chromium, startChromium } from '../support/chromium.js';
import { type Nginx, startNginx } from '../support/nginx.js';
import { answerCheck } from '../support/openapi/answer-check.js';
import { usualParts } from '../support/openapi/usual-parts.js';

describe('a person who is led to the login', () => {
  let auth: Latchkey;
  let server: Server;
  let nginx: Nginx;
  let chromium: Chromium;
  let secure = false;
  before(async () => {
    auth = latchkey({
      trustedProxies: ['loopback'],
      headers: 'authelia',
      directory: memoryDirectory(),
      state: memoryState(),
      session: 'login-only',
      logoutUrl: '/sso/logout',
      pages: { name: 'Example Music', home: '/music/' },
    });
    const app = express();
    app.use(
      answerCheck({ ...usualParts, session: 'login-only', tokens: false, quickConnect: false, pages: ['admin'] }),
    );
    const plain = session({ secret: 'x'.repeat(32), resave: false, saveUninitialized: false });
    const httpsOnly = session({
      secret: 'x'.repeat(32),
      resave: false,
      saveUninitialized: false,
      cookie: { secure: true },
    });
    app.use((req, res, next) => (secure ? httpsOnly : plain)(req, res, next));
    app.use(auth.authenticate);
    app.use('/auth', auth.router);
    app.get('/library/books', auth.requireLogin(), (req, res) => {
      res.type('html').send(`<title>${req.principal?.subject} ${JSON.stringify(req.query)}</title><h1>Books</h1>`);
    });
    app.get('/admins', auth.requireRole('admin'), (_req, res) => void res.json({}));
    app.use(auth.problems);
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const upstream = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    nginx = await startNginx(
      (listen) => `server {
        listen ${listen};
        location /music/auth/login { proxy_pass ${upstream}/auth/login; proxy_set_header Remote-User alice; }
        location /music/ { proxy_pass ${upstream}/; proxy_set_header Remote-User ""; }
      }`,
    );
    chromium = await startChromium();
  });
  after(async () => {
    await chromium.stop();
    await nginx.stop();
    server.close();
    server.closeAllConnections();
    await auth.close();
  });

  it('ends on the page that they opened, logged in, and stays logged in', async () => {
    secure = false;
    const { page, complaints } = await chromium.open();
    for (let visit = 0; visit < 2; visit += 1) {
      await page.goto(`${nginx.url}/music/library/books?shelf=1`);
      expect(page.url()).to.equal(`${nginx.url}/music/library/books?shelf=1`);
      expect(await page.title()).to.equal('alice {"shelf":"1"}');
    }
    expect(complaints).to.deep.equal([]);
  });

  it('sees why a page is refused, whose site it is, and how to use another account', async () => {
    secure = false;
    const { page, complaints } = await chromium.open({ locale: 'ar' });
    await page.goto(`${nginx.url}/music/library/books`);
    const response = await page.goto(`${nginx.url}/music/admins`);
    expect(response?.status()).to.equal(403);
    expect(await page.getAttribute('html', 'dir')).to.equal('rtl');
    expect(await page.title()).to.match(/ · Example Music$/);
    expect(await page.locator('.actions a').getAttribute('href')).to.equal('/sso/logout');
    expect(complaints).to.deep.equal([]);
  });

  it('is told when the cookie is lost, and gets on with the link there once it is not', async () => {
    secure = true;
    const { page } = await chromium.open();
    const response = await page.goto(`${nginx.url}/music/library/books`);
    expect(response?.status()).to.equal(401);
    expect(await page.locator('h1').textContent()).to.equal('Example Music You are still not logged in');
    secure = false;
    await page.getByRole('link', { name: 'Log in' }).click();
    await page.waitForURL(`${nginx.url}/music/`);
    await page.goto(`${nginx.url}/music/library/books`);
    expect(await page.title()).to.equal('alice {}');
  });

  it('does not lead scripts of a page to the login', async () => {
    secure = false;
    const { page } = await chromium.open();
    await page.goto(`${nginx.url}/music/auth/admin`);
    const seen = await page.evaluate(`Promise.all(['*/*', 'application/json', 'text/html'].map((Accept) =>
      fetch('${nginx.url}/music/library/books', { headers: { Accept } }).then(({ status, redirected }) => [status, redirected])))`);
    expect(seen).to.deep.equal(Array.from({ length: 3 }, () => [401, false]));
  });
});
