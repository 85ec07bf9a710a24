// Tracks changes that may have been saved although their answer was lost.
import type { JournalRow } from '../../vocabulary/journal.js';
import type { CacheClock } from './clock.js';

/** Changes with an unknown outcome. */
export interface PendingChanges {
  add(keys: readonly string[]): void;
  has(key: string): boolean;
  /** The number of pending keys. */
  readonly size: number;
  /**
   * Removes the keys that were added before `asked`, the time at which a successful read of the journal started: it
   * showed what had run before.
   */
  settle(asked: number): void;
  /** Checks the rows for `pendingKey`: a change may still run for which there will be no row. */
  heed(rows: readonly JournalRow[]): void;
  /** Whether there may be such a change. */
  readonly lasting: boolean;
}

/** The key in a row of a process whose change may write no journal row of its own. */
export const pendingKey = '?';

/** @param heldMilliseconds how long entries are held: as long as a change without a journal row can matter */
export function pendingChanges(clock: CacheClock, heldMilliseconds: number): PendingChanges {
  const since = new Map<string, number>();
  let until = Number.NEGATIVE_INFINITY;

  return {
    add(keys) {
      for (const key of keys) since.set(key, clock.monotonic());
    },
    has: (key) => since.has(key),
    get size() {
      return since.size;
    },
    settle(asked) {
      for (const [key, at] of since) if (at < asked) since.delete(key);
    },
    heed(rows) {
      if (rows.some(({ keys }) => keys.includes(pendingKey))) until = clock.monotonic() + heldMilliseconds;
    },
    get lasting() {
      return clock.monotonic() < until;
    },
  };
}
