// Assigns ids to logins and records which logins have ended. An ended login is invalid, whatever a session says.
import { randomBytes } from 'node:crypto';
import { journalKeys } from '../../vocabulary/journal.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Account, Clock, Owner } from '../../vocabulary/types.js';
import type { PrincipalCache } from '../cache/principal-cache.js';

/**
 * How many ended logins a row keeps. If a row holds this many, every login that began before the earliest of them also
 * counts as ended: the row may have dropped the id of such a login, which must not become valid again.
 */
export const keptEndedLogins = 100;

/** Begins and ends logins. */
export interface LoginEnds {
  /** Returns the id of a login that begins now. Later logins have greater ids. An id is not secret. */
  begin(): string;
  /**
   * Ends a login permanently. `everywhere`: no instance accepts the login any more once the call has resolved. Without
   * it, the call does not wait for other instances, because each of them can see the cause itself.
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
    // Nine digits in base 36 suffice until the year 5188.
    begin: () => `${now().toString(36).padStart(9, '0')}.${randomBytes(6).toString('base64url')}`,

    async end({ subject, userId, login }, { everywhere }) {
      const write = () => directory.endLogin(userId, login, keptEndedLogins);
      const keys = [journalKeys.user(subject)];
      await (everywhere ? cache.writeThenInvalidate(keys, write) : cache.writeThenNotify(keys, write));
    },
  };
}

/** Whether this login has ended. */
export function isLoginEnded({ endedLogins = [] }: Pick<Account, 'endedLogins'>, login: string): boolean {
  const [first] = endedLogins;
  if (first === undefined) return false;
  return endedLogins.includes(login) || (endedLogins.length >= keptEndedLogins && login < first);
}
