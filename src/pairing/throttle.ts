// pairing/: how often codes may be tried, pairings opened and devices ask.
import { isIPv6 } from 'node:net';
import { LatchkeyError } from '../errors.js';
import type { SharedState } from '../ports.js';
import type { OnEvent } from '../types.js';

/**
 * The limits, each in a fixed window of 600 s that begins with its first count. A try is counted before it is
 * evaluated, so that any number of tries at once get through exactly as often as the limit says.
 */
export const limits = {
  windowSeconds: 600,
  /** Redemptions by one address (an IPv6 network of /64 is one address), right or wrong. Then `ERR_THROTTLED`. */
  address: 60,
  /** Tries at one user's pairings. Then they count as wrong, and the user opens no new pairing. */
  user: 20,
  /** Wrong tries altogether. Then typed codes need approval; QR links go on, as they can't be guessed. */
  global: 1000,
  /** Pairings that one user opens. Then `ERR_THROTTLED`. */
  opened: 30,
  /** Requests of devices from one address. Then `ERR_THROTTLED`. */
  requested: 30,
  /** Requests of devices altogether: what they take up in the shared state is bounded. Then `ERR_THROTTLED`. */
  requestedGlobally: 3000,
  /** User codes that one person looks up, approves or denies. Then `ERR_THROTTLED`. */
  verified: 40,
} as const;

/** Counts tries in the shared state. */
export interface Throttle {
  /** Counts a redemption by this address. Throws `ERR_THROTTLED` past the limit. */
  attempt(address: string): Promise<void>;
  /** Counts a try at a pairing of this user, or of nobody. `false`: past the limit, don't evaluate it. */
  userAttempt(userId: string | undefined): Promise<boolean>;
  /** Counts a wrong try. */
  miss(): Promise<void>;
  /** The key that is there while wrong tries are past the global limit. */
  readonly suspicionKey: string;
  /** Counts a new pairing. Throws `ERR_THROTTLED` past its limit, or while the user's pairings are under attack. */
  opening(userId: string): Promise<void>;
  /** Counts a device's request. Throws `ERR_THROTTLED` past its limits. */
  requesting(address: string): Promise<void>;
  /** Counts a user code that somebody typed. Throws `ERR_THROTTLED` past the limit. */
  verifying(userId: string): Promise<void>;
}

const prefix = 'pairing-throttle:';

/** Makes the throttle. */
export function throttle(state: SharedState, onEvent: OnEvent): Throttle {
  const suspicionKey = `${prefix}suspicion`;
  const count = (what: string): Promise<number> => state.increment(prefix + what, limits.windowSeconds);

  /** Counts, and throws past the limit; tells of it once a window. */
  async function limited(what: string, most: number, limit: 'address' | 'user' | 'global'): Promise<void> {
    const counted = await count(what);
    if (counted === most + 1) onEvent({ type: 'throttle.reached', limit });
    if (counted > most) throw throttled();
  }

  return {
    suspicionKey,

    attempt: (address) => limited(`address:${addressBlock(address)}`, limits.address, 'address'),

    async requesting(address) {
      // One address after the other: what an address is refused must not count against everybody.
      await limited(`requested:${addressBlock(address)}`, limits.requested, 'address');
      await limited('requested-globally', limits.requestedGlobally, 'global');
    },

    verifying: (userId) => limited(`verified:${userId}`, limits.verified, 'user'),

    async userAttempt(userId) {
      // A try at nothing is counted as well, on a counter that nothing reads: the work must not tell hit from miss.
      const tries = await count(`user:${userId ?? 'nobody'}`);
      if (userId === undefined || tries <= limits.user) return true;
      if (tries === limits.user + 1) {
        onEvent({ type: 'throttle.reached', limit: 'user' });
        await state.put(`${prefix}user-reached:${userId}`, '1', limits.windowSeconds);
      }
      return false;
    },

    async miss() {
      if ((await count('global')) === limits.global + 1) {
        onEvent({ type: 'throttle.reached', limit: 'global' });
        await state.put(suspicionKey, '1', limits.windowSeconds);
      }
    },

    async opening(userId) {
      const [, [reached]] = await Promise.all([
        limited(`opened:${userId}`, limits.opened, 'user'),
        state.get([`${prefix}user-reached:${userId}`]),
      ]);
      if (reached !== undefined) throw throttled();
    },
  };
}

/** The error past a limit. The rest of the window is not known, so it names the whole. */
function throttled(): LatchkeyError {
  return new LatchkeyError('ERR_THROTTLED', { retryAfterSeconds: limits.windowSeconds });
}

/** The part of an address that one party has to itself: all of IPv4, the first 64 bits of IPv6. */
export function addressBlock(address: string): string {
  const [plain = ''] = String(address).toLowerCase().split('%');
  if (!isIPv6(plain)) return plain.slice(0, 64);
  const groups = ipv6Groups(plain);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return [groups[6], groups[7]].map((group = 0) => `${group >> 8}.${group & 255}`).join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
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
