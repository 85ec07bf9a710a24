// H4: a range is read wider than it was meant.
import { expect } from 'chai';
import { identifier } from '../../src/identity/identify.js';
import { socketFrom } from '../identity/stand-ins.js';
import { answerTo } from '../support/identity-server.js';
import { codeOf } from '../support/refusal.js';

const start = (entry: string) => identifier({ trustedProxies: [entry], headers: 'authelia' });
const believed = (entry: string, address: string): boolean => {
  const request = { rawHeaders: ['Remote-User', 'alice'], url: '/', socket: socketFrom(address) };
  return answerTo(() => start(entry).identify(request)).status === 200;
};

describe('H4: odd spellings of addresses and ranges', () => {
  it('throw at start: octal, hexadecimal, short and padded numbers', () => {
    for (const entry of [
      ...['010.0.0.7', '10.00.0.7', '0x0a.0.0.7', '0xa000007', '167772167', '10.7', '10.0.7', '10.0.0', '10.0.0.256'],
      ...[
        '10.0.0.7.',
        '.10.0.0.7',
        '10..0.7',
        '+10.0.0.7',
        '-10.0.0.7',
        '10.0.0.7e0',
        '１0.0.0.7',
        ' 10.0.0.7',
        '10.0.0.7\n',
      ],
      ...[
        '010.0.0.0/8',
        '::ffff:010.0.0.1',
        'fd00::010.0.0.1',
        'fd00::1::',
        'fd00:::1',
        'fd00::g',
        '[fd00::1]',
        'fd00::12345',
      ],
      ...[
        'fe80::1%eth0',
        'fe80::%eth0/64',
        '10.0.0.7:443',
        'http://10.0.0.7',
        '10.0.0.0-10.0.0.9',
        '10.0.0.*',
        '10.0.0.0/24,::1',
      ],
    ]) {
      expect(
        codeOf(() => start(entry)),
        entry,
      ).to.equal('ERR_CONFIG');
    }
  });

  it('throw at start: invalid prefix lengths', () => {
    for (const suffix of [
      '',
      '33',
      '-1',
      '024',
      '0x18',
      '8.0',
      '1e1',
      ' 24',
      '24 ',
      '24/24',
      '255.255.255.0',
      'x',
      '２4',
    ]) {
      expect(
        codeOf(() => start(`10.0.0.0/${suffix}`)),
        suffix,
      ).to.equal('ERR_CONFIG');
    }
    for (const suffix of ['129', '0128', '', 'ffff::']) {
      expect(
        codeOf(() => start(`fd00::/${suffix}`)),
        suffix,
      ).to.equal('ERR_CONFIG');
    }
  });

  it('throw at start: host bits, which show a mistake in the prefix or the address', () => {
    for (const entry of [
      '10.0.0.7/24',
      '10.0.0.1/8',
      '192.168.1.1/16',
      'fd00::1/64',
      'fd00::1/32',
      '2001:db8:1::/32',
      '10.0.0.7/31',
    ]) {
      expect(
        codeOf(() => start(entry)),
        entry,
      ).to.equal('ERR_CONFIG');
    }
  });

  it('mean one address without a prefix, in both families', () => {
    expect(believed('10.0.0.7', '10.0.0.7')).to.equal(true);
    expect(believed('10.0.0.7', '10.0.0.6')).to.equal(false);
    expect(believed('2001:db8::7', '2001:db8::7')).to.equal(true);
    // In CVE-2026-33376, an IPv6 address got the prefix /32, which trusted a whole provider.
    expect(believed('2001:db8::7', '2001:db8::8')).to.equal(false);
    expect(believed('2001:db8::7', '2001:db8:ffff::7')).to.equal(false);
  });

  it('end exactly at the prefix', () => {
    expect(believed('172.16.0.0/12', '172.31.255.255')).to.equal(true);
    expect(believed('172.16.0.0/12', '172.32.0.0')).to.equal(false);
    expect(believed('10.0.0.6/31', '10.0.0.7')).to.equal(true);
    expect(believed('10.0.0.6/31', '10.0.0.8')).to.equal(false);
    expect(believed('fd00::/63', 'fd00:0:0:1:ffff::')).to.equal(true);
    expect(believed('fd00::/63', 'fd00:0:0:2::')).to.equal(false);
  });
});
