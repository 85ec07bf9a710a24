// Pages and their assets.
import { expect } from 'chai';
import { pages } from '../../src/pages/pages.js';
import { pageTexts } from '../../src/pages/texts/languages.js';
import { type Host, startHost } from './harness.js';

describe('pages', () => {
  let host: Host;
  afterEach(() => host.close());

  for (const name of ['quick-connect', 'activate'] as const) {
    it(`are served to any logged-in user, with their own policy: ${name}`, async () => {
      host = await startHost({ store: null, services: { pages: pages() } });
      const answer = await host.ask(`/auth/${name}`, { user: 'alice' });
      expect(answer.headers['content-type']).to.equal('text/html; charset=utf-8');
      expect(answer.headers['content-security-policy']).to.equal(pages().page(name).csp);
      const nobody = await host.ask(`/auth/${name}`);
      expect(nobody.status).to.equal(401);
      expect(nobody.text).to.equal(answer.text);
      expect((await host.ask(`/auth/${name}/`, { user: 'alice' })).status).to.equal(404);
    });
  }

  it('are only those of the host', async () => {
    host = await startHost({ store: null, services: { pages: pages({}, ['quick-connect']) } });
    expect((await host.ask('/auth/quick-connect', { user: 'alice' })).status).to.equal(200);
    expect((await host.ask('/auth/activate', { user: 'alice' })).status).to.equal(404);
  });

  it('answer 401 or 403 without personal data, with and without quick connect', async () => {
    for (const withoutPairings of [false, true]) {
      host = await startHost({ store: null, services: { pages: pages() }, withoutPairings });
      const answer = await host.ask('/auth/admin', { user: 'alice', groups: 'admins' });
      expect(answer.status).to.equal(200);
      expect(answer.text).to.equal(pages().page('admin').html);
      expect(answer.headers['content-security-policy']).to.equal(pages().page('admin').csp);
      const other = await host.ask('/auth/admin', { user: 'bob', groups: 'staff' });
      expect(other.status).to.equal(403);
      // The document itself explains the problem, and the API decides about it: no user has to read JSON.
      expect(other.text).to.equal(answer.text);
      const nobody = await host.ask('/auth/admin');
      expect(nobody.status).to.equal(401);
      expect(nobody.text).to.equal(answer.text);
      if (!withoutPairings) await host.close();
    }
  });

  it('require the role that the host configured for administrators', async () => {
    host = await startHost({ store: null, services: { pages: pages(), administratorRole: 'root' } });
    expect((await host.ask('/auth/admin', { user: 'alice', groups: 'admins' })).status).to.equal(403);
  });

  it('name their language, also when another one was requested', async () => {
    const german = { ...pageTexts.en, language: 'de' };
    host = await startHost({ store: null, services: { pages: pages({ languages: [german] }) } });
    const admin = await host.ask('/auth/admin', { user: 'alice', groups: 'admins' });
    expect(admin.headers['content-language']).to.equal('en');
    expect((await host.ask('/auth/activate', { user: 'alice' })).headers['content-language']).to.equal('de');
  });

  it('load assets, which browsers revalidate each time', async () => {
    host = await startHost({ store: null, services: { pages: pages() } });
    const answer = await host.ask('/auth/assets/connect/quick-connect.js', { user: 'alice' });
    expect(answer.headers['content-type']).to.equal('text/javascript; charset=utf-8');
    expect(answer.headers['cache-control']).to.equal('no-cache');
    const headers = { 'If-None-Match': String(answer.headers.etag) };
    expect((await host.ask('/auth/assets/connect/quick-connect.js', { user: 'alice', headers })).status).to.equal(304);
    for (const name of ['none.js', '..%2f..%2fpackage.json', '__proto__', 'constructor']) {
      expect((await host.ask(`/auth/assets/${name}`)).json, name).to.include({
        code: 'ERR_NOT_FOUND',
      });
    }
  });

  it('redirect a visitor of a login-only host through the login and back', async () => {
    host = await startHost({ services: { session: 'login-only', pages: pages() } });
    const first = await host.ask('/auth/quick-connect', { user: 'alice' });
    expect(first.status).to.equal(303);
    expect(first.headers.location).to.equal('login?return_to=.%2Fquick-connect%3Ffrom%3Dlogin');
    const login = await host.ask(`/auth/${first.headers.location}`, { user: 'alice' });
    expect(login.headers.location).to.equal('./quick-connect?from=login');
    const back = await host.ask('/auth/quick-connect?from=login', { user: 'alice', cookie: login.cookie });
    expect([back.status, back.headers.location]).to.deep.equal([303, './quick-connect']);
    expect((await host.ask('/auth/quick-connect', { user: 'alice', cookie: login.cookie })).status).to.equal(200);
    expect((await host.ask('/auth/quick-connect')).status).to.equal(401);
    // The parameter counts only straight after a login.
    expect((await host.ask('/auth/quick-connect?from=login')).headers.location).to.equal('./quick-connect');
  });

  it('keep the user code, and nothing else, on the way through the login', async () => {
    host = await startHost({ services: { session: 'login-only', pages: pages() } });
    const place = async (query: string) => {
      const { headers } = await host.ask(`/auth/activate${query}`, { user: 'alice' });
      return new URL(headers.location ?? '', 'http://localhost/auth/').searchParams.get('return_to');
    };
    expect(await place('?user_code=WDJB-MJHT')).to.equal('./activate?user_code=WDJB-MJHT&from=login');
    for (const query of ['', '?user_code=', '?user_code=WDJB%26x', '?user_code=a&user_code=b', '?x=WDJB-MJHT']) {
      expect(await place(query), query).to.equal('./activate?from=login');
    }
  });

  it('use the language that the browser prefers, and tell caches so', async () => {
    host = await startHost({ store: null, services: { pages: pages() } });
    const spoken: readonly [accepted: string | undefined, language: string][] = [
      [undefined, 'en'],
      ['*', 'en'],
      ['fr', 'en'],
      ['ar', 'ar'],
      ['AR-eg,ar;q=0.9,en;q=0.8', 'ar'],
      ['en-GB,en;q=0.9,ar;q=0.1', 'en'],
      ['en;q=0.2,ar;q=0.3', 'ar'],
      ['en;q=0,ar;q=0', 'en'],
      ['fr,ar;q=0.1', 'ar'],
      [`${'x-y,'.repeat(500)}ar`, 'ar'],
      ['<script>', 'en'],
    ];
    for (const name of ['quick-connect', 'activate'] as const) {
      for (const [accepted, language] of spoken) {
        const headers = accepted === undefined ? {} : { 'Accept-Language': accepted };
        const answer = await host.ask(`/auth/${name}`, { user: 'alice', headers });
        expect(answer.text, accepted).to.equal(pages().page(name, language).html);
        expect(answer.headers['content-language'], accepted).to.equal(language);
        expect(answer.headers.vary, accepted).to.match(/\bAccept-Language\b/);
        expect(answer.headers['cache-control'], accepted).to.equal('no-store');
      }
    }
  });

  it('do not exist without quick connect', async () => {
    host = await startHost({ store: null, services: { pages: pages() }, withoutPairings: true });
    expect((await host.ask('/auth/quick-connect', { user: 'alice' })).status).to.equal(404);
    expect((await host.write('POST', '/auth/pairings', { user: 'alice' })).status).to.equal(404);
    const json = { grant_type: 'urn:latchkey:params:oauth:grant-type:quick-connect', client_id: 'app', code: 'x' };
    const answer = await host.write('POST', '/api/auth/token', { json });
    expect(answer.json).to.include({ error: 'unsupported_grant_type' });
    expect((await host.write('POST', '/api/auth/revoke', { json: { token: 'x' } })).status).to.equal(200);
  });
});
