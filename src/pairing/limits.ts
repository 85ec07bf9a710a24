// The limits that keep people from guessing codes and from flooding, and what a host may set of them.
import { LatchkeyError } from '../vocabulary/errors.js';

/**
 * How much is too much, each in a fixed window of 600 s. All are whole numbers. An *address* is an IPv4 address or an
 * IPv6 network of /64, a *subnet* an IPv6 network of /56, a *network* an IPv6 network of /48 or an IPv4 network of /24:
 * so much one customer of a provider has.
 */
export interface LimitOptions {
  /** Redemptions from one address, right or wrong: raise it for a class behind one address. 1–10,000. Default 60. */
  readonly redemptionsPerAddress?: number;
  /** The same from one subnet, at least as many. Default: three times as many, as far as the network's limit allows. */
  readonly redemptionsPerSubnet?: number;
  /**
   * The same from one network, at least as many, and half of `wrongCodesInAll` at most: so that nobody reaches that limit
   * alone. Default: six times as many as from one address, as far as that allows.
   */
  readonly redemptionsPerNetwork?: number;
  /** Wrong redemptions altogether; then typed codes need approval. 100–10,000: the odds of guessing follow it. Default 1,000. */
  readonly wrongCodesInAll?: number;
  /** Requests of devices (RFC 8628) from one address. 1–10,000. Default 30. */
  readonly requestsPerAddress?: number;
  /** The same from one subnet, at least as many. Default: four times as many, as far as the network's limit allows. */
  readonly requestsPerSubnet?: number;
  /** The same from one network, at least as many, and half of `requestsInAll` at most. Default: twenty times as many, as above. */
  readonly requestsPerNetwork?: number;
  /** The same altogether: what they take up in the shared state is bounded. 100–100,000. Default 3,000. */
  readonly requestsInAll?: number;
  /** Pairings that one user opens. 1–1,000. Default 30. */
  readonly pairingsPerUser?: number;
  /** User codes that one person looks up, approves or denies. 5–1,000. Default 40. */
  readonly userCodesPerUser?: number;
}

/** The limits in force. */
export interface Limits {
  readonly windowSeconds: number;
  /** Redemptions by one address, right or wrong. Then `ERR_THROTTLED`. */
  readonly address: number;
  readonly subnet: number;
  readonly network: number;
  /** Tries at one user's pairings. Then they count as wrong, and the user opens no new pairing. */
  readonly user: number;
  /** Wrong tries altogether. Then typed codes need approval; QR links go on, as they can't be guessed. */
  readonly global: number;
  /** Pairings that one user opens. Then `ERR_THROTTLED`. */
  readonly opened: number;
  /** Requests of devices from one address. Then `ERR_THROTTLED`. */
  readonly requested: number;
  readonly requestedPerSubnet: number;
  readonly requestedPerNetwork: number;
  /** Requests of devices altogether. Then `ERR_THROTTLED`. */
  readonly requestedGlobally: number;
  /** User codes that one person looks up, approves or denies. Then `ERR_THROTTLED`. */
  readonly verified: number;
}

const ranges: Readonly<Record<keyof LimitOptions, readonly [least: number, most: number]>> = {
  redemptionsPerAddress: [1, 10_000],
  redemptionsPerSubnet: [1, 10_000],
  redemptionsPerNetwork: [1, 10_000],
  wrongCodesInAll: [100, 10_000],
  requestsPerAddress: [1, 10_000],
  requestsPerSubnet: [1, 100_000],
  requestsPerNetwork: [1, 100_000],
  requestsInAll: [100, 100_000],
  pairingsPerUser: [1, 1000],
  userCodesPerUser: [5, 1000],
};

/** The limits of a host that sets none. */
export const limits: Limits = checkedLimits();

/**
 * Fills the defaults.
 * @throws ERR_CONFIG for an unknown name, a number out of range, and limits that are not in order.
 */
export function checkedLimits(given: LimitOptions = {}): Limits {
  if (typeof given !== 'object' || given === null) throw wrong('must be an object of numbers');
  for (const [name, value] of Object.entries(given)) checkRange(name, value);
  const { redemptionsPerAddress = 60, wrongCodesInAll = 1000 } = given;
  const { requestsPerAddress = 30, requestsInAll = 3000 } = given;
  const redemptions = nested('redemptions', redemptionsPerAddress, [3, 6], [wrongCodesInAll, 'wrongCodesInAll'], {
    subnet: given.redemptionsPerSubnet,
    network: given.redemptionsPerNetwork,
  });
  const requests = nested('requests', requestsPerAddress, [4, 20], [requestsInAll, 'requestsInAll'], {
    subnet: given.requestsPerSubnet,
    network: given.requestsPerNetwork,
  });
  return Object.freeze({
    windowSeconds: 600,
    address: redemptionsPerAddress,
    subnet: redemptions.subnet,
    network: redemptions.network,
    user: 20,
    global: wrongCodesInAll,
    opened: given.pairingsPerUser ?? 30,
    requested: requestsPerAddress,
    requestedPerSubnet: requests.subnet,
    requestedPerNetwork: requests.network,
    requestedGlobally: requestsInAll,
    verified: given.userCodesPerUser ?? 40,
  });
}

/** The limits between an address and all: each at least the one before, and two windows of a network below that of all. */
function nested(
  what: 'redemptions' | 'requests',
  address: number,
  [perSubnet, perNetwork]: readonly [number, number],
  [all, allName]: readonly [number, string],
  given: { readonly subnet: number | undefined; readonly network: number | undefined },
): { readonly subnet: number; readonly network: number } {
  const half = Math.floor(all / 2);
  const network = given.network ?? Math.min(perNetwork * address, half);
  const subnet = given.subnet ?? Math.min(perSubnet * address, network);
  if (!(address <= subnet && subnet <= network && network <= half)) {
    const order = [`${what}PerAddress`, `${what}PerSubnet`, `${what}PerNetwork`, `half of ${allName}`];
    throw wrong(`must not decrease from ${order.join(' to ')} (${[address, subnet, network, half].join(', ')})`);
  }
  return { subnet, network };
}

function checkRange(name: string, value: unknown): void {
  if (!Object.hasOwn(ranges, name)) {
    throw wrong(`has an unknown member; expected any of ${Object.keys(ranges).join(', ')}`);
  }
  const [least, most] = ranges[name as keyof LimitOptions];
  if (
    value !== undefined &&
    !(typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most)
  ) {
    throw wrong(`expects a whole number from ${least} to ${most} for ${name}`);
  }
}

function wrong(what: string): LatchkeyError {
  return new LatchkeyError('ERR_CONFIG', { detail: `quickConnect.limits ${what}.` });
}
