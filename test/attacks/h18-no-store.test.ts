// H18: a cache or service worker stores one user's response and shows it to the next user (Navidrome #5882).
import { expect } from 'chai';
import { pages } from '../../src/pages/pages.js';
import type { Host } from '../http/harness.js';
import { inEveryMode } from '../http/modes.js';
import { openStream } from '../http/stream.js';

inEveryMode('H18: a response with an identity carries no-store', (startHost) => {
  let host: Host;
  before(async () => {
    const verificationUri = 'https://music.example.com/auth/activate';
    host = await startHost({ store: null, services: { pages: pages(), verificationUri } });
  });
  after(() => host.close());

  it('from all routes of Latchkey, successful or not', async () => {
    const { json } = await host.write('POST', '/auth/pairings', { user: 'alice' });
    const paths = [
      'login',
      'me',
      'quick-connect',
      'activate',
      'admin',
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
      ['POST', 'device/verification'],
      ['DELETE', `devices/${crypto.randomUUID()}`],
      ['POST', 'admin/explain'],
      ['PUT', 'admin/group-roles/staff?dry_run=true'],
    ]) {
      const { headers } = await host.write(method ?? '', `/auth/${path}`, { user: 'alice', groups: 'admins' });
      expect(headers['cache-control'], path).to.equal('no-store');
    }
    const stream = await openStream(host.port, `/auth/pairings/${json?.['id']}/events`, 'alice');
    expect(stream.headers['cache-control']).to.match(/\bno-store\b/);
    stream.leave();
    for (const path of ['token', 'revoke', 'device_authorization']) {
      const { headers } = await host.write('POST', `/api/auth/${path}`);
      expect(headers['cache-control'], path).to.equal('no-store');
    }
  });

  it('from a route of the host that reads the principal', async () => {
    expect((await host.ask('/who', { user: 'alice' })).headers['cache-control']).to.equal('no-store');
    expect((await host.ask('/guarded', { user: 'alice' })).headers['cache-control']).to.equal('no-store');
    expect((await host.ask('/guarded')).headers['cache-control']).to.equal('no-store');
  });

  it('from such a route, with every method of authentication', async () => {
    const { token } = await host.pair('alice');
    for (const path of ['/api/who', '/api/guarded']) {
      expect((await host.ask(path, { token })).headers['cache-control'], path).to.equal('no-store');
    }
    const other = await startHost({ services: { session: 'login-only' } });
    try {
      const { cookie } = await other.ask('/auth/login', { user: 'alice' });
      for (const path of ['/who', '/guarded']) {
        expect((await other.ask(path, { cookie })).headers['cache-control'], path).to.equal('no-store');
      }
    } finally {
      await other.close();
    }
  });

  it('but the pages contain no personal data', async () => {
    const headers = { 'Remote-Name': 'Alice Ashdown', 'Remote-Email': 'alice@example.com' };
    const [alice, bob] = [
      await host.ask('/auth/quick-connect', { user: 'alice', headers }),
      await host.ask('/auth/quick-connect', { user: 'bob' }),
    ];
    expect(alice.status).to.equal(200);
    expect(alice.text).to.equal(bob.text).and.not.contain('Ashdown');
  });
});
