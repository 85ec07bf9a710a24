// Assigns ids to logins and records which logins have ended. A login that has ended stays invalid, even if a session
// still contains its id.
import { randomBytes } from 'node:crypto';
import { journalKeys } from '../../vocabulary/journal.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Account, Clock, Owner } from '../../vocabulary/types.js';
import type { PrincipalCache } from '../cache/principal-cache.js';

/**
 * How many ids of ended logins a user's row keeps. If a row holds this many ids, every login that began before the
 * earliest of these logins also counts as ended. The row might have dropped the id of an earlier login, and that login
 * must not become valid again.
 */
export const keptEndedLogins = 100;

/** Assigns an id to each login, and ends logins. */
export interface LoginEnds {
  /** Returns the id of a login that begins now. Later logins have greater ids. An id is not secret. */
  begin(): string;
  /**
   * Ends a login permanently. With `everywhere`, no instance accepts the login after the call has resolved. Without
   * `everywhere`, the call does not wait for other instances, because each instance can see for itself why the login
   * ended.
   *
   * @throws {LatchkeyError} `ERR_DIRECTORY_UNAVAILABLE` when the directory does not answer.
   */
  end(login: Owner & { readonly login: string }, options: { readonly everywhere: boolean }): Promise<void>;
}

/** Creates a `LoginEnds` for the users of a directory. */
export function loginEnds(options: {
  readonly directory: Pick<Directory, 'endLogin'>;
  readonly cache: PrincipalCache;
  readonly now: Clock;
}): LoginEnds {
  const { directory, cache, now } = options;
  return {
    // Nine digits in base 36 are enough for the time until the year 5188.
    begin: () => `${now().toString(36).padStart(9, '0')}.${randomBytes(6).toString('base64url')}`,

    async end({ subject, userId, login }, { everywhere }) {
      const write = () => directory.endLogin(userId, login, keptEndedLogins);
      const keys = [journalKeys.user(subject)];
      await (everywhere ? cache.writeThenInvalidate(keys, write) : cache.writeThenNotify(keys, write));
    },
  };
}

/** Returns whether this login has ended. */
export function isLoginEnded({ endedLogins = [] }: Pick<Account, 'endedLogins'>, login: string): boolean {
  const [first] = endedLogins;
  if (first === undefined) return false;
  return endedLogins.includes(login) || (endedLogins.length >= keptEndedLogins && login < first);
}
