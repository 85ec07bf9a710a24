// Decides from the socket alone whether a peer is trusted.
import { BlockList, type Socket } from 'node:net';
import { configError } from './config-error.js';
import { type IpRange, parseIpRange, plainAddress } from './ip-range.js';

/** The peers whose identity headers are trusted. */
export interface TrustedPeers {
  /** Returns whether the peer at the other end of this socket is trusted. The result is cached for each socket. */
  trusts(socket: Socket): boolean;
  /** Returns whether a peer with this address is trusted. The address `undefined` stands for a unix socket. */
  trustsAddress(address: string | undefined): boolean;
  /** Warnings about entries that trust more machines than proxies usually need. Each warning is a full sentence. */
  readonly warnings: readonly string[];
}

// A socket that a net.Server or http.Server has accepted. Its handle shows whether it is a unix socket or a TCP
// connection.
type AcceptedSocket = Socket & {
  readonly server?: { address?(): unknown };
  readonly _handle?: { readonly constructor?: { readonly name?: string } } | null;
};

const expected = "a list of your proxies' addresses and ranges, 'loopback' or 'unix', with at least one entry";

// A range with a shorter prefix than these is probably a whole bridge network or a whole site.
const usual = { ipv4: 24, ipv6: 64 } as const;

/**
 * Compiles `trustedProxies`.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when the list is empty, or when an entry is invalid or too wide.
 */
export function trustedPeers(entries: unknown): TrustedPeers {
  if (!Array.isArray(entries) || entries.length === 0) throw configError('trustedProxies', expected, entries);

  const networks = { ipv4: new BlockList(), ipv6: new BlockList() };
  const warnings: string[] = [];
  let unix = false;
  // Array.from turns the holes of a sparse array into `undefined`, so that they are refused.
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
    // Each address family has its own list. In a shared BlockList, an IPv6 range that includes ::ffff:0:0/96 would also
    // match IPv4 peers.
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
 * Returns whether this is an open unix socket. A missing remote address does not prove that a socket is a unix socket:
 * TCP sockets lose their remote address when they are destroyed or reset. So this function looks for properties that
 * only a unix socket has.
 */
function isUnixSocket(socket: AcceptedSocket): boolean {
  if (socket.destroyed || socket.localAddress !== undefined) return false;
  return socket._handle?.constructor?.name === 'Pipe' || typeof socket.server?.address?.() === 'string';
}

function wideWarning(entry: string, range: IpRange): string {
  const widest = usual[range.family];
  return (
    `trustedProxies has '${entry}', which is wider than /${widest}: every machine and container in this ` +
    'range can log in as any user. List the addresses of the proxies themselves, or set proxySecret.'
  );
}
