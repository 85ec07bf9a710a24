// The port to the journal: the list of all changes, by which every process finds out which of its cached values are out
// of date.

/**
 * A position in the journal, given by one row. The nonce identifies the history: two databases, or one database before
 * and after a restore, have a row with the same nonce only if all rows up to it are the same, too.
 */
export interface Position {
  /** A whole number that grows by one with every row, in commit order. */
  readonly seq: number;
  /** Random text of at least 128 bits, unique among all rows ever written. */
  readonly nonce: string;
}

/** One row of the journal: what one transaction changed. Rows are never updated. */
export interface JournalRow extends Position {
  readonly keys: readonly string[];
}

/** A process that follows the journal. */
export interface JournalInstance {
  readonly id: string;
  /** Grows with each call of `Journal.beat`, which a process repeats regularly. */
  readonly beat: number;
  /** The `seq` of the latest row that the process has read and applied to its caches. */
  readonly acknowledged: number;
  /** The longest time that a change waits for this process, in milliseconds. */
  readonly waitMilliseconds: number;
}

/**
 * A value that was read, with the journal's latest position in the same snapshot. If the method itself wrote a row, the
 * position is that of this row. Absent: the caches use the position that they knew before the call. This is equally
 * safe, unless the database is restored at that moment.
 */
export type Positioned<Value> = Value & { readonly position?: Position | undefined };

/**
 * The order of all changes: one row per transaction, numbered in commit order, so that no reader sees row n before row
 * n - 1. A plain sequence does not achieve this, because it assigns the number before the commit. Every method is one
 * transaction on the primary, never on a replica, and rejects with `ERR_DIRECTORY_UNAVAILABLE` if it fails.
 */
export interface Journal {
  /**
   * In one transaction, adds a row with the key `joined` and an instance that has acknowledged this row. Returns the id
   * of the database and the latest rows in order: at least one, at most `rows`, the new row last. The id was created
   * together with the tables.
   */
  join(
    id: string,
    waitMilliseconds: number,
    rows: number,
  ): Promise<{ readonly database: string; readonly rows: readonly JournalRow[] }>;
  /**
   * Increments the instance's `beat` and sets `acknowledged` to `after.seq`, then reads the rows after it, in the same
   * or a later snapshot. Returns `undefined` and writes nothing if there is no such instance, or no row with the `seq`
   * and `nonce` of `after`.
   */
  beat(id: string, after: Position): Promise<readonly JournalRow[] | undefined>;
  /** Returns all instances, in no particular order. */
  instances(): Promise<readonly JournalInstance[]>;
  /** Removes the instance. If `beat` is given, removes it only if its beat still has this value. */
  leave(id: string, beat?: number): Promise<void>;
  /** Adds a row without changing any data, and returns the position of the row. */
  note(keys: readonly string[]): Promise<Position>;
  /**
   * Deletes rows that are older than `ageSeconds` by the database's own clock, except the newest of them: a process
   * that has read every row must still find its position.
   */
  prune(ageSeconds: number): Promise<void>;
}

/** The keys of journal rows. */
export const journalKeys: {
  user(subject: string): string;
  device(id: string): string;
  /** The group → role mapping. */
  readonly mapping: string;
  /** Everything: all values read before this row are out of date. */
  readonly everything: string;
  /** A process joined; no data changed. */
  readonly joined: string;
} = {
  user: (subject) => `u:${subject}`,
  device: (id) => `d:${id}`,
  mapping: 'm',
  everything: '*',
  joined: 'j',
};
