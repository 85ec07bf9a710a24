// Assigns ids to logins and records which logins have ended. A login that has ended stays invalid, even if a session
// still contains its id.
import { randomBytes } from 'node:crypto';
import { journalKeys } from '../../vocabulary/journal.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Account, Clock, Owner } from '../../vocabulary/types.js';
import type { PrincipalCache } from '../cache/principal-cache.js';

/**
 * The maximum number of ids in a user's `endedLogins`. If a row has this many ids, every login that began before the
 * earliest of these logins also counts as ended. The id of such a login might have been removed from the row, but the
 * login must not become valid again.
 */
export const keptEndedLogins = 100;

/** Assigns an id to each login, and ends logins. */
export interface LoginEnds {
  /**
   * Returns the id of a new login of this account. The id is greater than all ids in the account's `endedLogins`, even
   * if another instance whose clock is ahead assigned them. An id is not secret.
   */
  begin(account: Pick<Account, 'endedLogins'>): string;
  /**
   * Ends a login permanently. With `everywhere`, no instance accepts the login after the call has resolved. Without
   * `everywhere`, the call does not wait for other instances, because every instance can detect on its own why the
   * login ended.
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
    begin({ endedLogins = [] }) {
      // Without the second time, an instance whose clock is behind would assign an id that counts as ended.
      const time = Math.max(now(), timeIn(endedLogins.at(-1)) + 1);
      return `${time.toString(36).padStart(timeDigits, '0')}.${randomBytes(6).toString('base64url')}`;
    },

    async end({ subject, userId, login }, { everywhere }) {
      const write = () => directory.endLogin(userId, login, keptEndedLogins);
      const keys = [journalKeys.user(subject)];
      await (everywhere ? cache.writeThenInvalidate(keys, write) : cache.writeThenNotify(keys, write));
    },
  };
}

/** Nine digits in base 36 can represent every time until the year 5188. */
const timeDigits = 9;

/** The time in a login's id, or 0 if the id has another form. */
function timeIn(login = ''): number {
  return /^[0-9a-z]{9}\./.test(login) ? Number.parseInt(login, 36) : 0;
}

/** Returns whether this login has ended. */
export function isLoginEnded({ endedLogins = [] }: Pick<Account, 'endedLogins'>, login: string): boolean {
  const [first] = endedLogins;
  if (first === undefined) return false;
  return endedLogins.includes(login) || (endedLogins.length >= keptEndedLogins && login < first);
}
