// The port to the journal of changes, which tells every process which of its cached values are out of date.

/**
 * A place in the journal. The nonce identifies a history: two databases, or one database before and after a restore,
 * share a nonce only if they share all rows up to it.
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
  /** Grows with each beat. */
  readonly beat: number;
  /** The `seq` of the latest row that the process has applied. */
  readonly acknowledged: number;
  /** How many milliseconds a change waits for this process at most. */
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
   * Adds a row with the key `joined`, and an instance that has acknowledged this row, in one transaction. Returns the
   * id of the database, which was created together with its tables, and the latest rows in order, ending with the new
   * one: at most `rows`, at least one.
   */
  join(
    id: string,
    waitMilliseconds: number,
    rows: number,
  ): Promise<{ readonly database: string; readonly rows: readonly JournalRow[] }>;
  /**
   * Increments the instance's `beat` and sets `acknowledged` to `after.seq`, then reads the rows after it, in the same
   * or a later snapshot. Returns `undefined` and writes nothing if there is no such instance, or no row with this `seq`
   * and `nonce`.
   */
  beat(id: string, after: Position): Promise<readonly JournalRow[] | undefined>;
  /** Returns all instances, in no particular order. */
  instances(): Promise<readonly JournalInstance[]>;
  /** Removes the instance. If `beat` is given, removes it only if its beat still has this value. */
  leave(id: string, beat?: number): Promise<void>;
  /** Adds a row that belongs to no change of data, and returns its position. */
  note(keys: readonly string[]): Promise<Position>;
  /**
   * Deletes rows that were written more than `ageSeconds` ago by the database's own clock, but keeps the newest of
   * them, so that a process that has followed every row still finds its position.
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
