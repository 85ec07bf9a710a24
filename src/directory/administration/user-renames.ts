// Implements the functions that rename or merge users.

import { LatchkeyError } from '../../vocabulary/errors.js';
import type { OnEvent } from '../../vocabulary/events.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { RoleHolders } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import { lowerCased } from '../../vocabulary/text-rules.js';
import type { User, UserRow } from '../../vocabulary/types.js';
import type { SubjectCase } from '../../vocabulary/words.js';
import type { PrincipalCache } from '../cache/principal-cache.js';
import { byWhom, contextOf, type UserChangeOptions } from './change-options.js';
import { checkSubject } from './field-rules.js';
import type { UserAdministration } from './user-functions.js';

/**
 * How many times a rename with `merge` is attempted. An attempt fails if another process creates or deletes the user
 * with the new subject at the same time.
 */
const attempts = 10;

/** Creates the functions `rename` and `merge`. */
export function userRenames(options: {
  readonly directory: Pick<Directory, 'renameUser' | 'mergeUsers'>;
  readonly cache: Pick<PrincipalCache, 'writeThenInvalidate'>;
  readonly administrators: RoleHolders;
  readonly subjectCase: SubjectCase;
  readonly onEvent: OnEvent;
  /** Adds the managed roles to a user's row. */
  readonly currently: (user: UserRow) => Promise<User>;
}): Pick<UserAdministration, 'rename' | 'merge'> {
  const { directory, cache, administrators, subjectCase, onEvent, currently } = options;

  function verbs(): Required<Pick<Directory, 'renameUser' | 'mergeUsers'>> {
    const { renameUser, mergeUsers } = directory;
    if (renameUser !== undefined && mergeUsers !== undefined) return { renameUser, mergeUsers };
    const detail = 'users.rename: expected a directory with renameUser and mergeUsers, saw one without.';
    throw new LatchkeyError('ERR_CONFIG', { detail });
  }

  async function change(
    from: string,
    to: string,
    given: UserChangeOptions,
    write: (context: Parameters<NonNullable<Directory['mergeUsers']>>[2]) => Promise<UserRow>,
  ): Promise<User> {
    const { userId, current: _, ...conditions } = given;
    const context = { ...contextOf(conditions), userId, keeping: administrators };
    return currently(
      await cache.writeThenInvalidate([journalKeys.user(from), journalKeys.user(to)], () => write(context)),
    );
  }

  function renamedUser(from: string, user: UserRow, { by }: UserChangeOptions): UserRow {
    onEvent({ type: 'user.renamed', userId: user.id, subject: user.subject, from, ...byWhom(by) });
    return user;
  }

  function mergedUser(from: string, user: UserRow, { by }: UserChangeOptions): UserRow {
    onEvent({ type: 'user.merged', userId: user.id, subject: user.subject, from, ...byWhom(by) });
    return user;
  }

  return {
    async rename(from, wanted, { merge = false, ...given } = {}) {
      const { renameUser, mergeUsers } = verbs();
      const to = checkSubject(subjectCase === 'lower' ? lowerCased(wanted) : wanted);
      return change(from, to, given, async (context) => {
        for (let attempt = 1; attempt <= attempts; attempt += 1) {
          try {
            const renamed = await renameUser(from, to, context);
            if (renamed === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
            return from === to ? renamed : renamedUser(from, renamed, given);
          } catch (error) {
            const isTaken = error instanceof LatchkeyError && error.code === 'ERR_SUBJECT_TAKEN';
            if (!isTaken || !merge) throw error;
          }
          const merged = await mergeUsers(from, to, context);
          if (merged !== undefined) return mergedUser(from, merged, given);
        }
        throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE');
      });
    },

    async merge(from, to, given = {}) {
      const { mergeUsers } = verbs();
      return change(from, to, given, async (context) => {
        const merged = await mergeUsers(from, to, context);
        if (merged === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
        return from === to ? merged : mergedUser(from, merged, given);
      });
    },
  };
}
