// Tracks the longest time that a change waits for any of the joined processes, because their settings may differ.
import { type Journal, type JournalRow, journalKeys } from '../../vocabulary/journal.js';

/** The longest wait of all known processes. */
export interface LongestWait {
  /** In milliseconds. Never less than the wait of this process. */
  milliseconds(): number;
  /** Checks the rows for processes that joined. */
  heed(rows: readonly JournalRow[]): void;
  /**
   * Reads the waits of the processes that joined since the last call. Sends no statement if none joined. Must succeed
   * before this process acknowledges that another one joined. Rejects as the journal does.
   */
  learn(): Promise<void>;
}

/** @param own the wait of this process, in milliseconds */
export function longestWait(journal: Pick<Journal, 'instances'>, own: number): LongestWait {
  let longest = own;
  let known = true;

  return {
    milliseconds: () => longest,

    heed(rows) {
      if (rows.some(({ keys }) => keys.includes(journalKeys.joined))) known = false;
    },

    async learn() {
      if (known) return;
      const instances = await journal.instances();
      known = true;
      longest = Math.max(longest, ...instances.map(({ waitMilliseconds }) => waitMilliseconds));
    },
  };
}
