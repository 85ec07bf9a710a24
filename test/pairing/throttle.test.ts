// The rate limits, and which networks an address belongs to.
import { expect } from 'chai';
import { latchkey, memoryDirectory, memoryState } from '../../src/index.js';
import { checkedLimits, type LimitOptions } from '../../src/pairing/limits.js';
import { addressBlock, addressNetworks } from '../../src/pairing/throttle.js';

const limits = checkedLimits();

describe('limits', () => {
  it('match docs/design.md, which computes the odds of guessing from them', () => {
    expect(limits).to.deep.equal({
      windowSeconds: 600,
      address: 60,
      subnet: 180,
      network: 360,
      user: 20,
      global: 1000,
      opened: 30,
      requested: 30,
      requestedPerSubnet: 120,
      requestedPerNetwork: 600,
      requestedGlobally: 3000,
      verified: 40,
    });
  });

  it('can be raised for a shared address, and the limits of its networks follow', () => {
    expect(checkedLimits({ redemptionsPerAddress: 61 })).to.deep.equal({
      ...limits,
      ...{ address: 61, subnet: 183, network: 366 },
    });
    expect(checkedLimits({ redemptionsPerAddress: 400 })).to.include({ address: 400, subnet: 500, network: 500 });
    expect(checkedLimits({ requestsPerAddress: 1000 })).to.include({
      ...{ requested: 1000, requestedPerSubnet: 1500, requestedPerNetwork: 1500 },
    });
    expect(checkedLimits({ pairingsPerUser: 5, userCodesPerUser: 10 })).to.include({ opened: 5, verified: 10 });
  });

  const refused: readonly [name: string, given: unknown, says: RegExp][] = [
    ['an unknown name', { redemptionPerAddress: 1 }, /unknown member; expected any of redemptionsPer/],
    ['a number below the range', { redemptionsPerAddress: 0 }, /from 1 to 10000 for redemptionsPerAddress/],
    ['a number above the range', { wrongCodesInAll: 10_001 }, /from 100 to 10000 for wrongCodesInAll/],
    ['a fraction', { pairingsPerUser: 1.5 }, /for pairingsPerUser/],
    ['a string', { requestsInAll: '3000' }, /for requestsInAll/],
    ['a number instead of an object', 60, /must be an object/],
    ['null', null, /must be an object/],
    ['an address above its subnet', { redemptionsPerSubnet: 59 }, /must not decrease .*\(60, 59, 360, 500\)/],
    ['a network that could reach the total limit', { redemptionsPerNetwork: 501 }, /half of wrongCodesInAll/],
    ['an address that could reach the total limit', { requestsPerAddress: 1501 }, /half of requestsInAll/],
  ];
  for (const [name, given, says] of refused) {
    it(`are refused at start: ${name}`, () => {
      const start = () =>
        latchkey({
          trustedProxies: ['loopback'],
          headers: 'authelia',
          directory: memoryDirectory(),
          state: memoryState(),
          unguardedPaths: ['/api'],
          tokens: { keys: [{ kid: 'one', secret: 'k'.repeat(32) }], issuer: 'https://music.example.com/api/auth' },
          quickConnect: { appLink: 'https://music.example.com/link', limits: given as LimitOptions },
        });
      expect(start).to.throw(says).with.property('code', 'ERR_CONFIG');
    });
  }
});

describe('address networks', () => {
  const networks: [string, ReturnType<typeof addressNetworks>][] = [
    ['192.0.2.7', { network: '192.0.2.0/24' }],
    ['::ffff:192.0.2.7', { network: '192.0.2.0/24' }],
    ['2001:db8:1:2ff:3::1', { subnet: '2001:db8:1:200::/56', network: '2001:db8:1::/48' }],
    ['2001:DB8:1:2AB::1%eth0', { subnet: '2001:db8:1:200::/56', network: '2001:db8:1::/48' }],
    ['unknown', {}],
    ['', {}],
  ];
  for (const [address, expected] of networks) {
    it(`are the /56 and /48, or the /24, of ${address || 'an empty address'}`, () => {
      expect(addressNetworks(address)).to.deep.equal(expected);
    });
  }
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

  it('differs between neighboring networks', () => {
    expect(addressBlock('2001:db8:1:2::1')).to.not.equal(addressBlock('2001:db8:1:3::1'));
  });

  it('is short, and exists even for a text that is not an address', () => {
    expect(addressBlock('x'.repeat(1000))).to.have.length(64);
    expect(addressBlock(undefined as unknown as string)).to.equal('undefined');
  });
});
