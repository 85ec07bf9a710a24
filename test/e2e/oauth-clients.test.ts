// test/e2e: the device flow with OAuth clients that know nothing about Latchkey.
import { expect } from 'chai';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { asker, type RealHost, startRealHost } from '../pages/real-host.js';

describe('the device flow', function () {
  // The clients wait the interval of five seconds on the real clock before their first poll.
  this.timeout(40_000);
  let host: RealHost;
  /** The only setting of the clients. They find the metadata at the root of the host (RFC 8414 §3.1). */
  let issuer: URL;
  before(async () => {
    host = await startRealHost();
    issuer = new URL(`${host.origin}/api/auth`);
  });
  after(() => host.stop());

  /** Sends what the page sends when a user types the code. */
  async function approve(userCode: string): Promise<void> {
    const answer = await fetch(`${host.origin}/deep/auth/device/verification`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin', 'Remote-User': 'ada' },
      body: JSON.stringify({ action: 'approve', user_code: userCode }),
    });
    expect(answer.status).to.equal(200);
  }

  it('works with openid-client: discovery, token, renewal, introspection and revocation', async () => {
    const insecure: openid.DiscoveryRequestOptions = { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] };
    const config = await openid.discovery(issuer, 'television', undefined, openid.None(), insecure);
    const waiting = await openid.initiateDeviceAuthorization(config, {});
    expect(waiting.verification_uri).to.equal(`${host.origin}/deep/auth/activate`);
    await approve(waiting.user_code);
    const tokens = await openid.pollDeviceAuthorizationGrant(config, waiting);
    expect(tokens.token_type).to.equal('bearer');
    expect(await host.auth.devices.list({ subject: 'ada' })).to.have.length(1);
    const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(renewed.access_token).not.to.equal(tokens.access_token);
    const asks = [openid.ClientSecretBasic(asker.secret), openid.ClientSecretPost(asker.secret)];
    const servers = await Promise.all(
      asks.map((secret) => openid.discovery(issuer, asker.clientId, undefined, secret, insecure)),
    );
    for (const server of servers) {
      const told = await openid.tokenIntrospection(server, renewed.access_token);
      expect(told).to.include({ active: true, sub: 'ada', client_id: 'television', iss: issuer.href });
    }
    await openid.tokenRevocation(config, renewed.access_token);
    expect(await host.auth.devices.list({ subject: 'ada' })).to.have.length(0);
    for (const server of servers) {
      expect(await openid.tokenIntrospection(server, tokens.access_token)).to.deep.equal({ active: false });
    }
  });

  it('works in the same way with oauth4webapi', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true } as const;
    const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure });
    const server = await oauth.processDiscoveryResponse(issuer, found);
    const client: oauth.Client = { client_id: 'radio' };
    const asked = await oauth.deviceAuthorizationRequest(server, client, oauth.None(), {}, insecure);
    const waiting = await oauth.processDeviceAuthorizationResponse(server, client, asked);
    const poll = async () => {
      const { device_code: code } = waiting;
      const answer = await oauth.deviceCodeGrantRequest(server, client, oauth.None(), code, insecure);
      return oauth.processDeviceCodeResponse(server, client, answer);
    };
    const early = await poll().catch((error: oauth.ResponseBodyError) => error.error);
    expect(early).to.equal('authorization_pending');
    await approve(waiting.user_code);
    const { refresh_token: first = '' } = (await poll()) as oauth.TokenEndpointResponse;
    const renewal = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), first, insecure);
    const { access_token: token } = await oauth.processRefreshTokenResponse(server, client, renewal);
    expect(token).not.to.equal(first);
    expect(await host.auth.devices.list({ subject: 'ada' })).to.have.length(1);
    const introspect = async (secret: string) => {
      const from: oauth.Client = { client_id: asker.clientId };
      const method = oauth.ClientSecretBasic(secret);
      const answer = await oauth.introspectionRequest(server, from, method, token, insecure);
      return oauth.processIntrospectionResponse(server, from, answer);
    };
    expect(await introspect(asker.secret)).to.include({ active: true, sub: 'ada', client_id: 'radio' });
    const stranger = await introspect('x'.repeat(32)).catch((error: unknown) => error);
    expect(stranger).to.be.instanceOf(oauth.WWWAuthenticateChallengeError).and.to.include({ status: 401 });
    const revoked = await oauth.revocationRequest(server, client, oauth.None(), token, insecure);
    await oauth.processRevocationResponse(revoked);
    expect(await host.auth.devices.list({ subject: 'ada' })).to.have.length(0);
    expect(await introspect(asker.secret)).to.deep.equal({ active: false });
  });
});
