// Tracks changes that might have been saved, although the database's answer was lost.
import type { JournalRow } from '../../vocabulary/journal.js';
import type { CacheClock } from './clock.js';

/** Changes with an unknown outcome. */
export interface PendingChanges {
  add(keys: readonly string[]): void;
  has(key: string): boolean;
  /** The number of pending keys. */
  readonly size: number;
  /**
   * Removes the keys that were added before a successful read of the journal, which started at the time `asked`. The
   * read has shown whether the changes of these keys were saved.
   */
  settle(asked: number): void;
  /**
   * Checks whether these journal rows contain `pendingKey`. That key means that a change without a journal row might
   * still be running.
   */
  heed(rows: readonly JournalRow[]): void;
  /** `true` while a change without a journal row might be running. */
  readonly lasting: boolean;
}

/**
 * A process writes this key to the journal if one of its changes might still be running and does not write its own
 * journal row.
 */
export const pendingKey = '?';

/**
 * @param heldMilliseconds how long entries stay in memory; after this time, a change without a journal row no longer
 *   matters
 */
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
