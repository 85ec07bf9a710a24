// The rate limits for pairings, and the option `limits` that changes them.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { EveryMember } from '../vocabulary/every-member.js';

/**
 * Rate limits, each for a fixed window of 600 seconds. All limits are whole numbers. An *address* is an IPv4 address or
 * an IPv6 /64, a *subnet* is an IPv6 /56, and a *network* is an IPv6 /48 or an IPv4 /24. Any of these ranges may belong
 * to a single customer of a provider.
 */
export interface LimitOptions {
  /**
   * The maximum number of redemptions from one address, correct or wrong. Raise this limit if many users, such as a
   * school class, share one address. 1–10,000. Default: 60.
   */
  readonly redemptionsPerAddress?: number | undefined;
  /**
   * The maximum number of redemptions from one subnet, at least `redemptionsPerAddress`. Default: three times
   * `redemptionsPerAddress`, capped at `redemptionsPerNetwork`.
   */
  readonly redemptionsPerSubnet?: number | undefined;
  /**
   * The maximum number of redemptions from one network, at least `redemptionsPerSubnet`. This limit is at most half of
   * `wrongCodesInAll`, so that one network alone cannot reach `wrongCodesInAll`. Default: six times
   * `redemptionsPerAddress`, capped at half of `wrongCodesInAll`.
   */
  readonly redemptionsPerNetwork?: number | undefined;
  /**
   * The total number of wrong redemptions above which typed codes need approval. A higher limit makes it more likely
   * that an attacker guesses a code. 100–10,000. Default: 1,000.
   */
  readonly wrongCodesInAll?: number | undefined;
  /** The maximum number of device requests (RFC 8628) from one address. 1–10,000. Default: 30. */
  readonly requestsPerAddress?: number | undefined;
  /**
   * The maximum number of device requests from one subnet, at least `requestsPerAddress`. Default: four times
   * `requestsPerAddress`, capped at `requestsPerNetwork`.
   */
  readonly requestsPerSubnet?: number | undefined;
  /**
   * The maximum number of device requests from one network, at least `requestsPerSubnet` and at most half of
   * `requestsInAll`. Default: twenty times `requestsPerAddress`, capped at half of `requestsInAll`.
   */
  readonly requestsPerNetwork?: number | undefined;
  /**
   * The maximum number of device requests in total. This limit bounds the space that device requests use in the shared
   * state. 100–100,000. Default: 3,000.
   */
  readonly requestsInAll?: number | undefined;
  /** The maximum number of pairings that one user can open. 1–1,000. Default: 30. */
  readonly pairingsPerUser?: number | undefined;
  /** The maximum number of user codes that one user can look up, approve or deny. 5–1,000. Default: 40. */
  readonly userCodesPerUser?: number | undefined;
}

/** All limits. Each limit comes from the option `limits`, or is the default. */
export interface Limits {
  readonly windowSeconds: number;
  /**
   * The maximum number of redemptions from one address, correct or wrong. Above the limit, a redemption throws
   * `ERR_THROTTLED`.
   */
  readonly address: number;
  readonly subnet: number;
  readonly network: number;
  /**
   * The maximum number of tries at the pairings of one user. Above the limit, every try counts as wrong, and the user
   * cannot open a new pairing.
   */
  readonly user: number;
  /**
   * The maximum number of wrong tries in total. Above the limit, typed codes need approval. QR links do not need
   * approval, because nobody can guess them.
   */
  readonly global: number;
  /**
   * The maximum number of pairings that one user can open. Above the limit, opening a pairing throws `ERR_THROTTLED`.
   */
  readonly opened: number;
  /**
   * The maximum number of device requests from one address. Above the limit, a device request throws `ERR_THROTTLED`.
   */
  readonly requested: number;
  readonly requestedPerSubnet: number;
  readonly requestedPerNetwork: number;
  /** The maximum number of device requests in total. Above the limit, a device request throws `ERR_THROTTLED`. */
  readonly requestedGlobally: number;
  /**
   * The maximum number of user codes that one user can look up, approve or deny. Above the limit, each of these calls
   * throws `ERR_THROTTLED`.
   */
  readonly verified: number;
}

const ranges: EveryMember<LimitOptions, readonly [least: number, most: number]> = {
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

/**
 * Validates the option `limits` and fills in the defaults.
 * @throws {LatchkeyError} `ERR_CONFIG` when a name is unknown, a number is out of range, or a wider range has a lower
 * limit.
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

/**
 * Returns the limits of a subnet and of a network. The limit of each range must be at least as high as the limit of the
 * next narrower range. The limit of a network must be at most half of the total limit.
 */
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
