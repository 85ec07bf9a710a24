// Parses IP addresses and ranges strictly: a typo is an error, and never widens a range.
import { isIPv4, isIPv6 } from 'node:net';
import { configError } from './config-error.js';

/** A network in the form that `net.BlockList` accepts. */
export interface IpRange {
  readonly family: 'ipv4' | 'ipv6';
  readonly network: string;
  /**
   * The number of leading bits that all addresses of the range share. For a single address, the prefix is 32 (IPv4) or
   * 128 (IPv6).
   */
  readonly prefix: number;
}

const expected = "an IP address such as '10.0.0.7', a range such as 'fd00::/64', 'loopback' or 'unix'";

const decimal = /^(?:0|[1-9]\d{0,2})$/;

// No group of proxies needs a range wider than the largest private ranges, 10.0.0.0/8 and fc00::/7.
const widest = { ipv4: 8, ipv6: 7 } as const;

/**
 * Parses one entry of `trustedProxies`. An address without a prefix is a range of one address.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when the entry is neither an address nor a range, or when the range is too wide.
 */
export function parseIpRange(entry: string): IpRange {
  const slash = entry.indexOf('/');
  const network = slash === -1 ? entry : entry.slice(0, slash);
  const family = familyOf(network);
  if (family === undefined) throw wrong(entry, expected);

  const length = family === 'ipv4' ? 32 : 128;
  const prefixText = slash === -1 ? String(length) : entry.slice(slash + 1);
  if (!decimal.test(prefixText) || Number(prefixText) > length) {
    throw wrong(entry, `a prefix length from ${widest[family]} to ${length} after the slash`);
  }
  const prefix = Number(prefixText);
  const bits = addressBits(network);
  if (bits === 0n || prefix < widest[family]) {
    throw wrong(entry, `the addresses of your proxies (a range of /${widest[family]} or narrower), not a wildcard`);
  }
  if (family === 'ipv6' && isMapped(bits)) throw wrong(entry, 'an IPv4-mapped address written as IPv4');
  if ((bits & ((1n << BigInt(length - prefix)) - 1n)) !== 0n) {
    throw wrong(entry, `a network address without host bits before /${prefix}, or a bare address`);
  }
  return { family, network, prefix };
}

/**
 * Normalizes an address for comparison: removes the zone, and converts an IPv4-mapped address to IPv4. Returns
 * `undefined` when the text is not an address.
 */
export function plainAddress(address: string): { family: 'ipv4' | 'ipv6'; address: string } | undefined {
  const zone = address.indexOf('%');
  const bare = zone === -1 ? address : address.slice(0, zone);
  const family = familyOf(bare);
  if (family === undefined) return undefined;
  if (family === 'ipv4') return { family, address: bare };
  const bits = addressBits(bare);
  if (!isMapped(bits)) return { family, address: bare };
  const octets = [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn);
  return { family: 'ipv4', address: octets.join('.') };
}

function wrong(entry: string, what: string): Error {
  return configError('trustedProxies', what, entry);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  // Node refuses octal and hexadecimal octets. Other software accepts them: inet_aton reads 010.0.0.1 as 8.0.0.1
  // (CVE-2021-28918).
  if (isIPv4(address)) return 'ipv4';
  return !address.includes('%') && isIPv6(address) ? 'ipv6' : undefined;
}

function isMapped(ipv6Bits: bigint): boolean {
  return ipv6Bits >> 32n === 0xffffn;
}

/** Converts a valid address to a number. */
function addressBits(address: string): bigint {
  if (!address.includes(':')) return address.split('.').reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n);
  const [head = '', tail] = address.split('::');
  const left = sixteenBitGroups(head);
  const right = sixteenBitGroups(tail ?? '');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0n);
  return [...left, ...zeros, ...right].reduce((bits, group) => (bits << 16n) | group, 0n);
}

function sixteenBitGroups(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)];
    const quad = addressBits(group);
    return [quad >> 16n, quad & 0xffffn];
  });
}
