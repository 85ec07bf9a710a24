// The function that explains a request.
import { expect } from 'chai';
import {
  type Directory,
  type HeaderLoginOn,
  type LatchkeyOptions,
  latchkey,
  memoryDirectory,
  memoryState,
} from '../../src/index.js';

describe('explain as a function', () => {
  const secret = 'a-proxy-secret-of-some-length';
  const start = (options: Partial<LatchkeyOptions & HeaderLoginOn>, directory: Directory = memoryDirectory()) =>
    latchkey({ trustedProxies: ['10.0.0.7'], headers: 'authelia', directory, state: memoryState(), ...options });
  const headers = [['Remote-User', 'alice']] as const;
  const peer = '10.0.0.7';

  it('uses the options of this instance of Latchkey', async () => {
    const cases: readonly (readonly [Partial<LatchkeyOptions & HeaderLoginOn>, string, string | undefined])[] = [
      [{}, 'admitted', undefined],
      [{ provisioning: 'pending' }, 'refused', 'ERR_ACCOUNT_PENDING'],
      [{ provisioning: 'known-users' }, 'refused', 'ERR_ACCOUNT_UNKNOWN'],
      [{ provisioning: 'mapped-groups-only' }, 'refused', 'ERR_ACCOUNT_UNMAPPED'],
      [{ trustedProxies: ['10.0.0.8'] }, 'refused', 'ERR_PEER_UNTRUSTED'],
      [{ trustedProxies: ['10.0.0.8'], untrustedHeaders: 'ignore' }, 'nobody', undefined],
      // The administrator who asks need not know it.
      [{ proxySecret: { header: 'X-Secret', values: [secret] } }, 'admitted', undefined],
      [{ subjectPattern: /[0-9]+/ }, 'refused', 'ERR_SUBJECT_INVALID'],
      [{ headers: 'authentik' }, 'nobody', undefined],
    ];
    for (const [options, outcome, code] of cases) {
      const auth = start(options);
      const told = await auth.explain({ headers, peer });
      expect([told.outcome, told.code], JSON.stringify(options)).to.deep.equal([outcome, code]);
      await auth.close();
    }
  });

  it('ignores an assertion of a local account when requests do, and refuses it when they do', async () => {
    for (const [options, outcome] of [
      [{}, 'nobody'],
      [{ localAccounts: 'refuse' }, 'refused'],
      [{ session: 'login-only' }, 'refused'],
    ] as const) {
      const auth = start(options);
      await auth.users.create({ subject: 'alice', authMethod: 'local' });
      const told = await auth.explain({ headers, peer });
      expect([told.outcome, told.code]).to.deep.equal([outcome, 'ERR_ACCOUNT_LOCAL']);
      await auth.close();
    }
  });

  it('shows that a path is shared, and says nothing of headers beside a token, which would not count', async () => {
    const auth = start({ proxySecret: { header: 'X-Secret', values: [secret] }, sharedPaths: ['/api'] });
    const told = await auth.explain({ headers, peer, target: '/api/x' });
    expect(told.outcome).to.equal('admitted');
    expect(told.steps).to.deep.include({
      step: 'target',
      target: '/api/x',
      canonical: true,
      unguarded: false,
      shared: true,
    });
    const token = ['authorization', 'bearer x'] as const;
    expect((await auth.explain({ headers: [...headers, token], peer, target: '/api/x' })).outcome).to.equal('nobody');
    expect((await auth.explain({ headers: [...headers, token], peer, target: '/x' })).outcome).to.equal('admitted');
    await auth.close();
  });

  it('throws for a wrong call', async () => {
    const auth = start({});
    for (const question of [{ headers }, { headers: { 'Remote-User': 'alice' }, peer }, {}]) {
      expect(await auth.explain(question as never).catch((error: unknown) => error)).to.include({ code: 'ERR_CONFIG' });
    }
    await auth.close();
  });

  it('never returns the proxy secret', async () => {
    const auth = start({ proxySecret: { header: 'X-Secret', values: [secret] } });
    for (const name of ['X-Secret', 'x_secret', 'XSECRET']) {
      const told = await auth.explain({ headers: [...headers, [name, secret]], peer });
      expect(JSON.stringify(told), name).to.not.include(secret);
    }
    await auth.close();
  });
});
