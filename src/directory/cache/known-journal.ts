// Keeps the journal rows that this process has applied, and decides whether a cached value is still valid.
import { type JournalRow, journalKeys, type Position } from '../../vocabulary/journal.js';

/** `ahead`: the value was read at a later row than this process has read so far. */
export type Verdict = 'holds' | 'outdated' | 'ahead';

/** The latest rows of the journal. */
export interface KnownJournal {
  /** The latest row. */
  readonly position: Position;
  /** Appends rows that follow the latest one. */
  apply(rows: readonly JournalRow[]): void;
  /** Whether values of these keys that were read at this position are still current at the latest row. */
  judge(keys: readonly string[], position: Position): Verdict;
}

/** How many rows a process remembers. Values that were read before the first of these rows are reloaded. */
export const rememberedRows = 10_000;

/** Creates a `KnownJournal` from the latest rows of a journal, at least one. */
export function knownJournal(first: readonly [JournalRow, ...JournalRow[]]): KnownJournal {
  const rows = new Map<number, JournalRow>();
  const latest = new Map<string, number>();
  let [oldest] = first;
  let position: Position = oldest;

  function forgetOldest(): void {
    rows.delete(oldest.seq);
    for (const key of oldest.keys) if (latest.get(key) === oldest.seq) latest.delete(key);
    for (const row of rows.values()) {
      oldest = row;
      return;
    }
  }

  function apply(added: readonly JournalRow[]): void {
    for (const row of added) {
      rows.set(row.seq, row);
      for (const key of row.keys) latest.set(key, row.seq);
      position = row;
      if (rows.size > rememberedRows) forgetOldest();
    }
  }
  apply(first);

  return {
    get position() {
      return position;
    },
    apply,
    judge(keys, { seq, nonce }) {
      if (seq > position.seq) return 'ahead';
      // The position is before the first remembered row, or belongs to another history: that of another database, or of
      // this one before a restore.
      if (rows.get(seq)?.nonce !== nonce) return 'outdated';
      const changed = (key: string) => (latest.get(key) ?? 0) > seq;
      return changed(journalKeys.everything) || keys.some(changed) ? 'outdated' : 'holds';
    },
  };
}
