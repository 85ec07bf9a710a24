// The metadata for apps (RFC 8414), below the token router and where clients look for it.
import { expect } from 'chai';
import { latchkey, memoryDirectory, memoryState } from '../../src/index.js';
import { type Host, startHost } from './harness.js';

const below = '/api/auth/.well-known/oauth-authorization-server';
const inserted = '/.well-known/oauth-authorization-server/api/auth';

describe('metadata', () => {
  let host: Host;
  before(async () => {
    host = await startHost({
      store: null,
      routes(app, { authorizationServerMetadata: metadata }) {
        if (metadata !== undefined) app.get(inserted, metadata).use('/everywhere', metadata);
      },
    });
  });
  after(() => host.close());

  it('is the same at every address', async () => {
    const expected = await host.ask(below);
    expect(expected.status).to.equal(200);
    expect(expected.json).to.deep.equal({
      issuer: 'https://api.example.com/auth',
      token_endpoint: 'https://api.example.com/auth/token',
      revocation_endpoint: 'https://api.example.com/auth/revoke',
      response_types_supported: [],
      grant_types_supported: [
        'urn:latchkey:params:oauth:grant-type:quick-connect',
        'urn:ietf:params:oauth:grant-type:device_code',
        'refresh_token',
      ],
      token_endpoint_auth_methods_supported: ['none'],
      revocation_endpoint_auth_methods_supported: ['none'],
    });
    for (const path of [inserted, '/everywhere', '/everywhere/below']) {
      const answer = await host.ask(path);
      expect(answer.text, path).to.equal(expected.text);
      expect(answer.headers['cache-control']).to.equal('public, max-age=300');
      expect(answer.headers['content-type']).to.match(/^application\/json/);
    }
  });

  it('is read only', async () => {
    for (const path of [below, '/everywhere']) {
      expect(await host.ask(path, { method: 'HEAD' })).to.include({ status: 200, text: '' });
      const answer = await host.write('POST', path);
      expect(answer.status).to.equal(405);
      expect(answer.headers.allow).to.equal('GET, HEAD');
      expect(answer.json).to.include({ error: 'invalid_request' });
    }
  });

  it('refuses identity headers, and the refusal is not cached', async () => {
    for (const path of [below, inserted, '/everywhere']) {
      const answer = await host.ask(path, { user: 'alice' });
      expect(answer.status, path).to.equal(403);
      expect(answer.headers['cache-control'], path).to.equal('no-store');
    }
  });

  it('exists only with tokens', async () => {
    const bare = await startHost({ store: null, withoutTokens: true });
    expect(bare.auth.authorizationServerMetadata).to.equal(undefined);
    await bare.close();
    const auth = latchkey({
      trustedProxies: ['loopback'],
      headers: 'authelia',
      directory: memoryDirectory(),
      state: memoryState(),
    });
    expect(() => auth.authorizationServerMetadata)
      .to.throw(/tokens/)
      .with.property('code', 'ERR_CONFIG');
    await auth.close();
  });
});
