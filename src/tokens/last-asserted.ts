// When the proxy last logged a user in, written behind. Tokens are suspended by it, and nothing else reads it.
import type { Directory } from '../vocabulary/ports.js';
import type { Account, Clock, OnEvent } from '../vocabulary/types.js';
import { days } from './days.js';
import { type WriteBehind, writeBehind } from './write-behind.js';

/** Collects the logins of users and writes them now and then, all in one statement. */
export interface LastAsserted extends Pick<WriteBehind<unknown>, 'flush' | 'close'> {
  /** Notes a login by the proxy just now, at most once an hour for one user. Does not wait for I/O. */
  note(user: Pick<Account, 'userId' | 'lastAssertedAt'>): void;
  /** A login within the last hour that this process knows of; milliseconds since the epoch. */
  assertedAt(userId: string): number | undefined;
}

/** What `lastAsserted` works with. */
export interface LastAssertedOptions {
  readonly directory: Pick<Directory, 'touchUsers'>;
  readonly suspendAfterDays: number;
  readonly now: Clock;
  readonly onEvent: OnEvent;
  /** Seconds between two writes. Default: 60. */
  readonly intervalSeconds?: number;
}

const pauseMilliseconds = 3_600_000;

/** Makes the write-behind for `lastAssertedAt`. Its timer does not keep the process alive. */
export function lastAsserted(options: LastAssertedOptions): LastAsserted {
  const { directory, now, onEvent, intervalSeconds = 60 } = options;
  const late = days(options.suspendAfterDays) / 2;
  /** The logins noted within the last hour, the oldest first. */
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
    note({ userId, lastAssertedAt }) {
      const at = now();
      const cached = lastAssertedAt?.getTime() ?? Number.NEGATIVE_INFINITY;
      const known = Math.max(cached, recent.get(userId) ?? cached);
      if (at - known < pauseMilliseconds) return;
      forgetOld(at);
      recent.delete(userId);
      recent.set(userId, at);
      logins.note(userId, at);
      // Whoever comes back after long finds their apps let in again, on the other instances too.
      if (at - known >= late) void logins.flush();
    },
    assertedAt: (userId) => recent.get(userId),
    flush: logins.flush,
    close: logins.close,
  };
}
