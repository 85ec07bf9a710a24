// http: pages and their assets.
import { expect } from 'chai';
import { pages } from '../../src/pages/pages.js';
import { type Host, startHost } from './harness.js';

describe('pages', () => {
  let host: Host;
  afterEach(() => host.close());

  it('are served to whoever is logged in, with the policy that they come with', async () => {
    host = await startHost({ store: null, services: { pages: pages() } });
    const answer = await host.ask('/auth/quick-connect', { user: 'alice' });
    expect(answer.headers['content-type']).to.equal('text/html; charset=utf-8');
    expect(answer.headers['content-security-policy']).to.equal(pages().page('quick-connect').csp);
    const nobody = await host.ask('/auth/quick-connect');
    expect(nobody.status).to.equal(401);
    expect(nobody.text).to.equal(answer.text);
    expect((await host.ask('/auth/quick-connect/', { user: 'alice' })).status).to.equal(404);
  });

  it('load assets, which are asked about each time', async () => {
    host = await startHost({ store: null, services: { pages: pages() } });
    const answer = await host.ask('/auth/assets/quick-connect.js', { user: 'alice' });
    expect(answer.headers['content-type']).to.equal('text/javascript; charset=utf-8');
    expect(answer.headers['cache-control']).to.equal('no-cache');
    const headers = { 'If-None-Match': String(answer.headers.etag) };
    expect((await host.ask('/auth/assets/quick-connect.js', { user: 'alice', headers })).status).to.equal(304);
    for (const name of ['none.js', '..%2f..%2fpackage.json', '__proto__', 'constructor']) {
      expect((await host.ask(`/auth/assets/${name}`)).json, name).to.include({
        code: 'ERR_NOT_FOUND',
      });
    }
  });

  it('send a login-only host’s visitor through login and back', async () => {
    host = await startHost({ services: { session: 'login-only', pages: pages() } });
    const first = await host.ask('/auth/quick-connect', { user: 'alice' });
    expect(first.status).to.equal(303);
    expect(first.headers.location).to.equal('/auth/login?return_to=%2Fauth%2Fquick-connect');
    const login = await host.ask(first.headers.location ?? '', { user: 'alice' });
    expect(login.headers.location).to.equal('/auth/quick-connect');
    expect((await host.ask('/auth/quick-connect', { user: 'alice', cookie: login.cookie })).status).to.equal(200);
    expect((await host.ask('/auth/quick-connect')).status).to.equal(401);
  });

  it('are not there without quick connect', async () => {
    host = await startHost({ store: null, services: { pages: pages() }, withoutPairings: true });
    expect((await host.ask('/auth/quick-connect', { user: 'alice' })).status).to.equal(404);
    expect((await host.write('POST', '/auth/pairings', { user: 'alice' })).status).to.equal(404);
    expect((await host.write('POST', '/api/auth/token')).status).to.equal(404);
    expect((await host.write('POST', '/api/auth/revoke', { json: { token: 'x' } })).status).to.equal(200);
  });
});
