// H10: a client sends identity headers on a path that the proxy does not guard.
import { expect } from 'chai';
import { identifier } from '../../src/identity/identify.js';
import { startHost } from '../http/harness.js';
import { requestWith } from '../identity/stand-ins.js';
import { type IdentityServer, startIdentityServer } from '../support/identity-server.js';
import { codeOf } from '../support/refusal.js';

describe('H10: identity headers on unguarded paths', () => {
  let server: IdentityServer;
  before(async () => {
    server = await startIdentityServer({
      unguardedPaths: ['/api', '/share'],
      proxySecret: { header: 'X-Proxy-Secret', values: ['0123456789-abcdef'] },
    });
  });
  after(() => server.stop());

  it('are refused from a trusted peer, with and without the secret', async () => {
    for (const target of ['/api', '/api/songs', '/api/songs?x=1', '/share/7']) {
      for (const fields of [
        [['Remote-User', 'admin']],
        [['Remote-Groups', 'admins']],
        [['remote_user', 'admin']],
        [['X-Proxy-Secret', '0123456789-abcdef']],
        [
          ['Remote-User', 'admin'],
          ['X-Proxy-Secret', '0123456789-abcdef'],
        ],
      ] as const) {
        const answer = await server.get(target, fields);
        expect(answer, target).to.include({ status: 403, code: 'ERR_UNGUARDED_IDENTITY' });
      }
    }
  });

  it('are refused even if those of untrusted peers are ignored', async () => {
    const ignoring = await startIdentityServer({
      trustedProxies: ['10.0.0.7'],
      untrustedHeaders: 'ignore',
      unguardedPaths: ['/api'],
    });
    try {
      expect((await ignoring.get('/api/x', [['Remote-User', 'admin']])).code).to.equal('ERR_UNGUARDED_IDENTITY');
    } finally {
      await ignoring.stop();
    }
  });

  it('do not affect requests without them', async () => {
    const answer = await server.get('/api/songs', [['Authorization', 'Bearer x']]);
    expect(answer).to.include({ status: 200, unguarded: true });
    expect(answer).to.not.have.property('assertion');
  });

  it('are accepted if they are empty, which means that nobody is logged in', async () => {
    const blank = ['Remote-User', 'Remote-Groups', 'Remote-Name', 'Remote-Email', 'X-Proxy-Secret'].map(
      (name) => [name, ''] as const,
    );
    expect(await server.get('/api/songs', blank)).to.include({ status: 200, unguarded: true });
    for (const name of ['Remote-User', 'Remote-Groups', 'Remote-Name', 'X-Proxy-Secret']) {
      const answer = await server.get('/api/songs', [...blank.filter(([other]) => other !== name), [name, 'x']]);
      expect(answer, name).to.include({ status: 403, code: 'ERR_UNGUARDED_IDENTITY' });
    }
    expect((await server.get('/api/songs', [...blank, ['Remote-User', 'admin']])).code).to.equal(
      'ERR_UNGUARDED_IDENTITY',
    );
    expect((await server.get('/api/songs', [['Remote_User', '']])).code).to.equal('ERR_UNGUARDED_IDENTITY');
  });

  it('are refused at app endpoints on any mount path', () => {
    const proxySecret = { header: 'X-Proxy-Secret', values: ['0123456789-abcdef'] } as const;
    const identity = identifier({ trustedProxies: ['loopback'], headers: 'authelia', proxySecret });
    for (const name of ['Remote-User', 'remote-groups', 'Remote.Name', 'X-Proxy-Secret']) {
      const request = requestWith([[name, 'admin']], '/anywhere/token');
      expect(
        codeOf(() => identity.refuseIdentity(request)),
        name,
      ).to.equal('ERR_UNGUARDED_IDENTITY');
    }
  });

  for (const shared of [false, true])
    it(`are refused at every app endpoint, even if the host mounts it ${shared ? 'on a shared path' : 'behind the proxy'}`, async () => {
      const host = await startHost({
        shared,
        store: null,
        services: { verificationUri: 'https://music.example.com/activate', introspection: { match: () => true } },
        routes(app, auth) {
          app.use('/behind', auth.tokenRouter ?? expect.fail());
          app.get('/metadata', auth.authorizationServerMetadata ?? expect.fail());
        },
      });
      try {
        for (const path of ['token', 'device_authorization', 'revoke', 'introspect']) {
          const answer = await host.write('POST', `/behind/${path}`, { user: 'alice', json: { token: 'x' } });
          expect([answer.status, answer.text], path).to.deep.equal([
            403,
            '{"error":"invalid_request","error_description":"Identity headers on an unguarded path"}',
          ]);
        }
        for (const path of ['/behind/.well-known/oauth-authorization-server', '/metadata']) {
          expect((await host.ask(path, { user: 'alice' })).status, path).to.equal(403);
          expect((await host.ask(path)).status, path).to.equal(200);
        }
      } finally {
        await host.close();
      }
    });
});
