// The differences between the SQL of SQLite and the SQL of MySQL and MariaDB.

/**
 * The parts of statements that differ between the databases. Values are always passed as parameters, and are never part
 * of a statement's text.
 */
export interface Dialect {
  /** Locks the rows of a SELECT until the transaction ends. */
  readonly forUpdate: string;
  /** Keeps other transactions from changing or deleting the rows of a SELECT until this transaction ends. */
  readonly forShare: string;
  /** The current time of the database's clock, in milliseconds since the epoch. */
  readonly now: string;
  /** Returns the last clause of an INSERT that leaves an existing row unchanged. */
  orKeep(column: string): string;
  /** Joins two tables in the order of the statement, regardless of the query planner's choice. */
  readonly joinInOrder: string;
  /** Returns the column's value in a form for which the query planner uses no index. */
  withoutIndex(column: string): string;
  /** Returns the condition that the column contains the text of the parameter, ignoring case. */
  contains(column: string): string;
  /**
   * Returns the condition that the column matches a parameter. `pattern` creates the parameter. The condition uses no
   * index.
   */
  matches(column: string): string;
  /** Returns the parameter for `matches`. In the text, only `*` is a wildcard. */
  pattern(text: string): string;
  /**
   * A table `given` with a column `value`. The parameter is a JSON array of strings that have at most 513 characters.
   */
  readonly given: string;
  /**
   * A statement that records the latest use of many devices. The parameter is a JSON array of `{ id, at, address }`.
   */
  readonly touchDevices: string;
  /** A statement that records the latest login of many users. The parameter is a JSON array of `{ id, at }`. */
  readonly touchUsers: string;
  /**
   * The condition that the subject of a user `u` equals the parameter. At least for the letters A to Z, the comparison
   * ignores case. The condition uses an index.
   */
  readonly spelledLike: string;
  /**
   * Returns `true` if the driver's error says that a unique key is taken. Always returns `false` for SQLite, because no
   * two transactions of SQLite write at the same time.
   */
  isDuplicate(error: unknown): boolean;
  readonly columns: ColumnTypes;
}

/** The types of columns. Text is compared by code points, including spaces at the end. */
export interface ColumnTypes {
  /** A UUID that Latchkey created. */
  readonly id: string;
  /** A type for indexable text of up to `length` characters. */
  text(length: number): string;
  /** Text of up to 16,000 characters, without an index. */
  readonly longText: string;
  /** A JSON array or object as text. */
  readonly json: string;
  readonly integer: string;
  /** An integer of 53 bits, for the number of a row or for milliseconds since the epoch. */
  readonly bigInteger: string;
  /** A key that increases with each row and is never reused. */
  readonly growingKey: string;
  /** The SQL function that counts the characters in text. */
  readonly length: string;
  /** The last part of a CREATE TABLE. */
  readonly table: string;
  /** `true` if indexes are part of CREATE TABLE. */
  readonly inlineIndexes: boolean;
  /** The statements that create the index on the users' lower-case subjects. */
  readonly lowerSubjects: readonly string[];
}

// The column types of SQLite 3.38 or later. STRICT refuses values of another type.
const sqliteColumns: ColumnTypes = {
  id: 'TEXT',
  text: () => 'TEXT',
  longText: 'TEXT',
  json: 'TEXT',
  integer: 'INTEGER',
  bigInteger: 'INTEGER',
  growingKey: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  length: 'length',
  table: ' STRICT',
  inlineIndexes: false,
  lowerSubjects: ['CREATE INDEX latchkey_users_by_lower_subject ON latchkey_users (lower(subject))'],
};

// mysql-migrations.ts replaces `{collation}` with the server's name for the collation. Plain utf8mb4_bin would treat
// "ada " and "ada" as equal.
const mysqlColumns: ColumnTypes = {
  id: 'CHAR(36) CHARACTER SET ascii COLLATE ascii_bin',
  text: (length) => `VARCHAR(${length})`,
  longText: 'TEXT',
  json: 'MEDIUMTEXT',
  integer: 'INT',
  bigInteger: 'BIGINT',
  growingKey: 'BIGINT AUTO_INCREMENT PRIMARY KEY',
  length: 'CHAR_LENGTH',
  table: ' ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE {collation}',
  inlineIndexes: true,
  // MariaDB has no indexes on expressions, so the index is on a generated column.
  lowerSubjects: [
    'ALTER TABLE latchkey_users ADD COLUMN lower_subject VARCHAR(640) AS (LOWER(subject)) VIRTUAL',
    'CREATE INDEX latchkey_users_by_lower_subject ON latchkey_users (lower_subject)',
  ],
};

