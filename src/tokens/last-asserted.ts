// Records each user's last login through the proxy, and writes the times in batches. Only the suspension of tokens uses
// these times.

import type { OnEvent } from '../vocabulary/events.js';
import type { Directory } from '../vocabulary/ports.js';
import type { Account, Clock } from '../vocabulary/types.js';
import { days } from './days.js';
import { type WriteBehind, writeBehind } from './write-behind.js';

/** Collects the times of logins, and writes all of them in one statement at a fixed interval. */
export interface LastAsserted extends Pick<WriteBehind<unknown>, 'flush' | 'close'> {
  /**
   * Records that the proxy has just logged this user in. Records at most one login per user and hour. Does not wait for
   * I/O.
   */
  note(user: Pick<Account, 'userId' | 'lastAssertedAtMs'>): void;
  /**
   * Returns the time of the latest login of this user that this process remembers, in milliseconds since the epoch. The
   * process remembers each login for at least one hour.
   */
  assertedAt(userId: string): number | undefined;
}

/** The dependencies and options of `lastAsserted`. */
export interface LastAssertedOptions {
  readonly directory: Pick<Directory, 'touchUsers'>;
  readonly suspendAfterDays: number;
  readonly now: Clock;
  readonly onEvent: OnEvent;
  /** The interval between two writes, in seconds. Default: 60. */
  readonly intervalSeconds?: number | undefined;
}

const pauseMilliseconds = 3_600_000;

/** Creates the write-behind buffer for `lastAssertedAt`. The buffer's timer does not keep the process alive. */
export function lastAsserted(options: LastAssertedOptions): LastAsserted {
  const { directory, now, onEvent, intervalSeconds = 60 } = options;
  const late = days(options.suspendAfterDays) / 2;
  /**
   * The times of the recorded logins, from the oldest to the newest. Each login stays in the map for at least one hour.
   */
  const recent = new Map<string, number>();
  const logins = writeBehind<number>({
    write: (notes) =>
      directory.touchUsers(Array.from(notes, ([userId, at]) => ({ userId, lastAssertedAt: new Date(at) }))),
    failure: 'The last login of users could not be written; Latchkey will try again.',
    onEvent,
    intervalSeconds,
  });

  function forgetOld(at: number): void {
    for (const [userId, notedAt] of recent) {
      if (at - notedAt < pauseMilliseconds) return;
      recent.delete(userId);
    }
  }

  return {
    note({ userId, lastAssertedAtMs }) {
      const at = now();
      const cached = lastAssertedAtMs ?? Number.NEGATIVE_INFINITY;
      const known = Math.max(cached, recent.get(userId) ?? cached);
      if (at - known < pauseMilliseconds) return;
      forgetOld(at);
      recent.delete(userId);
      recent.set(userId, at);
      logins.note(userId, at);
      // After a long absence, the login is written at once, so that the user's apps work again on all instances.
      if (at - known >= late) void logins.flush();
    },
    assertedAt: (userId) => recent.get(userId),
    flush: logins.flush,
    close: logins.close,
  };
}
