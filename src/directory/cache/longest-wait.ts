// Tracks the longest time that a change must wait for any process. This time depends on the settings of each process.
import { type Journal, type JournalRow, journalKeys } from '../../vocabulary/journal.js';

/** The longest wait of all known processes. */
export interface LongestWait {
  /** Returns the longest wait in milliseconds. The result is never shorter than the wait of this process. */
  milliseconds(): number;
  /** Checks whether these journal rows record that a process has joined. */
  heed(rows: readonly JournalRow[]): void;
  /**
   * Reads the waits of the processes that have joined since the last call. Sends no statement if no process has joined.
   * This call must succeed before this process acknowledges that another process joined. Rejects if the journal fails.
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
