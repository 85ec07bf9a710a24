// Implements the functions that link a user to a row of the host's own users table, and that remove such a link.

import { LatchkeyError } from '../../vocabulary/errors.js';
import type { OnEvent } from '../../vocabulary/events.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { HostLink } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { User, UserRow } from '../../vocabulary/types.js';
import type { PrincipalCache } from '../cache/principal-cache.js';
import { hostUserIdOf } from '../resolution/host-users.js';
import { byWhom, contextOf, type UserChangeOptions } from './change-options.js';
import type { UserAdministration } from './user-functions.js';

/** Creates the functions `link` and `unlink`. */
export function userLinks(options: {
  readonly directory: Pick<Directory, 'findUser' | 'linkHostUser'>;
  readonly cache: Pick<PrincipalCache, 'writeThenInvalidate'>;
  readonly onEvent: OnEvent;
  /** Adds the managed roles to a user's row. */
  readonly currently: (user: UserRow) => Promise<User>;
}): Pick<UserAdministration, 'link' | 'unlink'> {
  const { directory, cache, onEvent, currently } = options;

  async function change(
    subject: string,
    hostUserId: string | undefined,
    given: UserChangeOptions,
    judge: (link: HostLink, before: UserRow) => void,
  ): Promise<User> {
    const { userId, current: _, ...conditions } = given;
    const context = contextOf(conditions);
    if (directory.linkHostUser === undefined) {
      const detail = 'users.link: expected a directory with linkHostUser, saw one without (docs/host-users.md).';
      throw new LatchkeyError('ERR_CONFIG', { detail });
    }
    const user = await cache.writeThenInvalidate([journalKeys.user(subject)], async () => {
      const before = await directory.findUser(subject);
      if (before === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
      if (userId !== undefined && userId !== before.id) throw new LatchkeyError('ERR_VERSION');
      const link = await directory.linkHostUser?.(before.id, hostUserId, context);
      if (link === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
      judge(link, before);
      return link.user;
    });
    return currently(user);
  }

  return {
    async link(subject, hostUserId, given = {}) {
      const id = hostUserIdOf(hostUserId);
      if (id === undefined) throw new LatchkeyError('ERR_HOST_USER_ID');
      return change(subject, id, given, ({ changed, user }) => {
        if (user.hostUserId !== id) throw new LatchkeyError('ERR_HOST_USER_LINKED');
        if (changed) onEvent({ type: 'user.linked', userId: user.id, subject, hostUserId: id, ...byWhom(given.by) });
      });
    },

    unlink: (subject, given = {}) =>
      change(subject, undefined, given, ({ changed, user }, { hostUserId = '' }) => {
        if (changed) onEvent({ type: 'user.unlinked', userId: user.id, subject, hostUserId, ...byWhom(given.by) });
      }),
  };
}
