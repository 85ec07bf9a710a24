// Changes that may have been saved although their answer was lost.
import type { JournalRow } from '../../vocabulary/journal.js';
import type { CacheClock } from './clock.js';

/** What is in doubt. */
export interface PendingChanges {
  add(keys: readonly string[]): void;
  has(key: string): boolean;
  /** How many keys are in doubt. */
  readonly size: number;
  /** The journal was read, by a statement that was asked at this instant: it told of what ran before. */
  settle(asked: number): void;
  /** Notes that some change may be carried out later of which no row will tell. */
  heed(rows: readonly JournalRow[]): void;
  /** Whether there is such a change. */
  readonly lasting: boolean;
}

/** Named in a row by whom no row of the change itself is to be expected. */
export const pendingKey = '?';

/** @param heldMilliseconds how long anything is held: as long a change can matter that no row tells of */
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
