// Changes that may still be carried out, and of which no row of the journal would tell.
import type { JournalRow } from '../../journal.js';
import type { CacheClock } from './clock.js';

/** Says in the journal that there may be such a change. */
export const unheardKey = '?';

/** How long an entry is held meanwhile, in milliseconds. */
export const unheardMilliseconds = 2000;

/** Expects them for a while after each row that says so. */
export interface UnheardChanges {
  heed(rows: readonly JournalRow[]): void;
  /** Whether there may be one now. */
  expected(): boolean;
}

/** @param milliseconds for how long: longer than entries are held */
export function unheardChanges(clock: Pick<CacheClock, 'monotonic'>, milliseconds: number): UnheardChanges {
  let until = Number.NEGATIVE_INFINITY;
  return {
    heed(rows) {
      if (rows.some(({ keys }) => keys.includes(unheardKey))) until = clock.monotonic() + milliseconds;
    },
    expected: () => clock.monotonic() < until,
  };
}
