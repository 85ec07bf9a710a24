// The option `hostUsers`: the functions by which a host links Latchkey's users to the rows of its own users table.
import type { IncomingMessage } from 'node:http';
import { isQuestion } from '../../vocabulary/text-rules.js';
import type { Account } from '../../vocabulary/types.js';

/** A user for whom the host adds a row, or finds one. */
export interface NewHostUser {
  /** Latchkey's id of the user, a UUID that is never reused. Store it in the row: see `HostUser.createdFor`. */
  readonly userId: string;
  readonly subject: string;
  readonly displayName?: string | undefined;
  readonly email?: string | undefined;
  /** The roles that the user has now. Later changes are not reported: use `principal.roles`. */
  readonly roles: ReadonlySet<string>;
}

/** A row of the host's users table. It may have further members, which are passed on to `isProtected`. */
export interface HostUser {
  /** The key of the row, 1–255 characters as text. */
  readonly id: string | number | bigint;
  /**
   * The `userId` for which `create` added this row, as the row has it. `null`: the host added the row itself, so that it
   * is a local account. Required, unless `isProtected` is given.
   */
  readonly createdFor?: string | null | undefined;
}

/**
 * Links Latchkey's users to the rows of the host's own users table. At the first login of a user, Latchkey looks for a
 * row, adds one if there is none, and stores its id. From then on, `principal.hostUserId` has the id, and none of these
 * functions is called for this user.
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
   * Finds the row that has this name in the host's table. Compare names as the host's own login does. Return `undefined`
   * or `null` if there is none.
   */
  find(subject: string): HostUser | null | undefined | PromiseLike<HostUser | null | undefined>;
  /**
   * Adds a row, with `userId` in it, and returns it. If there is a row with this name meanwhile, returns that one,
   * unchanged. Several processes may call it at the same time for the same user, and it is called again if a process
   * ended before the link was stored.
   */
  create(user: NewHostUser): HostUser | null | undefined | PromiseLike<HostUser | null | undefined>;
  /**
   * Whether no login through the proxy may have this row, because it is a local account. Default: if the row was not
   * created for this very user (`createdFor`).
   */
  isProtected?: ((row: HostUser, user: NewHostUser) => boolean | PromiseLike<boolean>) | undefined;
  /**
   * Returns the id of the row whose user is logged in on this request by the host's own login. With it, users can link
   * their accounts themselves (`linkHostUser`). Default: the row of the local account that `signIn` logged in.
   */
  current?:
    | ((
        req: IncomingMessage,
      ) => string | number | bigint | null | undefined | PromiseLike<string | number | bigint | null | undefined>)
    | undefined;
  /** How long a login waits for these functions, 0.1–60 seconds. Default 5. */
  readonly timeoutSeconds?: number | undefined;
}

/** What `create` receives about an account. */
export function newHostUser({ userId, subject, displayName, email, roles }: Account): NewHostUser {
  return { userId, subject, displayName, email, roles };
}

/** The id of a row as text. `undefined`: the value cannot be an id. */
export function hostUserIdOf(value: unknown): string | undefined {
  const isNumber = typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
  const text = isNumber ? String(value) : value;
  return typeof text === 'string' && isHostUserId(text) ? text : undefined;
}

/** Whether the text can be the id of a row: 1–255 characters of one line. */
export function isHostUserId(text: string): boolean {
  return isQuestion(text, 255) && text.trim() === text;
}