const usedBy = (columns: string): string => `JSON_TABLE(?, '$[*]' COLUMNS (
    id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin PATH '$.id', at BIGINT PATH '$.at'${columns}
  )) AS used`;

/** The dialect of SQLite. Only one process writes at a time, so there are no row locks. */
export const sqliteDialect: Dialect = {
  forUpdate: '',
  forShare: '',
  now: `CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)`,
  orKeep: () => 'ON CONFLICT DO NOTHING',
  joinInOrder: 'CROSS JOIN',
  withoutIndex: (column) => `+${column}`,
  // lower() changes only A to Z.
  contains: (column) => `instr(lower(${column}), lower(?)) > 0`,
  // LIKE is not used, because a PRAGMA decides whether LIKE ignores case.
  matches: (column) => `${column} GLOB ?`,
  pattern: (text) => text.replaceAll(/[?[]/g, '[$&]'),
  given: 'json_each(?) AS given',
  touchDevices: `UPDATE latchkey_devices SET last_used_at = used.at, last_address = COALESCE(used.address, last_address)
    FROM (
      SELECT json_extract(value, '$.id') AS id, json_extract(value, '$.at') AS at,
        json_extract(value, '$.address') AS address FROM json_each(?)
    ) AS used
    WHERE latchkey_devices.id = used.id AND (last_used_at IS NULL OR last_used_at < used.at)`,
  touchUsers: `UPDATE latchkey_users SET last_asserted_at = used.at
    FROM (SELECT json_extract(value, '$.id') AS id, json_extract(value, '$.at') AS at FROM json_each(?)) AS used
    WHERE latchkey_users.id = used.id AND (last_asserted_at IS NULL OR last_asserted_at < used.at)`,
  spelledLike: 'lower(u.subject) = ?',
  isDuplicate: () => false,
  columns: sqliteColumns,
};

/**
 * The dialect of MySQL 8 and MariaDB 10.6. No statement contains `||`, a backslash or a double quote, because their
 * meaning depends on the `sql_mode`.
 */
export const mysqlDialect: Dialect = {
  forUpdate: ' FOR UPDATE',
  forShare: ' LOCK IN SHARE MODE',
  // UTC_TIMESTAMP is used, because UNIX_TIMESTAMP(NOW(3)) is ambiguous in the hour when daylight saving time ends.
  now: `(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000)`,
  // INSERT IGNORE is not used, because it would also ignore errors about values that do not fit.
  orKeep: (column) => `ON DUPLICATE KEY UPDATE ${column} = ${column}`,
  joinInOrder: 'STRAIGHT_JOIN',
  // MySQL and MariaDB choose the better index themselves, because they know how many rows a value has.
  withoutIndex: (column) => column,
  contains: (column) => `LOCATE(LOWER(?), LOWER(${column})) > 0`,
  // ESCAPE is needed, because the `sql_mode` decides whether a backslash escapes. CONCAT prevents the use of the index,
  // because MariaDB's index range would omit characters beyond U+FFFF.
  matches: (column) => `CONCAT(${column}, '') LIKE ? ESCAPE '!'`,
  pattern: (text) => text.replaceAll(/[!%_]/g, '!$&').replaceAll('*', '%'),
  given: `JSON_TABLE(?, '$[*]' COLUMNS (value VARCHAR(513) CHARACTER SET utf8mb4 PATH '$')) AS given`,
  // STRAIGHT_JOIN locks the rows in the order of the list, which is sorted by id. So two instances cannot deadlock if
  // they write the same rows.
  touchDevices: `UPDATE ${usedBy(`, address VARCHAR(64) CHARACTER SET utf8mb4 PATH '$.address'`)}
    STRAIGHT_JOIN latchkey_devices AS d ON d.id = used.id
    SET d.last_address = COALESCE(used.address, d.last_address), d.last_used_at = used.at
    WHERE d.last_used_at IS NULL OR d.last_used_at < used.at`,
  touchUsers: `UPDATE ${usedBy('')} STRAIGHT_JOIN latchkey_users AS u ON u.id = used.id SET u.last_asserted_at = used.at
    WHERE u.last_asserted_at IS NULL OR u.last_asserted_at < used.at`,
  // In MySQL, LOWER changes all letters, so the parameter needs LOWER, too.
  spelledLike: 'u.lower_subject = LOWER(?)',
  // ER_DUP_ENTRY.
  isDuplicate: (error) => error instanceof Error && 'errno' in error && error.errno === 1062,
  columns: mysqlColumns,
};
