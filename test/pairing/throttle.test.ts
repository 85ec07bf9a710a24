// test/pairing: what counts as one address, and how much is too much.
import { expect } from 'chai';
import { addressBlock, limits } from '../../src/pairing/throttle.js';

describe('limits', () => {
  it('are those of docs/design.md, to which the odds of guessing are reckoned', () => {
    expect(limits).to.deep.equal({
      windowSeconds: 600,
      address: 60,
      user: 20,
      global: 1000,
      opened: 30,
      requested: 30,
      requestedGlobally: 3000,
      verified: 40,
    });
  });
});

describe('address block', () => {
  const blocks: [string, string][] = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:0207', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['', ''],
    ['unknown', 'unknown'],
  ];
  for (const [address, block] of blocks) {
    it(`is ${block || 'empty'} for ${address || 'an empty address'}`, () => {
      expect(addressBlock(address)).to.equal(block);
    });
  }

  it('differs between neighbouring networks', () => {
    expect(addressBlock('2001:db8:1:2::1')).to.not.equal(addressBlock('2001:db8:1:3::1'));
  });

  it('is short, and there is one for no address at all', () => {
    expect(addressBlock('x'.repeat(1000))).to.have.length(64);
    expect(addressBlock(undefined as unknown as string)).to.equal('undefined');
  });
});
