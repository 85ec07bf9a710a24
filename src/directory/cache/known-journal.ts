// Keeps the journal rows that this process has applied, and decides whether a cached value is still valid.
import { type JournalRow, journalKeys, type Position } from '../../vocabulary/journal.js';

/**
 * The result of checking a cached value. The verdict `ahead` means that the value was read at a position that this
 * process has not reached yet.
 */
export type Verdict = 'holds' | 'outdated' | 'ahead';

/** The latest rows of the journal that this process has applied. */
export interface KnownJournal {
  /** The latest row. */
  readonly position: Position;
  /** Appends the rows that follow the latest row. */
  apply(rows: readonly JournalRow[]): void;
  /** Returns whether values with these keys that were read at this position are still current at the latest row. */
  judge(keys: readonly string[], position: Position): Verdict;
}

/** The number of rows that a process remembers. A value that was read before the oldest of these rows is reloaded. */
export const rememberedRows = 10_000;

/** Creates a `KnownJournal` from the latest rows of a journal. There must be at least one row. */
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
      // Either the position is older than all remembered rows, or it belongs to a different history. A different
      // history is that of another database, or that of this database before a restore.
      if (rows.get(seq)?.nonce !== nonce) return 'outdated';
      const changed = (key: string) => (latest.get(key) ?? 0) > seq;
      return changed(journalKeys.everything) || keys.some(changed) ? 'outdated' : 'holds';
    },
  };
}
