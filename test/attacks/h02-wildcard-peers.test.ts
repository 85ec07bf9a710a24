// H2: the server trusts every peer, or has a wildcard as the default.
import { expect } from 'chai';
import { type IdentityOptions, identifier } from '../../src/identity/identify.js';
import { startIdentityServer } from '../support/identity-server.js';
import { codeOf } from '../support/refusal.js';

describe('H2: trusting every peer', () => {
  it('is impossible by leaving out the list, which throws at start', () => {
    for (const trustedProxies of [undefined, null, true, false, 1, '*', '10.0.0.7', {}, () => true]) {
      const options = { headers: 'authelia', trustedProxies } as unknown as IdentityOptions;
      expect(
        codeOf(() => identifier(options)),
        String(trustedProxies),
      ).to.equal('ERR_CONFIG');
    }
    expect(codeOf(() => identifier({ headers: 'authelia' } as unknown as IdentityOptions))).to.equal('ERR_CONFIG');
  });

  it('is impossible with a wildcard in any spelling, which throws at start', () => {
    for (const entry of [
      ...['*', '*.*.*.*', '0.0.0.0/0', '::/0', '0.0.0.0', '::', '0.0.0.0/32', '::/128', '10.0.0.7/0', 'fd00::/0'],
      ...['0.0.0.0/1', '128.0.0.0/1', '8000::/1', '2000::/3', '0:0:0:0:0:0:0:0/0', '::0.0.0.0/0', '::ffff:0.0.0.0/96'],
      // One bit wider than the widest private ranges.
      ...['10.0.0.0/7', '172.0.0.0/6', '192.0.0.0/2', 'fc00::/6'],
      ...['all', 'any', 'true', 'private', 'localhost', 'uniquelocal', 'proxy.internal', 'Loopback', 'UNIX'],
    ]) {
      const options = { headers: 'authelia', trustedProxies: ['10.0.0.7', entry] } as const;
      expect(
        codeOf(() => identifier(options)),
        entry,
      ).to.equal('ERR_CONFIG');
    }
  });

  it('does not happen with a list, which refuses other peers', async () => {
    const server = await startIdentityServer({ trustedProxies: ['10.0.0.7', 'fd00::/64', 'unix'] });
    try {
      expect(await server.get('/', [['Remote-User', 'admin']])).to.include({ status: 403, code: 'ERR_PEER_UNTRUSTED' });
      expect(await server.get('/', [['Remote-Groups', 'admins']])).to.include({ code: 'ERR_PEER_UNTRUSTED' });
    } finally {
      await server.stop();
    }
  });

  it('does not happen if other peers’ headers are ignored, which logs nobody in', async () => {
    const server = await startIdentityServer({ trustedProxies: ['10.0.0.7'], untrustedHeaders: 'ignore' });
    try {
      const answer = await server.get('/', [['Remote-User', 'admin']]);
      expect(answer).to.include({ status: 200, unguarded: false });
      expect(answer).to.not.have.property('assertion');
    } finally {
      await server.stop();
    }
  });
});
