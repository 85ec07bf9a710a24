// The differences between the SQL of SQLite and that of MySQL and MariaDB, side by side.

/** What differs between the databases. Everything is text of statements; values are always parameters. */
export interface Dialect {
  /** Locks the rows of a SELECT until the transaction ends. */
  readonly forUpdate: string;
  /** Keeps others from changing or deleting the rows of a SELECT until the transaction ends. */
  readonly forShare: string;
  /** The current time of the database's clock, in milliseconds since the epoch. */
  readonly now: string;
  /** Ends an INSERT that leaves an existing row as it is. */
  orKeep(column: string): string;
  /** Joins two tables in this order, whatever the planner thinks. */
  readonly joinInOrder: string;
  /** Condition: the column contains the text of the parameter, ignoring case. */
  contains(column: string): string;
  /** Condition: the column matches the parameter, which is made by `pattern`. It uses no index. */
  matches(column: string): string;
  /** The parameter for `matches`. In the text, only `*` is a wildcard. */
  pattern(text: string): string;
  /** A table `given` with a column `value`, from a parameter with a JSON array of texts of at most 513 characters. */
  readonly given: string;
  /** Sets the latest use of many devices. The parameter is a JSON array of `{ id, at, address }`. */
  readonly touchDevices: string;
  /** Sets the latest login of many users. The parameter is a JSON array of `{ id, at }`. */
  readonly touchUsers: string;
  /** Whether the driver's error says that a unique key is taken. Only where another transaction can write meanwhile. */
  isDuplicate(error: unknown): boolean;
  readonly columns: ColumnTypes;
}

/** The types of columns. Texts compare by code points, and spaces at their ends count. */
export interface ColumnTypes {
  /** A UUID that Latchkey made. */
  readonly id: string;
  /** Text of up to this many characters, which may have an index. */
  text(length: number): string;
  /** Text of up to 16,000 characters, without an index. */
  readonly longText: string;
  /** A JSON array or object as text. */
  readonly json: string;
  readonly integer: string;
  /** An integer of 53 bits: a number of a row, or milliseconds since the epoch. */
  readonly bigInteger: string;
  /** A key that grows with each row and is never given again. */
  readonly growingKey: string;
  /** The function that counts the characters of a text. */
  readonly length: string;
  /** Ends a CREATE TABLE. */
  readonly table: string;
  /** Whether indexes are part of CREATE TABLE. */
  readonly inlineIndexes: boolean;
}

// SQLite 3.38 or later. STRICT refuses values of another type.
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
};

// The collation is that of the server: `connections.ts` puts it in. Plain utf8mb4_bin would take "ada " for "ada".
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
};

const usedBy = (columns: string): string => `JSON_TABLE(?, '$[*]' COLUMNS (
    id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin PATH '$.id', at BIGINT PATH '$.at'${columns}
  )) AS used`;

/** SQLite. One process writes at a time, so there are no locks of rows. */
export const sqliteDialect: Dialect = {
  forUpdate: '',
  forShare: '',
  now: `CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)`,
  orKeep: () => 'ON CONFLICT DO NOTHING',
  joinInOrder: 'CROSS JOIN',
  // lower() knows A to Z only.
  contains: (column) => `instr(lower(${column}), lower(?)) > 0`,
  // Not LIKE: it ignores case, or not, as a PRAGMA says.
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
  isDuplicate: () => false,
  columns: sqliteColumns,
};

/** MySQL 8 and MariaDB 10.6, under any sql_mode: neither `||` nor a backslash nor a double quote is in a statement. */
export const mysqlDialect: Dialect = {
  forUpdate: ' FOR UPDATE',
  forShare: ' LOCK IN SHARE MODE',
  // UTC_TIMESTAMP, because UNIX_TIMESTAMP(NOW(3)) is ambiguous in the hour when summer time ends.
  now: `(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000)`,
  // Not INSERT IGNORE, which also ignores values that do not fit.
  orKeep: (column) => `ON DUPLICATE KEY UPDATE ${column} = ${column}`,
  joinInOrder: 'STRAIGHT_JOIN',
  contains: (column) => `LOCATE(LOWER(?), LOWER(${column})) > 0`,
  // ESCAPE, because the sql_mode decides whether a backslash escapes. CONCAT, because MariaDB would take a range of the
  // index that leaves out characters beyond U+FFFF.
  matches: (column) => `CONCAT(${column}, '') LIKE ? ESCAPE '!'`,
  pattern: (text) => text.replaceAll(/[!%_]/g, '!$&').replaceAll('*', '%'),
  given: `JSON_TABLE(?, '$[*]' COLUMNS (value VARCHAR(513) CHARACTER SET utf8mb4 PATH '$')) AS given`,
  // In the order of the list, which is that of the ids: so two instances that write the same rows cannot deadlock.
  touchDevices: `UPDATE ${usedBy(`, address VARCHAR(64) CHARACTER SET utf8mb4 PATH '$.address'`)}
    STRAIGHT_JOIN latchkey_devices AS d ON d.id = used.id
    SET d.last_address = COALESCE(used.address, d.last_address), d.last_used_at = used.at
    WHERE d.last_used_at IS NULL OR d.last_used_at < used.at`,
  touchUsers: `UPDATE ${usedBy('')} STRAIGHT_JOIN latchkey_users AS u ON u.id = used.id SET u.last_asserted_at = used.at
    WHERE u.last_asserted_at IS NULL OR u.last_asserted_at < used.at`,
  // ER_DUP_ENTRY.
  isDuplicate: (error) => error instanceof Error && 'errno' in error && error.errno === 1062,
  columns: mysqlColumns,
};
