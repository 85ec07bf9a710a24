// The port to the journal of changes, by which every process knows what its caches may still believe.

/**
 * A place in the journal. The nonce makes it name a history: two databases, or one before and after a restore, share a
 * nonce only where they share all rows up to it.
 */
export interface Position {
  /** A whole number that grows by one with every row, in the order of the commits. */
  readonly seq: number;
  /** Random text of 128 bits or more, different in each row ever written. */
  readonly nonce: string;
}

/** One row of the journal: what one transaction changed. Rows are never altered. */
export interface JournalRow extends Position {
  readonly keys: readonly string[];
}

/** One process that follows the journal. */
export interface JournalInstance {
  readonly id: string;
  /** Grows with each beat. */
  readonly beat: number;
  /** The `seq` of the latest row that the process has applied. */
  readonly acknowledged: number;
  /** The milliseconds that a change waits for this process at most. */
  readonly waitMilliseconds: number;
}

/**
 * What was read, with the journal's latest position in the same snapshot; where the verb itself wrote a row, the position
 * of that row. Absent: the caches take the position that they knew before they asked, which is as safe but for a restore
 * of the database in that moment.
 */
export type Positioned<Value> = Value & { readonly position?: Position | undefined };

/**
 * The order of all changes: one row a transaction, given in the order of the commits, so that nobody ever reads row n
 * before row n - 1 (a plain sequence will not do: it is given before the commit). Every verb is one transaction on the
 * primary, never on a replica, and rejects with `ERR_DIRECTORY_UNAVAILABLE` where it cannot be carried out.
 */
export interface Journal {
  /**
   * Adds a row with the key `joined`, and the instance with that row acknowledged, in one transaction. Returns the id of
   * the database, made with its tables, and the latest rows in order, that one last: at most `rows`, at least one.
   */
  join(
    id: string,
    waitMilliseconds: number,
    rows: number,
  ): Promise<{ readonly database: string; readonly rows: readonly JournalRow[] }>;
  /**
   * Raises the instance's `beat` by one and sets `acknowledged` to `after.seq`, then reads the rows after it, in the same or
   * a later snapshot. `undefined`, with nothing written: no such instance, or no row with this `seq` and `nonce`.
   */
  beat(id: string, after: Position): Promise<readonly JournalRow[] | undefined>;
  /** All instances, in no order. */
  instances(): Promise<readonly JournalInstance[]>;
  /** Removes the instance; with `beat`, only where its beat is still this one. */
  leave(id: string, beat?: number): Promise<void>;
  /** Adds a row without a change. */
  note(keys: readonly string[]): Promise<Position>;
  /**
   * Deletes rows that were written more than this many seconds ago by the database's own clock, but keeps the newest of
   * those: a process that has followed every row still finds its place.
   */
  prune(ageSeconds: number): Promise<void>;
}

/** The keys that journal rows name. */
export const journalKeys: {
  user(subject: string): string;
  device(id: string): string;
  /** The group → role mapping. */
  readonly mapping: string;
  /** Everything: nothing that was read before counts any more. */
  readonly everything: string;
  /** A process joined; nothing changed. */
  readonly joined: string;
} = {
  user: (subject) => `u:${subject}`,
  device: (id) => `d:${id}`,
  mapping: 'm',
  everything: '*',
  joined: 'j',
};
