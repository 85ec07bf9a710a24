// Any malformed request gets a coded 4xx, never a 500.
import { expect } from 'chai';
import { type Ask, type Host, startHost } from './harness.js';
import { bodies, cookies, ids, tokens, types, values } from './malformed-values.js';

describe('malformed requests', () => {
  let host: Host;
  before(async () => {
    host = await startHost();
    await host.ask('/who', { user: 'alice' });
  });
  after(() => host.close());
  afterEach(() => {
    expect(host.hostErrors.splice(0)).to.deep.equal([]);
  });

  /** Sends a request, and expects success or a coded refusal. */
  async function coded(path: string, what: Ask): Promise<void> {
    const { status, json, text } = await host.ask(path, what);
    const shown = `${what.method ?? 'GET'} ${path.slice(0, 80)} ${JSON.stringify(what).slice(0, 200)} → ${status} ${text.slice(0, 200)}`;
    expect(status, shown).to.be.lessThan(500);
    if (status >= 400) expect(json?.['code'] ?? json?.['error'], shown).to.be.a('string');
  }
  const asPage = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' };

  it('with malformed ids', async () => {
    for (const id of ids) {
      for (const path of [`pairings/${id}`, `pairings/${id}/events`, `pairings/${id}/qr.svg`]) {
        await coded(`/auth/${path}`, { user: 'alice', headers: { 'Sec-Fetch-Site': 'same-origin' } });
      }
      for (const path of [`pairings/${id}`, `devices/${id}`, `devices?except=${id}`]) {
        await coded(`/auth/${path}`, { method: 'DELETE', user: 'alice', headers: asPage, body: '{}' });
      }
      await coded(`/auth/devices/${id}`, { method: 'PATCH', user: 'alice', headers: asPage, body: '{"name":"x"}' });
      await coded(`/auth/login?return_to=${id}`, { user: 'alice' });
    }
  });

  it('with malformed ids, which do not reach the directory', async () => {
    const reached: unknown[] = [];
    const spy = (...parameters: unknown[]) => {
      reached.push(parameters);
      return Promise.reject(new Error('reached'));
    };
    const iterate = () => {
      throw new Error('reached');
    };
    const revocations = { revoke: spy, revokeById: spy, revokeOthers: spy, revokeAll: spy };
    const devices = { list: spy, iterate, rename: spy, ...revocations };
    const pairings = { ...host.pairings, view: spy, cancel: spy, qr: spy, watch: spy };
    const other = await startHost({ store: null, services: { administration: { devices }, pairings } });
    try {
      for (const id of ['a:b', '*', '%20', 'x'.repeat(65), '%F0%9F%8E%B5', "'", 'a.b']) {
        for (const path of [`pairings/${id}`, `pairings/${id}/events`, `pairings/${id}/qr.svg`]) {
          expect((await other.ask(`/auth/${path}`, { user: 'alice' })).status, path).to.be.oneOf([400, 404]);
        }
        for (const path of [`pairings/${id}`, `devices/${id}`, `devices?except=${id}`]) {
          expect((await other.write('DELETE', `/auth/${path}`, { user: 'alice' })).status, path).to.be.oneOf([
            400, 404,
          ]);
        }
        const renamed = await other.write('PATCH', `/auth/devices/${id}`, { user: 'alice', json: { name: 'x' } });
        expect(renamed.status).to.be.oneOf([400, 404]);
      }
      expect(reached).to.deep.equal([]);
    } finally {
      await other.close();
    }
  });

  it('in the administration', async () => {
    const other = await startHost({
      routes: (app, auth) =>
        app.post('/sign-in/:id', (req, res, next) => {
          auth.signIn(req, req.params.id).then(() => res.end(), next);
        }),
    });
    const [mine, administrator] = [host, other];
    host = administrator;
    try {
      const { users } = other.administration;
      const { id: root } = await users.create({ subject: 'root', authMethod: 'local', grantedRoles: ['admin'] });
      // By session, because through the proxy the trust rules would refuse odd targets first.
      const { cookie } = await other.ask(`/sign-in/${root}`, { method: 'POST' });
      const { id } = await users.create({ subject: 'alice', authMethod: 'proxy' });
      const headers = { ...asPage, 'If-Match': '"1"' };
      const lists = ['users', 'devices', 'audit', 'group-roles'];
      for (const value of ids) {
        for (const path of [
          `users/${value}`,
          `devices/${value}`,
          `group-roles/${value}`,
          `group-roles?group=${value}`,
        ]) {
          for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
            const body = method === 'GET' ? {} : { body: '{"roles":["viewer"]}' };
            await coded(`/auth/admin/${path}`, { method, cookie, headers, ...body });
          }
        }
        for (const name of ['search', 'cursor', 'limit', 'role', 'actor', 'group', 'since', 'format', value]) {
          for (const list of lists) await coded(`/auth/admin/${list}?${name}=${value}`, { cookie });
        }
        const names = { 'If-Match': value, 'If-None-Match': value };
        await coded(`/auth/admin/users/${id}`, {
          method: 'PATCH',
          cookie,
          headers: { ...asPage, ...names },
          body: '{}',
        });
      }
      for (const body of bodies) {
        for (const [method, path] of [
          ['PATCH', `users/${id}`],
          ['PUT', 'group-roles/staff'],
          ['POST', 'users'],
          ['POST', 'explain'],
        ] as const) {
          await coded(`/auth/admin/${path}`, { method, cookie, headers, body });
          await coded(`/auth/admin/${path}`, { method, cookie, headers, body: body.replace('"name"', '"roles"') });
          await coded(`/auth/admin/${path}`, { method, cookie, headers, body: body.replace('"name"', '"headers"') });
        }
      }
      expect(other.hostErrors).to.deep.equal([]);
    } finally {
      host = mine;
      await other.close();
    }
  });

  it('with malformed bodies', async () => {
    const { id } = await host.pair('alice');
    for (const body of bodies) {
      await coded(`/auth/devices/${id}`, { method: 'PATCH', user: 'alice', headers: asPage, body });
      await coded('/auth/logout', { method: 'POST', user: 'alice', headers: asPage, body });
      for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
        for (const path of ['token', 'revoke']) {
          await coded(`/api/auth/${path}`, { method: 'POST', headers: { 'Content-Type': type }, body });
        }
      }
    }
  });

  it('with malformed members', async () => {
    const grantType = 'urn:latchkey:params:oauth:grant-type:quick-connect';
    const valid = {
      grant_type: grantType,
      code: '0000-0000-0000',
      client_id: 'app',
      device_name: 'x',
      redemption_id: 'r'.repeat(16),
    };
    for (const member of Object.keys(valid)) {
      for (const value of values) {
        await coded('/api/auth/token', { method: 'POST', headers: asPage, json: { ...valid, [member]: value } });
      }
    }
    for (const value of values) {
      for (const proof of [
        { id: value, secret: 'x' },
        { id: 'x', secret: value },
      ]) {
        const json = { ...valid, code: undefined, ...proof };
        await coded('/api/auth/token', { method: 'POST', headers: asPage, json });
      }
      await coded('/api/auth/revoke', { method: 'POST', headers: asPage, json: { token: value } });
    }
  });

  it('with malformed content types and lengths', async () => {
    for (const type of types) {
      const headers = { ...asPage, 'Content-Type': type };
      await coded('/auth/logout', { method: 'POST', user: 'alice', headers, body: '{}' });
      await coded('/api/auth/revoke', { method: 'POST', headers, body: '{}' });
    }
    await coded('/auth/logout', {
      method: 'POST',
      user: 'alice',
      headers: { ...asPage, 'Content-Encoding': 'br' },
      body: '{}',
    });
  });

  it('with malformed tokens', async () => {
    for (const token of tokens) {
      const headers = { Authorization: Buffer.from(`Bearer ${token}`).toString('latin1') };
      await coded('/api/guarded', { headers });
      await coded('/api/auth/token', { method: 'POST', headers: { ...headers, ...asPage }, body: '{}' });
    }
    for (const authorization of ['', 'Bearer', 'bearer x', 'Basic eDp5', 'Bearer\tx', 'Bearerx', ', Bearer x']) {
      const answer = await host.ask('/api/guarded', { headers: { Authorization: authorization } });
      expect(answer.status, authorization).to.equal(401);
    }
  });

  it('with malformed cookies', async () => {
    for (const cookie of cookies) {
      await coded('/guarded', { cookie });
      await coded('/who', { cookie, user: 'alice' });
      await coded('/auth/logout', { method: 'POST', cookie, user: 'alice', headers: asPage, body: '{}' });
    }
  });

  it('with unknown methods', async () => {
    for (const method of ['PUT', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      for (const path of ['/auth/me', '/auth/pairings', '/api/auth/token'])
        await coded(path, { method, user: path.startsWith('/api') ? '' : 'alice' });
    }
  });
});
