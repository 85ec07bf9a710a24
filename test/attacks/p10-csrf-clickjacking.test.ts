// P10: another site opens a pairing in a logged-in browser, or shows the page in a frame under its own buttons.
import { expect } from 'chai';
import type { Router } from 'express';
import { pages } from '../../src/pages/pages.js';
import { type Host, startHost } from '../http/harness.js';

describe('P10: another site', () => {
  let host: Host;
  before(async () => {
    host = await startHost({ store: null, services: { pages: pages() } });
  });
  after(() => host.close());

  it('cannot open a pairing', async () => {
    const simple = [
      { 'Content-Type': 'text/plain', Origin: 'https://evil.example' },
      { 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'cross-site' },
      { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' },
    ];
    for (const headers of simple) {
      const answer = await host.ask('/auth/pairings', { method: 'POST', user: 'alice', body: '{}', headers });
      expect(answer.status).to.equal(403);
    }
    expect(host.events.filter((event) => event.type === 'pairing.opened')).to.deep.equal([]);
  });

  it('gets no CORS permission for a preflight request', async () => {
    const headers = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' };
    const answer = await host.ask('/auth/pairings', { method: 'OPTIONS', user: 'alice', headers });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).to.deep.equal([]);
  });

  it('cannot frame or embed any response', async () => {
    const { json } = await host.write('POST', '/auth/pairings', { user: 'alice' });
    const groups = 'admins';
    await host.ask('/who', { user: 'alice', groups });
    const user = String((await host.directory.findUser('alice'))?.id);
    const paths = reads(host.auth.router).map((path) =>
      path
        .replace('users/:id', `users/${user}`)
        .replace(':id', String(json?.['id']))
        .replace(':folder/:name', 'shared/dom.js')
        .replace(':name', 'styles.css'),
    );
    expect(paths).to.include('/auth/quick-connect').and.to.have.length.greaterThan(6);
    for (const path of paths.filter((each) => !each.endsWith('/events'))) {
      const { headers, status } = await host.ask(path, { user: 'alice', groups });
      expect(status, path).to.be.oneOf([200, 303]);
      expect(headers['content-security-policy'], path).to.match(/frame-ancestors 'none'/);
      expect(headers['x-frame-options'], path).to.equal('DENY');
      expect(headers['cross-origin-resource-policy'], path).to.equal('same-origin');
      expect(headers['x-content-type-options'], path).to.equal('nosniff');
      expect(headers['access-control-allow-origin'], path).to.equal(undefined);
    }
  });

  it('cannot run scripts in the page', async () => {
    const { headers } = await host.ask('/auth/quick-connect', { user: 'alice' });
    expect(headers['content-security-policy'])
      .to.match(/default-src 'none'/)
      .and.not.match(/unsafe/);
  });
});

function reads(router: Router): string[] {
  return router.stack.flatMap(({ route }) =>
    route?.stack.some(({ method }) => method === 'get') ? [`/auth${route.path}`] : [],
  );
}
