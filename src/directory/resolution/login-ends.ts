// The ids of logins, and the record of those that ended. A login that ended is over, whatever a session says.
import { randomBytes } from 'node:crypto';
import { journalKeys } from '../../vocabulary/journal.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Account, Clock } from '../../vocabulary/types.js';
import type { PrincipalCache } from '../cache/principal-cache.js';

/**
 * How many ended logins a row keeps. Where it keeps this many, every login that began before the first of them counts as
 * ended, too: an id that had to go must not count again.
 */
export const keptEndedLogins = 100;

/** Begins and ends logins. */
export interface LoginEnds {
  /** The id of a login that begins now. Later logins have greater ids; an id is no secret. */
  begin(): string;
  /**
   * Ends a login for good. `signed-out` is a decision of the person: once this has resolved, no instance takes the login
   * any more. The other ends follow from what every instance sees for itself, and wait for nobody. Rejects with
   * `ERR_DIRECTORY_UNAVAILABLE`.
   */
  end(
    login: { readonly subject: string; readonly userId: string; readonly id: string },
    signedOut: boolean,
  ): Promise<void>;
}

/** Logins of the users of a directory. */
export function loginEnds(options: {
  readonly directory: Pick<Directory, 'endLogin'>;
  readonly cache: PrincipalCache;
  readonly now: Clock;
}): LoginEnds {
  const { directory, cache, now } = options;
  return {
    // Nine digits in base 36 last until the year 5188.
    begin: () => `${now().toString(36).padStart(9, '0')}.${randomBytes(6).toString('base64url')}`,

    async end({ subject, userId, id }, signedOut) {
      const write = () => directory.endLogin(userId, id, keptEndedLogins);
      const keys = [journalKeys.user(subject)];
      await (signedOut ? cache.writeThenInvalidate(keys, write) : cache.writeThenTell(keys, write));
    },
  };
}

/** Whether this login is over. */
export function isLoginEnded({ endedLogins = [] }: Pick<Account, 'endedLogins'>, login: string): boolean {
  const [first] = endedLogins;
  if (first === undefined) return false;
  return endedLogins.includes(login) || (endedLogins.length >= keptEndedLogins && login < first);
}
