// Enforces the rate limits for code attempts, new pairings and device requests.
import { isIPv4, isIPv6 } from 'node:net';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { OnEvent } from '../vocabulary/events.js';
import type { SharedState } from '../vocabulary/ports.js';
import type { Owner } from '../vocabulary/types.js';
import type { Limits } from './limits.js';

// Each limit has a fixed window, which begins with the first counted try. A try is counted before it is evaluated, so
// that concurrent tries cannot exceed the limit.

/** Counts attempts in the shared state. */
export interface Throttle {
  /**
   * Counts a redemption for this address, its subnet and its network.
   * @throws {LatchkeyError} `ERR_THROTTLED` above a limit.
   */
  attempt(address: string): Promise<void>;
  /**
   * Counts a try for a pairing of this user. Pass `undefined` if the try belongs to no pairing. Resolves to `false`
   * above the limit. The caller must then not evaluate the try.
   */
  userAttempt(owner: Owner | undefined): Promise<boolean>;
  /** Counts a wrong try. */
  miss(): Promise<void>;
  /** A key in the shared state, which exists while the number of wrong tries is above the global limit. */
  readonly suspicionKey: string;
  /**
   * Counts a new pairing.
   * @throws {LatchkeyError} `ERR_THROTTLED` above the limit, or while the user's pairings are under attack.
   */
  opening(owner: Owner): Promise<void>;
  /**
   * Counts a device request.
   * @throws {LatchkeyError} `ERR_THROTTLED` above a limit.
   */
  requesting(address: string): Promise<void>;
  /**
   * Counts a user code that this user typed.
   * @throws {LatchkeyError} `ERR_THROTTLED` above the limit.
   */
  verifying(owner: Owner): Promise<void>;
}

const prefix = 'pairing-throttle:';

type Counted = Extract<Parameters<OnEvent>[0], { readonly type: 'throttle.reached' }>['limit'];

/** Creates the throttle. */
export function throttle(state: SharedState, onEvent: OnEvent, limits: Limits): Throttle {
  const suspicionKey = `${prefix}suspicion`;
  const count = (what: string) => state.increment(prefix + what, limits.windowSeconds);

  /** Increments a counter, and throws if the counter is above the limit. Emits one event per window. */
  async function limited(what: string, most: number, limit: Counted, owner?: Owner): Promise<void> {
    const counted = await count(what);
    if (counted === most + 1) {
      onEvent({ type: 'throttle.reached', limit, userId: owner?.userId, subject: owner?.subject });
    }
    if (counted > most) throw throttled(limits.windowSeconds);
  }

  /**
   * Checks the narrowest range first. A request that is refused because of its address must not count against the other
   * addresses of its network.
   */
  async function limitedFrom(what: string, address: string, most: Between): Promise<void> {
    const { subnet, network } = addressNetworks(address);
    await limited(`${what}:${addressBlock(address)}`, most.address, 'address');
    if (subnet !== undefined) await limited(`${what}-subnet:${subnet}`, most.subnet, 'network');
    if (network !== undefined) await limited(`${what}-network:${network}`, most.network, 'network');
  }

  async function attempt(address: string): Promise<void> {
    await limitedFrom('address', address, limits);
  }

  async function requesting(address: string): Promise<void> {
    await limitedFrom('requested', address, {
      address: limits.requested,
      subnet: limits.requestedPerSubnet,
      network: limits.requestedPerNetwork,
    });
    await limited('requested-globally', limits.requestedGlobally, 'global');
  }

  async function verifying(owner: Owner): Promise<void> {
    await limited(`verified:${owner.userId}`, limits.verified, 'user', owner);
  }

  async function userAttempt(owner: Owner | undefined): Promise<boolean> {
    // A try that belongs to no pairing increments a counter without a limit, so that the timing does not reveal whether
    // the pairing exists.
    const tries = await count(`user:${owner?.userId ?? 'nobody'}`);
    if (owner === undefined || tries <= limits.user) return true;
    if (tries === limits.user + 1) {
      onEvent({ type: 'throttle.reached', limit: 'user', userId: owner.userId, subject: owner.subject });
      await state.put(userReachedKey(owner), '1', limits.windowSeconds);
    }
    return false;
  }

  async function miss(): Promise<void> {
    if ((await count('global')) === limits.global + 1) {
      onEvent({ type: 'throttle.reached', limit: 'global' });
      await state.put(suspicionKey, '1', limits.windowSeconds);
    }
  }

  async function opening(owner: Owner): Promise<void> {
    const [, [reached]] = await Promise.all([
      limited(`opened:${owner.userId}`, limits.opened, 'user', owner),
      state.get([userReachedKey(owner)]),
    ]);
    if (reached !== undefined) throw throttled(limits.windowSeconds);
  }

  return { suspicionKey, attempt, requesting, verifying, userAttempt, miss, opening };
}

function userReachedKey({ userId }: Owner): string {
  return `${prefix}user-reached:${userId}`;
}

/**
 * Returns the error for a call above a limit. The remaining time of the window is not known, so `retryAfterSeconds` is
 * the length of the whole window.
 */
function throttled(retryAfterSeconds: number): LatchkeyError {
  return new LatchkeyError('ERR_THROTTLED', { retryAfterSeconds });
}

type Between = Pick<Limits, 'address' | 'subnet' | 'network'>;

/**
 * Returns the part of an address that belongs to one party: a whole IPv4 address, or the first 64 bits of an IPv6
 * address.
 */
export function addressBlock(address: string): string {
  const { ipv4, groups, plain } = parsed(address);
  if (groups === undefined) return ipv4 ?? plain.slice(0, 64);
  return `${hex(groups.slice(0, 4))}::/64`;
}

/**
 * Returns the networks that may belong to one party: the /56 and the /48 of an IPv6 address, or the /24 of an IPv4
 * address. Returns no network if the text is not an address.
 */
export function addressNetworks(address: string): {
  readonly subnet?: string | undefined;
  readonly network?: string | undefined;
} {
  const { ipv4, groups } = parsed(address);
  if (ipv4 !== undefined) return { network: `${ipv4.split('.').slice(0, 3).join('.')}.0/24` };
  if (groups === undefined) return {};
  const [first = 0, second = 0, third = 0, fourth = 0] = groups;
  return {
    subnet: `${hex([first, second, third, fourth & 0xff00])}::/56`,
    network: `${hex([first, second, third])}::/48`,
  };
}

interface Parsed {
  readonly plain: string;
  readonly ipv4?: string | undefined;
  readonly groups?: readonly number[] | undefined;
}

function parsed(address: string): Parsed {
  const [plain = ''] = String(address).toLowerCase().split('%');
  if (isIPv4(plain)) return { plain, ipv4: plain };
  if (!isIPv6(plain)) return { plain };
  const groups = ipv6Groups(plain);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!mapped) return { plain, groups };
  return { plain, ipv4: [groups[6], groups[7]].map((group = 0) => `${group >> 8}.${group & 255}`).join('.') };
}

function hex(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}

function ipv6Groups(address: string): number[] {
  const [front = [], back = []] = address.split('::').map(groupsOf);
  return [...front, ...Array<number>(Math.max(0, 8 - front.length - back.length)).fill(0), ...back];
}

function groupsOf(text: string): number[] {
  return text
    .split(':')
    .filter((group) => group !== '')
    .flatMap((group) => {
      if (!group.includes('.')) return [Number.parseInt(group, 16)];
      const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
      return [a * 256 + b, c * 256 + d];
    });
}
