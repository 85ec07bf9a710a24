// The interface of mysql2's pools, as far as the directory uses it.
import { describeValue } from '../../vocabulary/describe-value.js';
import { LatchkeyError } from '../../vocabulary/errors.js';

/** A statement for mysql2, with the settings that must not be those of the host's pool. */
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
  /** The connection itself: a pool wraps it anew each time that it hands it out. */
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

/** Whether this has the methods of a mysql2 pool. */
export function isMysqlPool(value: unknown): value is MysqlPool {
  if (typeof value !== 'object' || value === null) return false;
  // The pools of the packages mysql and mariadb have `getConnection`, too, but no `execute`, or also `batch`.
  const { getConnection, execute, batch } = value as Readonly<Record<string, unknown>>;
  return typeof getConnection === 'function' && typeof execute === 'function' && typeof batch !== 'function';
}

/**
 * Checks the pool.
 * @param taker the function that received it, for the message
 * @returns the pool with promises
 * @throws {LatchkeyError} `ERR_CONFIG` when it is not a pool of mysql2
 */
export function checkMysqlPool(taker: string, value: unknown): MysqlPromisePool {
  if (isMysqlPool(value)) return 'promise' in value ? value.promise() : value;
  const expected = 'a pool of mysql2 (createPool({ uri }))';
  throw new LatchkeyError('ERR_CONFIG', { detail: `${taker} expected ${expected}, saw ${describeValue(value)}.` });
}
