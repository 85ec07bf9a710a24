// H24: a whole Docker bridge or office network is trusted.
import { expect } from 'chai';
import { identifier } from '../../src/identity/identify.js';

const warnings = (trustedProxies: readonly string[], secret = false) =>
  identifier({
    trustedProxies,
    headers: 'authelia',
    ...(secret ? { proxySecret: { header: 'X-Proxy-Secret', values: ['0123456789-abcdef'] } } : undefined),
  }).warnings;

describe('H24: wide ranges of trusted proxies', () => {
  const wide = [
    '172.17.0.0/16',
    '10.0.0.0/8',
    '192.168.0.0/16',
    '172.16.0.0/12',
    '10.1.0.0/23',
    'fc00::/7',
    'fd00::/48',
    'fd00::/63',
  ];

  it('cause a warning that names each of them and a solution', () => {
    for (const entry of wide) {
      const [warning, ...more] = warnings([entry]);
      expect(warning, entry).to.include(`'${entry}'`).and.include('proxySecret');
      expect(more).to.deep.equal([]);
    }
    expect(warnings(['loopback', ...wide])).to.have.length(wide.length);
  });

  it('cause no warning if a secret is required, too', () => {
    expect(warnings(wide, true)).to.deep.equal([]);
  });

  it('do not include ranges of one or a few addresses', () => {
    expect(warnings(['10.0.0.7', '192.0.2.0/24', 'fd00::/64', 'fd00::7', 'loopback', 'unix'])).to.deep.equal([]);
  });
});
