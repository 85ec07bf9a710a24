// pairing/: how often codes may be tried and pairings opened.
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
  /** Wrong tries altogether. Then typed codes get `ERR_THROTTLED`; QR links go on, as they can't be guessed. */
  global: 1000,
  /** Pairings that one user opens. Then `ERR_THROTTLED`. */
  opened: 30,
} as const;

/** Counts tries in the shared state. */
export interface Throttle {
  /** Counts a redemption by this address. Throws `ERR_THROTTLED` past the limit. */
  attempt(address: string): Promise<void>;
  /** Counts a try at a pairing of this user, or of nobody. `false`: past the limit, don't evaluate it. */
  userAttempt(userId: string | undefined): Promise<boolean>;
  /** Counts a wrong try. */
  miss(): Promise<void>;
  /** The key that is there while typed codes are past the global limit. */
  readonly globalKey: string;
  /** Counts a new pairing. Throws `ERR_THROTTLED` past its limit, or while the user's pairings are under attack. */
  opening(userId: string): Promise<void>;
}

const prefix = 'pairing-throttle:';

/** Makes the throttle. */
export function throttle(state: SharedState, onEvent: OnEvent): Throttle {
  const globalKey = `${prefix}global-reached`;
  const count = (what: string): Promise<number> => state.increment(prefix + what, limits.windowSeconds);

  return {
    globalKey,

    async attempt(address) {
      const tries = await count(`address:${addressBlock(address)}`);
      if (tries === limits.address + 1) onEvent({ type: 'throttle.reached', limit: 'address' });
      if (tries > limits.address) throw throttled();
    },

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
        await state.put(globalKey, '1', limits.windowSeconds);
      }
    },

    async opening(userId) {
      const [opened, [reached]] = await Promise.all([
        count(`opened:${userId}`),
        state.get([`${prefix}user-reached:${userId}`]),
      ]);
      if (opened === limits.opened + 1) onEvent({ type: 'throttle.reached', limit: 'user' });
      if (opened > limits.opened || reached !== undefined) throw throttled();
    },
  };
}

/** The error past a limit. The rest of the window is not known, so it names the whole. */
export function throttled(): LatchkeyError {
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
