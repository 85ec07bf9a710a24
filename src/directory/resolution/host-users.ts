// Defines the option `hostUsers`: the functions with which a host links Latchkey's users to the rows of its own users
// table.
import type { IncomingMessage } from 'node:http';
import { isQuestion } from '../../vocabulary/text-rules.js';
import type { Account } from '../../vocabulary/types.js';

/** A user for whom the host finds or adds a row. */
export interface NewHostUser {
  /** Latchkey's id of the user, a UUID that is never reused. Store this id in the row (see `HostUser.createdFor`). */
  readonly userId: string;
  readonly subject: string;
  readonly displayName?: string | undefined;
  readonly email?: string | undefined;
  /**
   * The roles that the user has at the time of the call. If the roles change later, only `principal.roles` shows the
   * change.
   */
  readonly roles: ReadonlySet<string>;
}

/** A row of the host's users table. The object can have further members, which are passed on to `isProtected`. */
export interface HostUser {
  /** The primary key of the row. Written as text, the key has 1–255 characters. */
  readonly id: string | number | bigint;
  /**
   * The `userId` that `create` stored in this row. `null` means that the host itself added the row, so the row is a
   * local account. This member is required, unless you pass `isProtected`.
   */
  readonly createdFor?: string | null | undefined;
}

/**
 * Links Latchkey's users to the rows of the host's own users table. At the first login of a user, Latchkey looks for
 * the user's row, adds a row if there is none, and stores the row's id. From then on, `principal.hostUserId` has this
 * id, and `find` and `create` are no longer called for this user.
 *
 * @example
 * import type { HostUsers } from 'latchkey';
 * const find: HostUsers['find'] = async (subject) => {
 *   const { rows } = await pool.query('SELECT id, latchkey_id AS "createdFor" FROM users WHERE name = $1', [subject]);
 *   return rows[0];
 * };
 * const hostUsers: HostUsers = {
 *   find,
 *   async create({ userId, subject }) {
 *     await pool.query('INSERT INTO users (name, latchkey_id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [subject, userId]);
 *     return find(subject);
 *   },
 * };
 */
export interface HostUsers {
  /**
   * Finds the row with this name in the host's table. Compare names in the same way as the host's own login. Return
   * `undefined` or `null` if there is no such row.
   */
  find(subject: string): HostUser | null | undefined | PromiseLike<HostUser | null | undefined>;
  /**
   * Adds a row that contains `userId`, and returns the row. If a row with this name has appeared in the meantime,
   * returns that row unchanged. Several processes can call this function at the same time for the same user. If a
   * process ends before the link is stored, Latchkey calls this function again.
   */
  create(user: NewHostUser): HostUser | null | undefined | PromiseLike<HostUser | null | undefined>;
  /**
   * Returns `true` if this row is a local account, which no login through the proxy may use. By default, a row is
   * protected unless `create` added it for the same user (see `createdFor`).
   */
  isProtected?: ((row: HostUser, user: NewHostUser) => boolean | PromiseLike<boolean>) | undefined;
  /**
   * Returns the row id of the user who is logged in through the host's own login on this request. `linkHostUser` calls
   * this function when a user links two accounts. By default, `linkHostUser` uses the row of the local account that
   * `signIn` logged in.
   */
  current?:
    | ((
        req: IncomingMessage,
      ) => string | number | bigint | null | undefined | PromiseLike<string | number | bigint | null | undefined>)
    | undefined;
  /** The number of seconds that a login waits for these functions, 0.1–60. Default 5. */
  readonly timeoutSeconds?: number | undefined;
}

/** Returns the data of an account that `create` and `isProtected` receive. */
export function newHostUser({ userId, subject, displayName, email, roles }: Account): NewHostUser {
  return { userId, subject, displayName, email, roles };
}

/** Returns the id of a row as text, or `undefined` if the value cannot be an id. */
export function hostUserIdOf(value: unknown): string | undefined {
  const isNumber = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
  const text = isNumber ? String(value) : value;
  return typeof text === 'string' && isHostUserId(text) ? text : undefined;
}

/**
 * Returns whether the text can be the id of a row. An id is one line of 1–255 characters, without surrounding white
 * space.
 */
export function isHostUserId(text: string): boolean {
  return isQuestion(text, 255) && text.trim() === text;
}
