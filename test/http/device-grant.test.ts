// The device flow over HTTP (RFC 8628), and its metadata (RFC 8414).
import { expect } from 'chai';
import { type Host, startHost } from './harness.js';

const activate = 'https://music.example.com/auth/activate';
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const metadataPath = '/api/auth/.well-known/oauth-authorization-server';

describe('the device flow over HTTP', () => {
  let host: Host;
  before(async () => {
    host = await startHost({ store: null, services: { verificationUri: activate } });
  });
  after(() => host.close());

  const post = (path: string, body: Record<string, string>) =>
    host.ask(`/api/auth/${path}`, { method: 'POST', headers: form, body: new URLSearchParams(body).toString() });
  const poll = (deviceCode: unknown, clientId = 'tv') =>
    post('token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: String(deviceCode),
      client_id: clientId,
    });
  const verify = (action: string, userCode: string, user = 'alice') =>
    host.write('POST', '/auth/device/verification', { user, json: { action, user_code: userCode } });

  async function requested(): Promise<{ readonly deviceCode: string; readonly userCode: string }> {
    const { json } = await post('device_authorization', { client_id: 'tv', device_name: 'Living room' });
    return { deviceCode: String(json?.['device_code']), userCode: String(json?.['user_code']) };
  }

  it('adds the code to the query of the verification URI, beside its own parameters', async () => {
    for (const [verificationUri, expected] of [
      [activate, `${activate}?user_code=`],
      [`${activate}?lang=ar`, `${activate}?lang=ar&user_code=`],
    ] as const) {
      const other = await startHost({ store: null, services: { verificationUri, verificationUriComplete: true } });
      const body = 'client_id=tv';
      const { json } = await other.ask('/api/auth/device_authorization', { method: 'POST', headers: form, body });
      expect(json?.['verification_uri_complete']).to.equal(`${expected}${json?.['user_code']}`);
      await other.close();
    }
  });

  it('refuses any scope, because there are none (RFC 6749 §5.2)', async () => {
    const refused = await post('device_authorization', { client_id: 'tv', scope: 'library:read' });
    expect([refused.status, refused.json?.['error']]).to.deep.equal([400, 'invalid_scope']);
    expect((await post('device_authorization', { client_id: 'tv', scope: '' })).status).to.equal(200);
  });

  it('issues codes, and says where to type them', async () => {
    const { status, json } = await post('device_authorization', { client_id: 'tv' });
    expect(status).to.equal(200);
    expect(json).to.have.keys('device_code', 'user_code', 'verification_uri', 'expires_in', 'interval');
    expect(json).to.include({ verification_uri: activate, expires_in: 600, interval: 5 });
    expect(json?.['user_code']).to.match(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  });

  it('issues a token once a user approves, accepts codes in any case and punctuation, and repeats a lost response', async () => {
    const { deviceCode, userCode } = await requested();
    expect((await poll(deviceCode)).json).to.include({ error: 'authorization_pending' });
    expect((await poll(deviceCode)).json).to.include({ error: 'slow_down' });
    const seen = await verify('lookup', userCode.toLowerCase().replace('-', ' . '));
    expect(seen.json).to.have.keys('status', 'expires_in', 'interval', 'claim');
    expect(seen.json?.['claim']).to.include({ device_name: 'Living room', client_id: 'tv' });
    expect((await verify('approve', ` ${userCode} `)).json).to.include({ status: 'approved' });
    const first = await poll(deviceCode);
    expect(first.json).to.deep.include({ token_type: 'Bearer', account: { subject: 'alice' } });
    expect((await poll(deviceCode)).json).to.deep.include({ device_id: first.json?.['device_id'] });
  });

  it('answers for a denied device, another client and an unknown code', async () => {
    const { deviceCode, userCode } = await requested();
    expect((await poll(deviceCode, 'another')).json).to.include({ error: 'invalid_grant' });
    expect((await verify('deny', userCode)).json).to.include({ status: 'denied' });
    expect((await poll(deviceCode)).json).to.include({ error: 'access_denied' });
    expect((await poll(`${deviceCode}x`)).json).to.include({ error: 'invalid_grant' });
    for (const code of [userCode, 'BBBB-BBBB', 'no code at all']) {
      for (const action of ['lookup', 'approve', 'deny']) {
        expect((await verify(action, code)).json, `${action} ${code}`).to.include({ code: 'ERR_USER_CODE' });
      }
    }
    expect((await verify('guess', userCode)).json).to.include({ code: 'ERR_BODY_INVALID' });
  });

  it('is in the metadata, without features that are off', async () => {
    const { json, headers } = await host.ask(metadataPath);
    expect(headers['cache-control']).to.equal('public, max-age=300');
    expect(json).to.include({
      issuer: 'https://api.example.com/auth',
      token_endpoint: 'https://api.example.com/auth/token',
      device_authorization_endpoint: 'https://api.example.com/auth/device_authorization',
      revocation_endpoint: 'https://api.example.com/auth/revoke',
    });
    const closed = await startHost({ store: null });
    expect((await closed.ask(metadataPath)).json).to.not.have.property('device_authorization_endpoint');
    const answer = await closed.write('POST', '/api/auth/device_authorization', { json: { client_id: 'tv' } });
    expect(answer.status).to.equal(404);
    await closed.close();
    const bare = await startHost({ store: null, withoutPairings: true });
    expect((await bare.ask(metadataPath)).json).to.deep.include({
      token_endpoint: 'https://api.example.com/auth/token',
      grant_types_supported: ['refresh_token'],
    });
    await bare.close();
    expect((await host.ask(metadataPath, { method: 'POST' })).status).to.equal(405);
  });
});
