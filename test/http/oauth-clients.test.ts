// http: the device's door by OAuth clients that know nothing of us.
import { expect } from 'chai';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { type RealHost, startRealHost } from '../pages/real-host.js';

describe('OAuth clients', function () {
  // They wait the interval of five seconds before their first poll, by the real clock.
  this.timeout(40_000);
  let host: RealHost;
  let metadata: URL;
  before(async () => {
    host = await startRealHost();
    metadata = new URL(`${host.origin}/api/auth/.well-known/oauth-authorization-server`);
  });
  after(() => host.stop());

  /** What the page does when somebody types the code. */
  async function approve(userCode: string): Promise<void> {
    const answer = await fetch(`${host.origin}/deep/auth/device/verification`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin', 'Remote-User': 'ada' },
      body: JSON.stringify({ action: 'approve', user_code: userCode }),
    });
    expect(answer.status).to.equal(200);
  }

  it('openid-client discovers, gets a token, renews and revokes it', async () => {
    const config = await openid.discovery(metadata, 'television', undefined, openid.None(), {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    });
    const waiting = await openid.initiateDeviceAuthorization(config, {});
    expect(waiting.verification_uri).to.equal(`${host.origin}/deep/auth/activate`);
    await approve(waiting.user_code);
    const tokens = await openid.pollDeviceAuthorizationGrant(config, waiting);
    expect(tokens.token_type).to.equal('bearer');
    expect(await host.auth.devices.list('ada')).to.have.length(1);
    const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(renewed.access_token).not.to.equal(tokens.access_token);
    await openid.tokenRevocation(config, renewed.access_token);
    expect(await host.auth.devices.list('ada')).to.have.length(0);
  });

  it('oauth4webapi does the same', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true } as const;
    const found = await fetch(metadata);
    const server = await oauth.processDiscoveryResponse(new URL(`${host.origin}/api/auth`), found);
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
    expect(await host.auth.devices.list('ada')).to.have.length(1);
    const revoked = await oauth.revocationRequest(server, client, oauth.None(), token, insecure);
    await oauth.processRevocationResponse(revoked);
    expect(await host.auth.devices.list('ada')).to.have.length(0);
  });
});
