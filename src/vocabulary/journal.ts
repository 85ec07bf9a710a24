// Defines the port to the journal, which is the list of all changes. From the journal, every process learns which of
// its cached values are out of date.

/**
 * A position in the journal, identified by one row. The nonce also identifies the history of the database. If two
 * databases contain rows with the same nonce, all rows up to that row are the same in both databases. This also applies
 * to one database before and after a restore.
 */
export interface Position {
  /** The number of the row. Rows are numbered consecutively, in commit order. */
  readonly seq: number;
  /** Random text of at least 128 bits, unique among all rows ever written. */
  readonly nonce: string;
}

/** A row of the journal. The keys of the row name what a transaction has changed. Rows are never updated. */
export interface JournalRow extends Position {
  readonly keys: readonly string[];
}

/** A process that follows the journal. */
export interface JournalInstance {
  readonly id: string;
  /** A number that grows with each call of `Journal.beat`. Each process calls `Journal.beat` regularly. */
  readonly beat: number;
  /** The `seq` of the latest row that the process has read and applied to its caches. */
  readonly acknowledged: number;
  /** The longest time that a change waits for this process, in milliseconds. */
  readonly waitMilliseconds: number;
}

/**
 * A value, together with the latest journal position in the snapshot from which the value was read. If the method
 * itself wrote a journal row, `position` is the position of that row. If `position` is absent, the caches use the
 * position that they knew before the call. A position from before the call is equally safe, unless the database is
 * restored during the call.
 */
export type Positioned<Value> = Value & { readonly position?: Position | undefined };

/**
 * Records the order of all changes. The journal has one row per transaction, numbered in commit order, so no reader
 * sees row n before row n - 1. A plain database sequence does not ensure this order, because it assigns numbers before
 * the commit. Every method is one transaction on the primary database, never on a replica. A method that fails rejects
 * with `ERR_DIRECTORY_UNAVAILABLE`.
 */
export interface Journal {
  /**
   * In one transaction, adds a row with the key `joined`, and registers an instance that has acknowledged this row.
   * Returns the id of the database, and at most `rows` of the latest rows, in order. The last of these rows is the new
   * row. The id of the database was created together with the tables.
   */
  join(
    id: string,
    waitMilliseconds: number,
    rows: number,
  ): Promise<{ readonly database: string; readonly rows: readonly JournalRow[] }>;
  /**
   * Increments the instance's `beat` and sets the instance's `acknowledged` to `after.seq`. Then reads the rows after
   * the position `after`, in the same snapshot or in a later snapshot. Returns `undefined` and writes nothing if the
   * instance does not exist, or if the journal has no row at the position `after`.
   */
  beat(id: string, after: Position): Promise<readonly JournalRow[] | undefined>;
  /** Returns all instances, in no particular order. */
  instances(): Promise<readonly JournalInstance[]>;
  /**
   * Removes the instance. If the argument `beat` is given, removes the instance only if its `beat` still equals this
   * argument.
   */
  leave(id: string, beat?: number): Promise<void>;
  /** Adds a row without changing any data, and returns the position of the row. */
  note(keys: readonly string[]): Promise<Position>;
  /**
   * Deletes the rows that are older than `ageSeconds` seconds by the database's own clock. Keeps the newest of the old
   * rows, because a process that has read every row must still be able to find its position.
   */
  prune(ageSeconds: number): Promise<void>;
}

/** The keys of journal rows. */
export const journalKeys: {
  user(subject: string): string;
  device(id: string): string;
  /** The key of the group → role mappings. */
  readonly mapping: string;
  /** The key that stands for all data: all values that were read before a row with this key are out of date. */
  readonly everything: string;
  /** The key of a row which records that a process has joined. Such a row does not record a change of data. */
  readonly joined: string;
} = {
  user: (subject) => `u:${subject}`,
  device: (id) => `d:${id}`,
  mapping: 'm',
  everything: '*',
  joined: 'j',
};
