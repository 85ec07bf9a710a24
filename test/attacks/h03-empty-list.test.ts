// H3: an empty list of trusted proxies trusts every peer.
import { expect } from 'chai';
import { identifier } from '../../src/identity/identify.js';
import { codeOf, refusalOf } from '../support/refusal.js';

describe('H3: an empty list of trusted proxies', () => {
  it('throws at start and says what was expected', () => {
    const refusal = refusalOf(() => identifier({ trustedProxies: [], headers: 'authelia' }));
    expect(refusal.code).to.equal('ERR_CONFIG');
    expect(refusal.message).to.match(/trustedProxies: expected .* at least one entry, saw \[\]/);
  });

  it('includes lists of empty entries, which an unset variable produces', () => {
    for (const entry of ['', ' ', ',', '10.0.0.7,', ...''.split(','), '/', '/24']) {
      expect(
        codeOf(() => identifier({ trustedProxies: [entry], headers: 'authelia' })),
        entry,
      ).to.equal('ERR_CONFIG');
    }
  });
});
