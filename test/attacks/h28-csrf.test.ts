// H28: another site makes the browser send a write, and the proxy adds the user's login to it.
import { expect } from 'chai';
import type { Router } from 'express';
import { pages } from '../../src/pages/pages.js';
import type { Host } from '../http/harness.js';
import { inEveryMode } from '../http/modes.js';
import { hostTable } from '../support/host-table.js';

// An administrator, so that a write is only refused because of its origin or type.
const administrator = { user: 'alice', groups: 'admins' };

/** Every method and path of a router, except for reads. */
function writes(router: Router): [string, string][] {
  return router.stack.flatMap(({ route }) => {
    if (route === undefined) return [];
    const methods = new Set(route.stack.map(({ method }) => method).filter((method) => method !== undefined));
    methods.delete('get');
    const path = route.path.replace(':id', crypto.randomUUID()).replace(':group', 'staff');
    return [...methods].map((method): [string, string] => [method.toUpperCase(), `/auth${path}`]);
  });
}

inEveryMode('H28: the same-origin check of writes', (startHost) => {
  let host: Host;
  before(async () => {
    host = await startHost({
      store: null,
      hostUsers: hostTable(),
      services: {
        pages: pages(),
        verificationUri: 'https://music.example.com/auth/activate',
        origins: ['https://friend.example'],
      },
    });
  });
  after(() => host.close());

  it('covers these writes', () => {
    const found = writes(host.auth.router).map(([method, path]) => `${method} ${path.replace(/[\w-]{36}/, ':id')}`);
    expect(found.sort()).to.deep.equal([
      'DELETE /auth/admin/devices/:id',
      'DELETE /auth/admin/group-roles',
      'DELETE /auth/admin/group-roles/staff',
      'DELETE /auth/admin/users/:id',
      'DELETE /auth/admin/users/:id/host-user',
      'DELETE /auth/devices',
      'DELETE /auth/devices/:id',
      'DELETE /auth/pairings/:id',
      'PATCH /auth/admin/users/:id',
      'PATCH /auth/devices/:id',
      'POST /auth/admin/explain',
      'POST /auth/admin/users',
      'POST /auth/admin/users/:id/rename',
      'POST /auth/device/verification',
      'POST /auth/host-user',
      'POST /auth/logout',
      'POST /auth/pairings',
      'POST /auth/pairings/:id/approve',
      'POST /auth/pairings/:id/deny',
      'PUT /auth/admin/group-roles',
      'PUT /auth/admin/group-roles/staff',
      'PUT /auth/admin/users/:id/host-user',
    ]);
  });

  it('refuses requests that other sites can send, and requests without proof of their origin', async () => {
    const origins: Record<string, string>[] = [
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'none' },
      { Origin: 'https://evil.example' },
      { Origin: 'null' },
      // Hosts that only begin or end like the app's, or use another port.
      { Host: 'app.example', Origin: 'http://evil-app.example' },
      { Host: 'app.example', Origin: 'http://app.example.evil.example' },
      { Host: 'app.example:8080', Origin: 'http://app.example:8081' },
      { Host: 'app.example', Origin: 'http://app.example:8081' },
      { Host: 'app.example', Origin: 'ftp://app.example' },
      { Origin: 'https://friend.example.evil.example' },
      { Origin: 'http://friend.example' },
      {},
    ];
    for (const [method, path] of writes(host.auth.router)) {
      for (const headers of origins) {
        const answer = await host.ask(path, {
          method,
          ...administrator,
          json: {},
          headers: { 'Content-Type': 'application/json', 'If-Match': '"1"', ...headers },
        });
        expect(answer.json, `${method} ${path} ${JSON.stringify(headers)}`).to.include({ code: 'ERR_CROSS_ORIGIN' });
      }
    }
    expect(await host.directory.findUser('alice')).to.have.property('subject', 'alice');
  });

  it('refuses the content types of forms, even from the app’s own pages', async () => {
    const types = [
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain',
      'application/jsonx',
      'text/plain; x=application/json',
    ];
    for (const [method, path] of writes(host.auth.router)) {
      for (const type of types) {
        const headers = { 'Content-Type': type };
        const answer = await host.write(method, path, { ...administrator, body: '{}', headers });
        expect(answer.json, `${method} ${path} ${type}`).to.include({ code: 'ERR_BODY_TYPE' });
      }
      const headers = { 'Sec-Fetch-Site': 'same-origin' };
      const untyped = await host.ask(path, { method, ...administrator, body: '{}', headers });
      expect(untyped.json, `${method} ${path}`).to.include({ code: 'ERR_BODY_TYPE' });
    }
  });

  it('refuses a page without TLS if the request itself used TLS', async () => {
    const other = await startHost({ store: null, before: (app) => app.set('trust proxy', true) });
    try {
      const from = async (origin: string) => {
        const headers = { Host: 'app.example', Origin: origin, 'X-Forwarded-Proto': 'https' };
        const json = { 'Content-Type': 'application/json', ...headers };
        return (await other.ask('/auth/pairings', { method: 'POST', user: 'alice', json: {}, headers: json })).status;
      };
      expect(await from('http://app.example')).to.equal(403);
      expect(await from('https://app.example')).to.equal(201);
    } finally {
      await other.close();
    }
  });

  it('accepts writes of the app’s own pages', async () => {
    for (const headers of [{ 'Sec-Fetch-Site': 'same-origin' }, { Origin: `http://127.0.0.1:${host.port}` }]) {
      const answer = await host.ask('/auth/pairings', {
        method: 'POST',
        user: 'alice',
        json: {},
        headers: { 'Content-Type': 'application/json', ...headers },
      });
      expect(answer.status).to.equal(201);
    }
  });
});
