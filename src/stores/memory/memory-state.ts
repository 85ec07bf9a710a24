// The in-memory shared state, for development, tests and servers that run a single instance.
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { OnEvent } from '../../vocabulary/events.js';
import type { EveryMember } from '../../vocabulary/every-member.js';
import type { SharedState } from '../../vocabulary/ports.js';
import type { Clock } from '../../vocabulary/types.js';
import { checkOptionNames, checkSeconds, errorOutlet } from '../store-checks.js';
import { subscriptions } from '../subscriptions.js';

/** Options of `memoryState`. */
export interface MemoryStateOptions {
  /** The clock by which keys expire, in milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: Clock | undefined;
  /**
   * Receives an `error` event when a subscriber throws. Default: the `onEvent` of the Latchkey instance that uses this
   * store.
   */
  readonly onEvent?: OnEvent | undefined;
}

const optionNames: EveryMember<MemoryStateOptions> = { now: true, onEvent: true };

interface Entry {
  readonly value: string;
  readonly expiresAt: number;
  readonly timer: NodeJS.Timeout;
}

// Node fires a timer at once if its delay is longer than this.
const longestTimerMilliseconds = 2 ** 31 - 1;

/**
 * Creates a shared state in the memory of this process. The data is lost when the process ends, and no other process
 * can read the data. If you run several instances, use `redisState`. Subscribers receive a message before `publish`
 * returns.
 *
 * @example
 * import { latchkey, memoryState, postgresDirectory } from 'latchkey';
 * const options = { trustedProxies: ['loopback'], headers: 'authelia', directory: postgresDirectory(pool) } as const;
 * const auth = latchkey({ ...options, state: memoryState() }); // one process only
 */
export function memoryState(options: MemoryStateOptions = {}): SharedState {
  checkOptionNames('memoryState', options, optionNames);
  const now = options.now ?? Date.now;
  const { emit, listen } = errorOutlet(options.onEvent);
  const entries = new Map<string, Entry>();
  const subscribed = subscriptions({
    first: (channel) => subscribed.restored(channel),
    last() {},
    failed: () =>
      emit({ type: 'error', code: 'ERR_STATE_SUBSCRIBER', message: 'A subscriber to the shared state threw an error' }),
  });
  let closed = false;

  function checkOpen(): void {
    if (closed) {
      throw new LatchkeyError('ERR_STATE_UNAVAILABLE', { detail: 'The shared state was closed' });
    }
  }

  function arm(key: string, expiresAt: number): NodeJS.Timeout {
    const delay = Math.min(Math.max(expiresAt - now(), 1), longestTimerMilliseconds);
    return setTimeout(() => expire(key, expiresAt), delay).unref();
  }

  function expire(key: string, expiresAt: number): void {
    const entry = entries.get(key);
    if (entry === undefined) {
      return;
    }
    if (now() >= expiresAt) {
      remove(key);
    } else {
      // A timer can fire before the key expires, because timers do not follow the clock `now`.
      entries.set(key, { ...entry, timer: arm(key, expiresAt) });
    }
  }

  function set(key: string, value: string, expiresAt: number): void {
    clearTimeout(entries.get(key)?.timer);
    entries.set(key, { value, expiresAt, timer: arm(key, expiresAt) });
  }

  function remove(key: string): void {
    const entry = entries.get(key);
    if (entry !== undefined) {
      clearTimeout(entry.timer);
      entries.delete(key);
    }
  }

  function find(key: string): Entry | undefined {
    const entry = entries.get(key);
    if (entry !== undefined && now() >= entry.expiresAt) {
      remove(key);
      return undefined;
    }
    return entry;
  }

  return {
    singleProcess: true,

    async get(keys) {
      checkOpen();
      return keys.map((key) => find(key)?.value);
    },

    async put(key, value, ttlSeconds) {
      checkOpen();
      checkSeconds(ttlSeconds);
      set(key, value, now() + ttlSeconds * 1000);
    },

    async putIfAbsent(key, value, ttlSeconds) {
      checkOpen();
      checkSeconds(ttlSeconds);
      if (find(key) !== undefined) {
        return false;
      }
      set(key, value, now() + ttlSeconds * 1000);
      return true;
    },

    async take(key) {
      checkOpen();
      const entry = find(key);
      remove(key);
      return entry?.value;
    },

    async compareAndSet(key, expected, next, ttlSeconds) {
      checkOpen();
      checkSeconds(ttlSeconds);
      if (find(key)?.value !== expected) {
        return false;
      }
      set(key, next, now() + ttlSeconds * 1000);
      return true;
    },

    async increment(key, windowSeconds) {
      checkOpen();
      checkSeconds(windowSeconds);
      const entry = find(key);
      const count = Number(entry?.value ?? 0) + 1;
      set(key, String(count), entry?.expiresAt ?? now() + windowSeconds * 1000);
      return count;
    },

    async delete(keys) {
      checkOpen();
      for (const key of keys) {
        remove(key);
      }
    },

    async now() {
      checkOpen();
      return now();
    },

    async publish(channel, message) {
      checkOpen();
      subscribed.message(channel, message);
    },

    subscribe: (channel, subscriber) => subscribed.add(channel, subscriber),

    listen,

    async close() {
      closed = true;
      for (const { timer } of entries.values()) {
        clearTimeout(timer);
      }
      entries.clear();
      subscribed.end();
    },
  };
}
