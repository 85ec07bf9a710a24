// The part of mysql2's pool interface that the directory uses.
import { describeValue } from '../../vocabulary/describe-value.js';
import { LatchkeyError } from '../../vocabulary/errors.js';

/** A statement for mysql2, with settings that override the settings of the host's pool. */
export interface MysqlStatement {
  readonly sql: string;
  readonly values?: (string | number | null)[];
  readonly rowsAsArray?: boolean;
  readonly nestTables?: boolean;
  readonly namedPlaceholders?: boolean;
  readonly typeCast?: (field: unknown, next: () => unknown) => unknown;
}

/** One connection of a pool of `mysql2/promise`. */
export interface MysqlConnection {
  /** The underlying connection. Each call of `getConnection` returns a new wrapper around this object. */
  readonly connection?: object | undefined;
  execute(statement: MysqlStatement): Promise<readonly [unknown, ...unknown[]]>;
  query(statement: MysqlStatement): Promise<readonly [unknown, ...unknown[]]>;
  release(): void;
  destroy(): void;
}

/** A pool of `mysql2/promise`. */
export interface MysqlPromisePool {
  getConnection(): Promise<MysqlConnection>;
}

/** A pool of `mysql2`, with callbacks or with promises. */
export type MysqlPool = MysqlPromisePool | { promise(): MysqlPromisePool };

/** Returns `true` if the value has the methods of a mysql2 pool. */
export function isMysqlPool(value: unknown): value is MysqlPool {
  if (typeof value !== 'object' || value === null) return false;
  // Pools of the packages mysql and mariadb also have the method `getConnection`. But a pool of mysql has no method
  // `execute`, and a pool of mariadb has a method `batch`.
  const { getConnection, execute, batch } = value as Readonly<Record<string, unknown>>;
  return typeof getConnection === 'function' && typeof execute === 'function' && typeof batch !== 'function';
}

/**
 * Checks the pool.
 * @param taker The name of the function that received the pool, for the error message.
 * @returns the pool with the promise interface
 * @throws {LatchkeyError} `ERR_CONFIG` when the value is not a pool of mysql2
 */
export function checkMysqlPool(taker: string, value: unknown): MysqlPromisePool {
  if (isMysqlPool(value)) return 'promise' in value ? value.promise() : value;
  const expected = 'a pool of mysql2 (createPool({ uri }))';
  throw new LatchkeyError('ERR_CONFIG', { detail: `${taker} expected ${expected}, saw ${describeValue(value)}.` });
}
