// The routes for apps.

import { expect } from 'chai';
import type { OpenPairing } from '../support/open-pairing.js';
import { type Host, startHost } from './harness.js';

const grantType = 'urn:latchkey:params:oauth:grant-type:quick-connect';
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const app = { grant_type: grantType, client_id: 'app', device_name: 'Pixel' };

describe('routes for apps', () => {
  let host: Host;
  before(async () => {
    host = await startHost({
      store: null,
      routes: (app, auth) => {
        if (auth.tokenRouter !== undefined) app.use('/elsewhere', auth.tokenRouter);
      },
    });
  });
  after(() => host.close());

  it('report an error when they are mounted on a guarded path', async () => {
    const told = () => host.events.filter((event) => event.type === 'error' && event.code === 'ERR_CONFIG');
    await host.write('POST', '/api/auth/revoke', { json: { token: 'x' } });
    expect(told()).to.deep.equal([]);
    await host.write('POST', '/elsewhere/revoke', { json: { token: 'x' } });
    expect(told()).to.have.length(1);
    expect(told()[0]).to.have.property('message').that.contains('unguardedPaths');
  });

  const open = async (user = 'alice') => {
    const { json } = await host.write('POST', '/auth/pairings', { user });
    return json as OpenPairing;
  };

  it('refuse identity headers, wherever they are mounted', async () => {
    for (const path of ['/api/auth/token', '/api/auth/revoke', '/elsewhere/token', '/elsewhere/revoke']) {
      for (const headers of [{ 'Remote-User': 'alice' }, { 'Remote-Groups': 'admins' }, { remote_user: 'alice' }]) {
        const answer = await host.write('POST', path, { json: { token: 'x' }, headers });
        expect(answer.status, path).to.be.oneOf([400, 403]);
        expect(answer.json?.['code'] ?? answer.json?.['error']).to.be.oneOf([
          'ERR_UNGUARDED_IDENTITY',
          'ERR_HEADER_ALIAS',
          'invalid_request',
        ]);
      }
    }
    expect((await host.write('POST', '/elsewhere/revoke', { json: { token: 'x' } })).status).to.equal(200);
  });

  describe('token', () => {
    it('redeems a code, as JSON and as a form', async () => {
      for (const encode of [JSON.stringify, (body: Record<string, string>) => new URLSearchParams(body).toString()]) {
        const { code, id } = await open('carl');
        const headers = encode === JSON.stringify ? { 'Content-Type': 'application/json' } : form;
        const body = encode({ ...app, code });
        const answer = await host.ask('/api/auth/token', { method: 'POST', headers, body });
        expect(answer.status, answer.text).to.equal(200);
        const members = ['access_token', 'refresh_token', 'token_type', 'expires_in', 'device_id', 'account'];
        expect(answer.json).to.have.keys(members);
        expect(answer.json?.['refresh_token']).to.equal(answer.json?.['access_token']);
        expect(answer.json).to.deep.include({ token_type: 'Bearer', account: { subject: 'carl' } });
        const token = String(answer.json?.['access_token']);
        expect((await host.ask('/api/who', { token })).json).to.include({ subject: 'carl', method: 'token' });
        const view = await host.ask(`/auth/pairings/${id}`, { user: 'carl' });
        expect(view.json).to.deep.include({
          status: 'redeemed',
          device: { id: answer.json?.['device_id'], name: 'Pixel' },
        });
      }
    });

    it('redeems the content of the QR code', async () => {
      const { uri } = await open('dora');
      const carried = new URLSearchParams(new URL(uri).hash.slice(1));
      const json = { ...app, id: carried.get('id'), secret: carried.get('s') };
      const answer = await host.write('POST', '/api/auth/token', { json });
      expect(answer.json).to.deep.include({ account: { subject: 'dora' } });
    });

    it('answers with OAuth errors', async () => {
      const cases: [Record<string, unknown>, number, string][] = [
        [{ ...app, code: '0000-0000-0000' }, 400, 'invalid_grant'],
        [{ ...app, grant_type: 'password', code: 'x' }, 400, 'unsupported_grant_type'],
        [{ code: 'x' }, 400, 'invalid_request'],
        [app, 400, 'invalid_request'],
        [{ ...app, code: 'x', id: 'y', secret: 'z' }, 400, 'invalid_request'],
        [{ ...app, id: 'y' }, 400, 'invalid_request'],
        [{ ...app, code: ['x'] }, 400, 'invalid_request'],
        [{ ...app, code: 'x', device_name: '' }, 400, 'invalid_request'],
      ];
      for (const [json, status, error] of cases) {
        const answer = await host.write('POST', '/api/auth/token', { json });
        expect(answer.status, JSON.stringify(json)).to.equal(status);
        expect(answer.json).to.have.keys('error', 'error_description').and.to.include({ error });
        expect(answer.headers['content-type']).to.match(/^application\/json/);
        expect(answer.headers['www-authenticate']).to.equal(undefined);
        expect(answer.headers['cache-control']).to.equal('no-store');
      }
    });

    it('refuses any scope, because there are none (RFC 6749 §5.2)', async () => {
      for (const scope of ['library:read', 'openid profile', ' ', '"']) {
        for (const more of [{}, { grant_type: 'refresh_token', refresh_token: 'x' }, { device_code: 'x' }]) {
          const body = String(new URLSearchParams({ ...app, code: 'x', ...more, scope }));
          const answer = await host.ask('/api/auth/token', { method: 'POST', headers: form, body });
          expect([answer.status, answer.json?.['error']], body).to.deep.equal([400, 'invalid_scope']);
        }
      }
      const json = { ...app, code: 'x', scope: ['a'] };
      expect((await host.write('POST', '/api/auth/token', { json })).json).to.include({ error: 'invalid_scope' });
    });

    it('treats a parameter without a value as omitted, and ignores unknown ones (RFC 6749 §3.2)', async () => {
      const { code } = await open('erin');
      const more = { scope: '', app_version: '', redemption_id: '', audience: 'x', '': 'y' };
      const body = String(new URLSearchParams({ ...app, code, ...more }));
      const answer = await host.ask('/api/auth/token?unknown=1', { method: 'POST', headers: form, body });
      expect(answer.status, answer.text).to.equal(200);
      const device = await host.directory.findDevice(String(answer.json?.['device_id']));
      expect(device?.device.appVersion).to.equal(undefined);
    });

    it('refuses repeated unknown parameters, too', async () => {
      const body = `${new URLSearchParams({ ...app, code: 'x' })}&audience=a&audience=b`;
      const answer = await host.ask('/api/auth/token', { method: 'POST', headers: form, body });
      expect(answer.json).to.include({ error: 'invalid_request' });
    });

    it('refuses repeated members (RFC 6749 §3.2)', async () => {
      const body = `${new URLSearchParams({ ...app, code: 'x' })}&code=y`;
      const answer = await host.ask('/api/auth/token', { method: 'POST', headers: form, body });
      expect(answer.json).to.include({ error: 'invalid_request' });
    });

    it('accepts POST only', async () => {
      const answer = await host.ask(`/api/auth/token?${new URLSearchParams({ ...app, code: 'x' })}`);
      expect(answer.status).to.equal(405);
      expect(answer.headers.allow).to.equal('POST');
      expect(answer.json).to.include({ error: 'invalid_request' });
    });
  });

  describe('revoke', () => {
    it('revokes the given token', async () => {
      await host.ask('/who', { user: 'alice' });
      const { id, token } = await host.pair('alice');
      expect((await host.ask('/api/guarded', { token })).status).to.equal(200);
      const answer = await host.ask('/api/auth/revoke', { method: 'POST', headers: form, body: `token=${token}` });
      expect(answer.status).to.equal(200);
      expect(answer.text).to.equal('');
      expect((await host.ask('/api/guarded', { token })).json).to.include({ code: 'ERR_TOKEN_REVOKED' });
      expect(host.events.filter((event) => event.type === 'device.revoked')).to.deep.include({
        type: 'device.revoked',
        userId: (await host.directory.findUser('alice'))?.id,
        subject: 'alice',
        deviceId: id,
        by: 'alice',
      });
    });

    it('answers 200 to an invalid token (RFC 7009 §2.2)', async () => {
      const { token } = await host.pair('alice');
      const gone = host.tokens.mint({
        deviceId: crypto.randomUUID(),
        subject: 'alice',
        clientId: 'app',
        issuedAt: new Date(),
        expiresAt: new Date(Date.now() + 1000),
      });
      for (const each of ['junk', `${token}x`, gone, token, token]) {
        expect((await host.write('POST', '/api/auth/revoke', { json: { token: each } })).status).to.equal(200);
      }
      const answer = await host.write('POST', '/api/auth/revoke', { json: {} });
      expect(answer.json).to.include({ error: 'invalid_request' });
    });
  });

  it('tells the host when only a login reaches them, and not on a shared path', async () => {
    const other = await startHost({
      shared: true,
      routes(app, { tokenRouter }) {
        for (const path of ['/both/tokens', '/proxy-only']) app.use(path, tokenRouter ?? expect.fail());
      },
    });
    try {
      for (const path of ['/api/auth/revoke', '/both/tokens/revoke']) {
        expect((await other.write('POST', path, { json: { token: 'x' } })).status, path).to.equal(200);
      }
      expect(other.events).to.deep.equal([]);
      await other.write('POST', '/proxy-only/revoke', { json: { token: 'x' } });
      expect(other.events.map(({ type }) => type)).to.deep.equal(['error']);
    } finally {
      await other.close();
    }
  });
});
