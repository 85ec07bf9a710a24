// The entries of trustedProxies.
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { trustedPeers } from '../../src/identity/trusted-peer.js';
import { codeOf, refusalOf } from '../support/refusal.js';
import { socketFrom } from './stand-ins.js';

const trusts = (entries: readonly string[], address: string | undefined, more: object = {}): boolean =>
  trustedPeers(entries).trusts(socketFrom(address, more));

describe('trusted peers', () => {
  it('trust listed addresses and ranges, and no others', () => {
    const list = ['10.0.0.7', '192.0.2.0/30', 'fd00::/64', '2001:db8::5'];
    for (const address of [
      '10.0.0.7',
      '192.0.2.0',
      '192.0.2.3',
      'fd00::1',
      'fd00::ffff:ffff:ffff:ffff',
      '2001:db8::5',
    ]) {
      expect(trusts(list, address), address).to.equal(true);
    }
    for (const address of ['10.0.0.8', '10.0.0.6', '192.0.2.4', 'fd00:0:0:1::1', '2001:db8::6', '2001:db8::', '::1']) {
      expect(trusts(list, address), address).to.equal(false);
    }
  });

  it('treat other spellings of an IPv6 address as the same address', () => {
    expect(trusts(['2001:DB8:0:0:0:0:0:5'], '2001:db8::5')).to.equal(true);
    expect(trusts(['2001:db8::10.0.0.1/128'], '2001:db8::a00:1')).to.equal(true);
    expect(trusts(['::1'], '::1')).to.equal(true);
    expect(trusts(['fe80::/64'], 'fe80::1')).to.equal(true);
  });

  it("trust all of 127.0.0.0/8 and ::1 for 'loopback', and no neighboring addresses", () => {
    for (const address of ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1']) {
      expect(trusts(['loopback'], address), address).to.equal(true);
    }
    for (const address of ['128.0.0.1', '126.255.255.255', '::2', undefined]) {
      expect(trusts(['loopback'], address), String(address)).to.equal(false);
    }
  });

  it('do not match an IPv4 peer against an IPv6 range that spans the mapped addresses', () => {
    expect(trusts(['::8000:0:0/81'], '127.0.0.1')).to.equal(false);
    expect(trusts(['::8000:0:0/81'], '::ffff:127.0.0.1')).to.equal(false);
    expect(trusts(['::8000:0:0/81'], '::ffff:0:1')).to.equal(false);
    expect(trusts(['::8000:0:0/81'], '::fffe:0:1')).to.equal(true);
  });

  it('refuse text that is not an address', () => {
    for (const address of ['', 'localhost', '127.0.0.1 ', '127.1', '0x7f.0.0.1', '%eth0']) {
      expect(trusts(['loopback'], address), address).to.equal(false);
    }
  });

  it('cache the decision for the life of a socket', () => {
    const peers = trustedPeers(['10.0.0.7']);
    const socket = { ...socketFrom('10.0.0.7') };
    expect(peers.trusts(socket as Socket)).to.equal(true);
    // As in Node after the connection has closed: the cached decision still counts.
    Object.assign(socket, { remoteAddress: undefined, destroyed: true });
    expect(peers.trusts(socket as Socket)).to.equal(true);
  });

  it("trust unix sockets for 'unix', also under TLS", () => {
    const pipe = { localAddress: undefined, _handle: { constructor: { name: 'Pipe' } } };
    const overTls = {
      ...pipe,
      _handle: { constructor: { name: 'TLSWrap' } },
      server: { address: () => '/run/app.sock' },
    };
    expect(trusts(['unix'], undefined, pipe)).to.equal(true);
    expect(trusts(['unix'], undefined, overTls)).to.equal(true);
    expect(trusts(['unix'], undefined, { ...overTls, server: { address: () => null } })).to.equal(false);
  });

  it('throw errors with the expected and the actual value', () => {
    expect(refusalOf(() => trustedPeers(undefined)).message).to.match(/^trustedProxies: expected a list .*saw nothing/);
    expect(refusalOf(() => trustedPeers(['10.0.0.7/24'])).message).to.match(/host bits.*saw "10\.0\.0\.7\/24"/);
    expect(refusalOf(() => trustedPeers(['10.0.0.0/33'])).message).to.match(/prefix length from 8 to 32/);
    expect(refusalOf(() => trustedPeers(['::ffff:10.0.0.7'])).message).to.match(/written as IPv4/);
    expect(refusalOf(() => trustedPeers(['0.0.0.0/0'])).message).to.match(/not a wildcard/);
  });

  it('refuse holes and non-strings in the list', () => {
    for (const list of [[undefined], [null], [7], [['10.0.0.7']], new Array(2), [{ address: '10.0.0.7' }]]) {
      expect(codeOf(() => trustedPeers(list))).to.equal('ERR_CONFIG');
    }
  });
});
