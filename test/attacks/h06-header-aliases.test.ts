// H6: a header name that a proxy or gateway treats as an identity header.
import { expect } from 'chai';
import { type IdentityServer, startIdentityServer } from '../support/identity-server.js';

describe('H6: aliases of identity headers', () => {
  let server: IdentityServer;
  before(async () => {
    server = await startIdentityServer({
      proxySecret: { header: 'X-Proxy-Secret', values: ['0123456789-abcdef'] },
    });
  });
  after(() => server.stop());

  const secret = ['X-Proxy-Secret', '0123456789-abcdef'] as const;

  it('are refused beside the real header', async () => {
    for (const alias of [
      ...['Remote_User', 'remote_user', 'REMOTE_USER', 'Remote.User', 'Remote~User', 'RemoteUser', 'Remote--User'],
      ...[
        '-Remote-User',
        'Remote-User_',
        'remote_groups',
        'Remote.Name',
        'remote|email',
        'X_Proxy_Secret',
        "Remote'User",
      ],
      // All other characters that a name can contain (RFC 9110 §5.6.2), and names that are too long for the cache.
      ...Array.from('!#$%&*+^`', (sign) => `Remote${sign}User`),
      ...[`Remote${'-'.repeat(80)}User`, `${'_'.repeat(80)}REMOTE_USER`],
    ]) {
      const answer = await server.get('/', [['Remote-User', 'alice'], secret, [alias, 'admin']]);
      expect(answer, alias).to.include({ status: 400, code: 'ERR_HEADER_ALIAS' });
    }
  });

  it('are refused alone, and never read', async () => {
    const answer = await server.get('/', [['remote_user', 'admin'], secret]);
    expect(answer).to.include({ status: 400, code: 'ERR_HEADER_ALIAS' });
  });

  it('count as identity headers for untrusted peers and on unguarded paths, too', async () => {
    const untrusted = await startIdentityServer({ trustedProxies: ['10.0.0.7'], unguardedPaths: ['/api'] });
    try {
      expect((await untrusted.get('/', [['remote_user', 'x']])).code).to.equal('ERR_PEER_UNTRUSTED');
      expect((await untrusted.get('/api/x', [['remote_user', 'x']])).code).to.equal('ERR_UNGUARDED_IDENTITY');
    } finally {
      await untrusted.stop();
    }
  });

  it('do not include headers that only begin or end with the same words', async () => {
    const answer = await server.get('/', [
      ['Remote-User', 'alice'],
      secret,
      ['Remote-User-Agent', 'x'],
      ['X-Remote-User', 'admin'],
      ['Remote-Use', 'x'],
    ]);
    expect(answer.assertion?.subject).to.equal('alice');
  });
});
