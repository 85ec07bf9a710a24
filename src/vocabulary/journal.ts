// Defines the port to the journal, which is the list of all changes. From the journal, every process learns which of
// its cached values are out of date.

/**
 * A position in the journal, identified by one row. The nonce also identifies the history of the database. Two
 * databases, or one database before and after a restore, have the same nonce in a row only if all rows up to that row
 * are the same.
 */
export interface Position {
  /** The number of the row, which grows by one with every row, in commit order. */
  readonly seq: number;
  /** Random text of at least 128 bits, unique among all rows ever written. */
  readonly nonce: string;
}

/** One row of the journal, which names what one transaction changed. Rows are never updated. */
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
 * A value that was read, with the latest journal position in the snapshot from which the value was read. If the method
 * itself wrote a journal row, `position` is the position of that row. If `position` is absent, the caches use the
 * position that they knew before the call. A position from before the call is equally safe, unless the database is
 * restored during the call.
 */
export type Positioned<Value> = Value & { readonly position?: Position | undefined };

/**
 * The order of all changes. The journal has one row per transaction, numbered in commit order, so no reader sees row n
 * before row n - 1. A plain database sequence does not ensure this order, because it assigns numbers before the commit.
 * Every method is one transaction on the primary database, never on a replica. A method that fails rejects with
 * `ERR_DIRECTORY_UNAVAILABLE`.
 */
export interface Journal {
  /**
   * Adds, in one transaction, a row with the key `joined` and an instance that has acknowledged this row. Returns the
   * id of the database and the latest rows in order: at least one row and at most `rows` rows, with the new row last.
   * The id of the database was created together with the tables.
   */
  join(
    id: string,
    waitMilliseconds: number,
    rows: number,
  ): Promise<{ readonly database: string; readonly rows: readonly JournalRow[] }>;
  /**
   * Increments the instance's `beat` and sets the instance's `acknowledged` to `after.seq`. Then reads the rows after
   * `after`, in the same snapshot or in a later snapshot. Returns `undefined` and writes nothing if there is no such
   * instance, or no row with the `seq` and the `nonce` of `after`.
   */
  beat(id: string, after: Position): Promise<readonly JournalRow[] | undefined>;
  /** Returns all instances, in no particular order. */
  instances(): Promise<readonly JournalInstance[]>;
  /** Removes the instance. With `beat`, removes the instance only if its `beat` still has this value. */
  leave(id: string, beat?: number): Promise<void>;
  /** Adds a row without changing any data, and returns the position of the row. */
  note(keys: readonly string[]): Promise<Position>;
  /**
   * Deletes the rows that are older than `ageSeconds` seconds by the database's own clock. Keeps the newest of the old
   * rows, because a process that has read every row must still find its position.
   */
  prune(ageSeconds: number): Promise<void>;
}

/** The keys of journal rows. */
export const journalKeys: {
  user(subject: string): string;
  device(id: string): string;
  /** The key of the group → role mappings. */
  readonly mapping: string;
  /** The key for everything: all values that were read before this row are out of date. */
  readonly everything: string;
  /** The key of a row for a process that joined. Such a row changes no data. */
  readonly joined: string;
} = {
  user: (subject) => `u:${subject}`,
  device: (id) => `d:${id}`,
  mapping: 'm',
  everything: '*',
  joined: 'j',
};
