// Links users to rows of the host's own table, in SQLite and MySQL.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { ChangeContext, HostLink } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { UserRow } from '../../vocabulary/types.js';
import { linkNote, requireVersion } from '../audit-diff.js';
import { isId } from '../storable-text.js';
import { requireFittingActor, writeAudit } from './audit-verbs.js';
import type { Dialect } from './dialect.js';
import { append } from './journal-verbs.js';
import { lockMapping } from './last-holder.js';
import { vanished } from './login-verbs.js';
import { userColumns, userOf } from './row-values.js';
import { firstRow, rows, type SqlSession, type Work, write } from './statement.js';
import { requireFitting } from './text-lengths.js';

/** Creates the method `linkHostUser`. */
export function sqlLinks(dialect: Dialect, session: SqlSession): Required<Pick<Directory, 'linkHostUser'>> {
  function* find(userId: string, lock: string): Work<UserRow | undefined> {
    const row = yield* firstRow(`SELECT ${userColumns} FROM latchkey_users u WHERE u.id = ?${lock}`, [userId]);
    return row && userOf(row);
  }

  function* link(
    userId: string,
    hostUserId: string | undefined,
    context: ChangeContext | undefined,
  ): Work<HostLink | undefined> {
    // The lock serializes these calls, so that two users cannot be linked to the same row.
    yield* lockMapping(dialect);
    const present = yield* find(userId, dialect.forUpdate);
    requireVersion(context ?? {}, present?.version);
    if (present === undefined) return undefined;
    if ((hostUserId === undefined) === (present.hostUserId === undefined)) return { changed: false, user: present };
    if (hostUserId !== undefined) {
      const taken = yield* rows('SELECT 1 AS taken FROM latchkey_users WHERE host_user_id = ?', [hostUserId]);
      if (taken.length > 0) throw new LatchkeyError('ERR_HOST_USER_TAKEN');
    }
    yield* write(
      `UPDATE latchkey_users SET host_user_id = ?, version = version + 1, updated_at = ${dialect.now} WHERE id = ?`,
      [hostUserId ?? null, userId],
    );
    if (context !== undefined) yield* writeAudit(dialect, context, linkNote(present, hostUserId));
    const user = yield* find(userId, '');
    if (user === undefined) throw vanished();
    yield* append(dialect, [journalKeys.user(user.subject)]);
    return { changed: true, user };
  }

  return {
    async linkHostUser(userId, hostUserId, context) {
      requireFitting('hostUser', hostUserId);
      requireFittingActor(context ?? {});
      if (!isId(userId)) {
        requireVersion(context ?? {}, undefined);
        return undefined;
      }
      return session.change(() => link(userId, hostUserId, context));
    },
  };
}
