// Creates, changes and deletes users in SQLite and MySQL on behalf of administrators.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { ChangeContext, NewUser, UserChange, UserChangeContext } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { UserRow } from '../../vocabulary/types.js';
import { changed, existenceOf, isUser, requireUser, userChanges } from '../audit-diff.js';
import { isStorable, sortedSet } from '../storable-text.js';
import { requireFittingActor, writeAudit } from './audit-verbs.js';
import type { Dialect } from './dialect.js';
import { append } from './journal-verbs.js';
import { canTake, guardOf, lockMapping, requireOtherHolder } from './last-holder.js';
import { findBySubject, insertUser, vanished } from './login-verbs.js';
import { writeRoleKeys } from './role-keys.js';
import { type SqlSession, type Work, write } from './statement.js';
import { requireFitting, requireSome } from './text-lengths.js';

/** Changes of users. */
export function sqlAdministeredUsers(
  dialect: Dialect,
  session: SqlSession,
): Pick<Directory, 'createUser' | 'updateUser' | 'deleteUser'> {
  function* create(user: NewUser, context: ChangeContext): Work<UserRow> {
    const { subject, authMethod, displayName, email, grantedRoles = [] } = user;
    const profile = { subject, authMethod, displayName, email, grantedRoles: sortedSet(grantedRoles) };
    const created = yield* insertUser(dialect, { ...profile, groups: [], pending: false });
    if (created === undefined) throw new LatchkeyError('ERR_SUBJECT_TAKEN');
    yield* writeAudit(dialect, context, existenceOf(created, 'user.created'));
    return created;
  }

  function* update(subject: string, change: UserChange, context: UserChangeContext): Work<UserRow | undefined> {
    const keeping = guardOf(context);
    const guarded = keeping !== undefined && canTake(keeping, change);
    if (guarded) yield* lockMapping(dialect);
    const present = yield* findBySubject(subject, dialect.forUpdate);
    requireUser(context, present);
    if (present === undefined) return undefined;
    const next = { ...present, ...changed(present, change) };
    const changes = userChanges(present, next);
    if (Object.keys(changes).length === 0) return present;
    if (guarded) yield* requireOtherHolder(dialect, keeping, present, next);
    yield* write(
      `UPDATE latchkey_users SET disabled = ?, pending = ?, auth_method = ?, granted_roles = ?, version = version + 1,
        updated_at = ${dialect.now} WHERE id = ?`,
      [Number(next.disabled), Number(next.pending), next.authMethod, JSON.stringify(next.grantedRoles), present.id],
    );
    yield* writeRoleKeys(dialect, present.id, present, next);
    yield* writeAudit(dialect, context, { action: 'user.changed', subject, changes });
    const written = yield* findBySubject(subject);
    if (written === undefined) throw vanished();
    yield* append(dialect, [journalKeys.user(subject)]);
    return written;
  }

  function* remove(subject: string, context: UserChangeContext): Work<boolean> {
    const keeping = guardOf(context);
    if (keeping !== undefined) yield* lockMapping(dialect);
    const present = yield* findBySubject(subject, dialect.forUpdate);
    requireUser(context, present);
    if (present === undefined) return false;
    if (keeping !== undefined) yield* requireOtherHolder(dialect, keeping, present, undefined);
    yield* write('DELETE FROM latchkey_devices WHERE user_id = ?', [present.id]);
    yield* write('DELETE FROM latchkey_role_keys WHERE user_id = ?', [present.id]);
    yield* write('DELETE FROM latchkey_users WHERE id = ?', [present.id]);
    yield* writeAudit(dialect, context, existenceOf(present, 'user.deleted'));
    yield* append(dialect, [journalKeys.user(subject)]);
    return true;
  }

  return {
    async createUser(user: NewUser, context: ChangeContext = {}): Promise<UserRow> {
      requireFitting('name', user.subject, user.grantedRoles);
      requireFitting('profile', user.displayName, user.email);
      requireSome(user.subject);
      requireFittingActor(context);
      return session.change(() => create(user, context));
    },

    async updateUser(
      subject: string,
      change: UserChange,
      context: UserChangeContext = {},
    ): Promise<UserRow | undefined> {
      requireFitting('name', change.addRoles, change.removeRoles);
      requireFittingActor(context);
      if (!isStorable(subject)) {
        requireUser(context, undefined);
        return undefined;
      }
      const { current } = context;
      if (current?.subject !== subject || !isUser(context, current) || !isAltered(current, change)) {
        // A call that changes nothing must not take a lock, because a lock is a write.
        const found = await session.read(() => findBySubject(subject));
        requireUser(context, found);
        if (found === undefined || !isAltered(found, change)) return found;
      }
      return session.change(() => update(subject, change, context));
    },

    async deleteUser(subject: string, context: UserChangeContext = {}): Promise<boolean> {
      requireFittingActor(context);
      if (!isStorable(subject)) {
        requireUser(context, undefined);
        return false;
      }
      return session.change(() => remove(subject, context));
    },
  };
}

function isAltered(user: UserRow, change: UserChange): boolean {
  return Object.keys(userChanges(user, changed(user, change))).length > 0;
}
