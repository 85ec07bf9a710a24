// H18: a per-user answer that a cache or a service worker keeps and shows to the next person (Navidrome #5882).
import { expect } from 'chai';
import { pages } from '../../src/pages/pages.js';
import { type Host, startHost } from '../http/harness.js';

describe('H18: what carries identity is not stored', () => {
  let host: Host;
  before(async () => {
    host = await startHost({ store: null, services: { pages: pages() } });
  });
  after(() => host.close());

  it('by any route of ours, whether it succeeds or fails', async () => {
    const { json } = await host.write('POST', '/auth/pairings', { user: 'alice' });
    const paths = [
      'login',
      'me',
      'quick-connect',
      'devices',
      `pairings/${json?.['id']}`,
      `pairings/${json?.['id']}/qr.svg`,
      'admin/users',
      `admin/users/${crypto.randomUUID()}`,
      'admin/group-roles',
      'admin/devices',
      'admin/audit',
      'admin/audit?format=jsonl',
    ];
    for (const path of paths) {
      for (const ask of [{ user: 'alice', groups: 'admins' }, { user: 'bob' }, {}]) {
        const { headers } = await host.ask(`/auth/${path}`, ask);
        expect(headers['cache-control'], path).to.equal('no-store');
        expect(headers['referrer-policy'], path).to.equal('no-referrer');
      }
    }
    for (const [method, path] of [
      ['POST', 'pairings'],
      ['POST', 'logout'],
      ['DELETE', `devices/${crypto.randomUUID()}`],
      ['POST', 'admin/explain'],
      ['PUT', 'admin/group-roles/staff?dry_run=true'],
    ]) {
      const { headers } = await host.write(method ?? '', `/auth/${path}`, { user: 'alice', groups: 'admins' });
      expect(headers['cache-control'], path).to.equal('no-store');
    }
    for (const path of ['token', 'revoke']) {
      const { headers } = await host.write('POST', `/api/auth/${path}`);
      expect(headers['cache-control'], path).to.equal('no-store');
    }
  });

  it('by a route of the host that asks who is there', async () => {
    expect((await host.ask('/who', { user: 'alice' })).headers['cache-control']).to.equal('no-store');
    expect((await host.ask('/guarded', { user: 'alice' })).headers['cache-control']).to.equal('no-store');
    expect((await host.ask('/guarded')).headers['cache-control']).to.equal('no-store');
  });

  it('and the page says nothing about anybody', async () => {
    const headers = { 'Remote-Name': 'Alice Ashdown', 'Remote-Email': 'alice@example.com' };
    const [alice, bob] = [
      await host.ask('/auth/quick-connect', { user: 'alice', headers }),
      await host.ask('/auth/quick-connect', { user: 'bob' }),
    ];
    expect(alice.status).to.equal(200);
    expect(alice.text).to.equal(bob.text).and.not.contain('Ashdown');
  });
});
