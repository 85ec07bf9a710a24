// How long the longest reliance is among those who joined: settings may differ.
import { type Journal, type JournalRow, journalKeys } from '../../vocabulary/journal.js';

/** What is known of the others' waits. */
export interface LongestWait {
  /** In milliseconds; never less than that of this process. */
  milliseconds(): number;
  /** Looks for rows of processes that joined. */
  heed(rows: readonly JournalRow[]): void;
  /**
   * Asks for those who joined since it was last asked; no statement where nobody did. Before this process acknowledges that
   * somebody joined, it has to know. Rejects as the journal does.
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
