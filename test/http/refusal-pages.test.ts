// What people see when their request is refused: a page in their language, with the way on.
import { expect } from 'chai';
import { pages } from '../../src/pages/pages.js';
import { pageTexts } from '../../src/pages/texts/languages.js';
import { type ErrorCode, LatchkeyError } from '../../src/vocabulary/errors.js';
import { type Host, type HostOptions, startHost } from './harness.js';
import { linksOf, navigation, titleOf } from './navigation.js';

describe('a refused request of a person', () => {
  let host: Host;
  const start = async ({ services, ...options }: HostOptions = {}) => {
    host = await startHost({ store: null, ...options, services: { pages: pages(), ...services } });
  };
  afterEach(() => host.close());

  const thrown = (error: LatchkeyError): HostOptions => ({
    routes: (app) =>
      app.all('/thrown', () => {
        throw error;
      }),
  });

  const see = (path: string, ask: Parameters<Host['ask']>[1] = {}) =>
    host.ask(path, { ...ask, headers: { ...navigation, ...ask?.headers } });

  it('gets a page with the status, headers and code of the problem', async () => {
    await start();
    const answer = await see('/guarded');
    const problem = await host.ask('/guarded');
    expect([answer.status, problem.status]).to.deep.equal([401, 401]);
    expect(answer.headers['content-type']).to.equal('text/html; charset=utf-8');
    for (const name of ['www-authenticate', 'cache-control', 'x-content-type-options']) {
      expect(answer.headers[name], name).to.equal(problem.headers[name]).and.not.equal(undefined);
    }
    expect(answer.headers.vary).to.equal('Accept, Accept-Language');
    expect(answer.headers['content-language']).to.equal('en');
    expect(answer.headers['referrer-policy']).to.equal('no-referrer');
    expect(answer.headers['x-frame-options']).to.equal('DENY');
    expect(answer.headers['content-security-policy']).to.include("frame-ancestors 'none'").and.not.include('unsafe');
    expect(answer.text).to.include('ERR_LOGIN_REQUIRED');
    expect(titleOf(answer)).to.equal('You are not logged in');
  });

  const conditions: readonly [code: ErrorCode, status: number, title: string][] = [
    ['ERR_LOGIN_REQUIRED', 401, 'You are not logged in'],
    ['ERR_ACCOUNT_DISABLED', 403, 'Your account is disabled'],
    ['ERR_ACCOUNT_PENDING', 403, 'Your account is waiting for approval'],
    ['ERR_ACCOUNT_UNKNOWN', 403, 'You do not have an account here'],
    ['ERR_ACCOUNT_UNMAPPED', 403, 'You do not have access'],
    ['ERR_ACCOUNT_LOCAL', 403, 'This account needs a different login'],
    ['ERR_ACCOUNT_PROXY', 403, 'This account needs a different login'],
    ['ERR_ROLE_REQUIRED', 403, 'You do not have access'],
    ['ERR_SESSION_UNAVAILABLE', 503, 'Try again later'],
    ['ERR_DIRECTORY_UNAVAILABLE', 503, 'Try again later'],
    ['ERR_DIRECTORY_SCHEMA', 503, 'Try again later'],
    ['ERR_THROTTLED', 429, 'Try again later'],
    ['ERR_NOT_FOUND', 404, 'This page does not exist'],
    ['ERR_PEER_UNTRUSTED', 403, 'The server refused this request'],
    ['ERR_HEADER_DUPLICATE', 400, 'The server refused this request'],
    ['ERR_CONFIG', 500, 'Something went wrong'],
  ];
  for (const [code, status, title] of conditions) {
    it(`is told what happened: ${code}`, async () => {
      await start(thrown(new LatchkeyError(code, { detail: 'a detail' })));
      const answer = await see('/thrown');
      expect([answer.status, titleOf(answer)]).to.deep.equal([status, title]);
      expect(answer.text).to.include(`>${code}<`).and.not.include('a detail');
    });
  }

  it('is told about a disabled account, a missing approval and a missing role by the middleware itself', async () => {
    await start({ services: { provisioning: 'pending' } });
    expect(titleOf(await see('/', { user: 'alice' }))).to.equal('Your account is waiting for approval');
    await host.administration.users.approve('alice');
    expect(titleOf(await see('/admins', { user: 'alice' }))).to.equal('You do not have access');
    await host.administration.users.disable('alice');
    expect(titleOf(await see('/auth/me', { user: 'alice' }))).to.equal('Your account is disabled');
  });

  it('is told when to try again, as Retry-After says', async () => {
    for (const [retryAfterSeconds, text] of [
      [1, '1 second.'],
      [12.2, '13 seconds.'],
      [61, '2 minutes.'],
    ] as const) {
      await start(thrown(new LatchkeyError('ERR_THROTTLED', { retryAfterSeconds })));
      const answer = await see('/thrown');
      expect(answer.text).to.include(`Try again in ${text}`);
      expect(answer.headers['retry-after']).to.equal(String(Math.ceil(retryAfterSeconds)));
      const arabic = await see('/thrown', { headers: { 'Accept-Language': 'ar' } });
      expect(arabic.text).to.include('حاول مجددًا بعد').and.not.match(/[٠-٩]/);
      await host.close();
    }
    await start(thrown(new LatchkeyError('ERR_DIRECTORY_SCHEMA')));
    const lasting = await see('/thrown');
    expect(lasting.headers['retry-after']).to.equal(undefined);
    expect(lasting.text).to.include('Try again in a few minutes.');
  });

  it('gets the page in the language that the browser prefers', async () => {
    const german = { ...pageTexts.en, language: 'de' };
    await start({ services: { pages: pages({ languages: ['en', 'ar', german] }) } });
    const languages: readonly [accepted: string | undefined, language: string, direction: string][] = [
      [undefined, 'en', 'ltr'],
      ['ar-EG,ar;q=0.9,en;q=0.5', 'ar', 'rtl'],
      ['fr', 'en', 'ltr'],
      // A table without these texts: the whole page is in English.
      ['de', 'en', 'ltr'],
    ];
    for (const [accepted, language, direction] of languages) {
      const headers = accepted === undefined ? {} : { 'Accept-Language': accepted };
      const answer = await see('/guarded', { headers });
      expect(answer.headers['content-language'], accepted).to.equal(language);
      expect(answer.text, accepted).to.include(`<html lang="${language}" dir="${direction}">`);
    }
  });

  it('gets the headers of the page, and no body, for HEAD', async () => {
    await start();
    const [head, get] = [await see('/guarded', { method: 'HEAD' }), await see('/guarded')];
    expect([head.status, head.text]).to.deep.equal([401, '']);
    for (const name of ['content-type', 'content-length', 'content-language', 'www-authenticate', 'vary']) {
      expect(head.headers[name], name).to.equal(get.headers[name]).and.not.equal(undefined);
    }
  });

  it('gets a page for a form, too', async () => {
    await start(thrown(new LatchkeyError('ERR_ROLE_REQUIRED')));
    const answer = await see('/thrown', { method: 'POST' });
    expect([answer.status, titleOf(answer)]).to.deep.equal([403, 'You do not have access']);
  });

  const machines: readonly (readonly [string, Record<string, string>])[] = [
    ['nothing', {}],
    ['everything', { Accept: '*/*' }],
    ['JSON', { Accept: 'application/json' }],
    ['problems', { Accept: 'application/problem+json' }],
    ['what axios asks', { Accept: 'application/json, text/plain, */*' }],
    ['JSON before HTML', { Accept: 'application/json, text/html' }],
    ['HTML less than JSON', { Accept: 'text/html;q=0.5, application/json' }],
    ['no HTML', { Accept: 'text/html;q=0, */*' }],
    ['nonsense', { Accept: ';;;,,' }],
    ['HTML with a token', { ...navigation, Authorization: 'Bearer x' }],
  ];
  for (const [asked, headers] of machines) {
    it(`stays a problem in JSON for a client that asks for ${asked}`, async () => {
      await start();
      for (const [path, code] of [
        ['/admins', 'ERR_ROLE_REQUIRED'],
        ['/auth/pairings/none', 'ERR_PAIRING_UNKNOWN'],
      ] as const) {
        const answer = await host.ask(path, { user: 'alice', headers });
        expect(answer.headers['content-type'], path).to.equal('application/problem+json; charset=utf-8');
        expect(answer.json, path).to.include({ code });
        expect(answer.headers['content-language'], path).to.equal(undefined);
      }
    });
  }

  it('stays OAuth’s error on the routes for apps', async () => {
    await start();
    const answer = await host.write('POST', '/api/auth/token', { json: {}, headers: { Accept: 'text/html' } });
    expect(answer.json).to.include({ error: 'invalid_request' });
  });

  it('keeps a Vary that the host has set', async () => {
    await start({
      before: (app) =>
        app.use((_req, res, next) => {
          res.set('Vary', 'Origin, accept');
          next();
        }),
    });
    expect((await see('/guarded')).headers.vary).to.equal('Origin, accept, Accept-Language');
  });

  it('is offered the login and the logout that the host configured', async () => {
    const services = { loginUrl: 'https://sso.example.com/in?a=1&b=2', logoutUrl: '/sso/logout' };
    await start({ services });
    const login = await see('/guarded');
    expect(linksOf(login)).to.deep.equal(['https://sso.example.com/in?a=1&amp;b=2']);
    expect(login.text).not.to.include('Log in where you usually');
    expect(linksOf(await see('/admins', { user: 'alice' }))).to.deep.equal(['/sso/logout']);
    expect(linksOf(await see('/auth/me'))).to.deep.equal(['https://sso.example.com/in?a=1&amp;b=2']);
    // Only tokens count on unguarded paths, so a login would not help.
    expect(linksOf(await see('/api/guarded'))).to.deep.equal(['']);
  });

  it('is told where to log in when the host has configured nothing', async () => {
    await start();
    const answer = await see('/guarded');
    expect(answer.text).to.include('Log in where you usually log in to this site.');
    // The link to the page itself, to try again.
    expect(linksOf(answer)).to.deep.equal(['']);
    expect(linksOf(await see('/admins', { user: 'alice' }))).to.deep.equal([]);
  });
});
