// Decides which peers are trusted, by the socket alone.
import { BlockList, type Socket } from 'node:net';
import { configError } from './config-error.js';
import { type IpRange, parseIpRange, plainAddress } from './ip-range.js';

/** The peers whose identity headers are trusted. */
export interface TrustedPeers {
  /** Whether the other end of this socket is one of them. Decided once per socket, then cached. */
  trusts(socket: Socket): boolean;
  /** Whether a peer with this address is one of them; `undefined` stands for a unix socket. */
  trustsAddress(address: string | undefined): boolean;
  /** Warnings, as sentences, about entries that trust more machines than proxies usually need. */
  readonly warnings: readonly string[];
}

// The properties that net.Server and http.Server set on accepted sockets, and the handle that distinguishes a pipe from
// TCP.
type AcceptedSocket = Socket & {
  readonly server?: { address?(): unknown };
  readonly _handle?: { readonly constructor?: { readonly name?: string } } | null;
};

const expected = "a list of your proxies' addresses and ranges, 'loopback' or 'unix', with at least one entry";

// A range with a prefix of at least this length fits one network of proxies. A wider range is probably a whole bridge
// network or site.
const usual = { ipv4: 24, ipv6: 64 } as const;

/**
 * Compiles `trustedProxies`.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when it is not a strict, narrow list.
 */
export function trustedPeers(entries: unknown): TrustedPeers {
  if (!Array.isArray(entries) || entries.length === 0) throw configError('trustedProxies', expected, entries);

  const networks = { ipv4: new BlockList(), ipv6: new BlockList() };
  const warnings: string[] = [];
  let unix = false;
  // Array.from, because forEach and map skip the holes of a sparse array.
  for (const entry of Array.from(entries as readonly unknown[])) {
    if (typeof entry !== 'string') throw configError('trustedProxies', expected, entry);
    if (entry === 'unix') {
      unix = true;
    } else if (entry === 'loopback') {
      networks.ipv4.addSubnet('127.0.0.0', 8, 'ipv4');
      networks.ipv6.addAddress('::1', 'ipv6');
    } else {
      const range = parseIpRange(entry);
      networks[range.family].addSubnet(range.network, range.prefix, range.family);
      if (range.prefix < usual[range.family]) warnings.push(wideWarning(entry, range));
    }
  }

  const verdicts = new WeakMap<Socket, boolean>();
  const trustsAddress = (address: string | undefined): boolean => {
    if (address === undefined) return unix;
    const peer = plainAddress(address);
    // There is one list per family, because a single BlockList would also match an IPv4 peer against an IPv6 range that
    // spans ::ffff:0:0/96.
    return peer !== undefined && networks[peer.family].check(peer.address, peer.family);
  };
  const decide = (socket: Socket): boolean =>
    (socket.remoteAddress !== undefined || isUnixSocket(socket)) && trustsAddress(socket.remoteAddress);

  return {
    warnings,
    trustsAddress,
    trusts(socket) {
      const known = verdicts.get(socket);
      if (known !== undefined) return known;
      const verdict = decide(socket);
      verdicts.set(socket, verdict);
      return verdict;
    },
  };
}

/**
 * Whether this is a live unix socket. A missing remote address proves nothing: a TCP socket that was destroyed, or that
 * its peer has just reset, has none either. So this checks for what only a unix socket has.
 */
function isUnixSocket(socket: AcceptedSocket): boolean {
  if (socket.destroyed || socket.localAddress !== undefined) return false;
  return socket._handle?.constructor?.name === 'Pipe' || typeof socket.server?.address?.() === 'string';
}

function wideWarning(entry: string, range: IpRange): string {
  const widest = usual[range.family];
  return (
    `trustedProxies has '${entry}', which is wider than /${widest}: every machine and container in it can log in ` +
    'as any user. List the addresses of the proxies themselves, or set proxySecret.'
  );
}
