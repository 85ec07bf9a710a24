// Renames and merges users in SQLite and MySQL.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { UserChangeContext } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import { lowerCased } from '../../vocabulary/text-rules.js';
import type { UserRow } from '../../vocabulary/types.js';
import { requireUser } from '../audit-diff.js';
import { formerSubjectsOf, mergedUser, renameNotes } from '../merged-user.js';
import { isStorable } from '../storable-text.js';
import { requireFittingActor, writeAudit } from './audit-verbs.js';
import type { Dialect } from './dialect.js';
import { append } from './journal-verbs.js';
import { guardOf, lockMapping, requireHolder } from './last-holder.js';
import { findBySubject, vanished } from './login-verbs.js';
import { writeRoleKeys } from './role-keys.js';
import { userColumns, userOf } from './row-values.js';
import { rows, type SqlSession, type Work, write } from './statement.js';
import { isAtMost, lengths, requireFitting, requireSome } from './text-lengths.js';

type Action = 'user.renamed' | 'user.merged';

/**
 * Creates the methods that rename and merge users. Each rename or merge first locks the mapping, so that only one of
 * them runs at a time.
 */
export function sqlRenames(
  dialect: Dialect,
  session: SqlSession,
): Required<Pick<Directory, 'findSpellings' | 'renameUser' | 'mergeUsers'>> {
  function* finish(context: UserChangeContext, action: Action, from: string, to: string): Work<UserRow> {
    for (const note of renameNotes(action, from, to)) yield* writeAudit(dialect, context, note);
    const written = yield* findBySubject(to);
    if (written === undefined) throw vanished();
    yield* append(dialect, [journalKeys.user(from), journalKeys.user(to)]);
    return written;
  }

  function* rename(from: string, to: string, context: UserChangeContext): Work<UserRow | undefined> {
    yield* lockMapping(dialect);
    const present = yield* findBySubject(from, dialect.forUpdate);
    requireUser(context, present);
    if (present === undefined || from === to) return present;
    if ((yield* findBySubject(to)) !== undefined) throw new LatchkeyError('ERR_SUBJECT_TAKEN');
    try {
      yield* write(
        `UPDATE latchkey_users SET subject = ?, former_subjects = ?, version = version + 1, updated_at = ${dialect.now}
        WHERE id = ?`,
        [to, JSON.stringify(formerSubjectsOf(to, present)), present.id],
      );
    } catch (error) {
      // A login has just created a user with the new subject.
      throw dialect.isDuplicate(error) ? new LatchkeyError('ERR_SUBJECT_TAKEN') : error;
    }
    return yield* finish(context, 'user.renamed', from, to);
  }

  function* merge(from: string, to: string, context: UserChangeContext): Work<UserRow | undefined> {
    yield* lockMapping(dialect);
    const one = yield* findBySubject(from, dialect.forUpdate);
    requireUser(context, one);
    const other = yield* findBySubject(to, dialect.forUpdate);
    if (one === undefined || other === undefined || from === to) return from === to ? one : undefined;
    const next = { ...other, ...mergedUser(one, other) };
    yield* write('UPDATE latchkey_devices SET user_id = ? WHERE user_id = ?', [other.id, one.id]);
    yield* write('DELETE FROM latchkey_role_keys WHERE user_id = ?', [one.id]);
    yield* write('DELETE FROM latchkey_users WHERE id = ?', [one.id]);
    yield* write(
      `UPDATE latchkey_users SET granted_roles = ?, disabled = ?, pending = ?, last_asserted_at = ?, host_user_id = ?,
        former_subjects = ?, version = version + 1, updated_at = ${dialect.now} WHERE id = ?`,
      [
        JSON.stringify(next.grantedRoles),
        Number(next.disabled),
        Number(next.pending),
        next.lastAssertedAt?.getTime() ?? null,
        next.hostUserId ?? null,
        JSON.stringify(next.formerSubjects),
        other.id,
      ],
    );
    yield* writeRoleKeys(dialect, other.id, other, next);
    const keeping = guardOf(context);
    if (keeping !== undefined) yield* requireHolder(dialect, keeping, [one, other]);
    return yield* finish(context, 'user.merged', from, to);
  }

  return {
    async findSpellings(subject) {
      if (!isStorable(subject) || !isAtMost(subject, lengths.name)) return [];
      const statement = `SELECT ${userColumns} FROM latchkey_users u WHERE ${dialect.spelledLike} ORDER BY u.subject`;
      const found = (await session.read(() => rows(statement, [subject]))).map(userOf);
      // MySQL ignores the case of all letters, so the query can also find subjects that differ in the case of letters
      // other than A to Z.
      return found.filter((user) => lowerCased(user.subject) === subject);
    },

    async renameUser(from, to, context = {}) {
      requireFitting('name', to);
      requireSome(to);
      requireFittingActor(context);
      if (!isStorable(from)) {
        requireUser(context, undefined);
        return undefined;
      }
      return session.change(() => rename(from, to, context));
    },

    async mergeUsers(from, to, context = {}) {
      requireFittingActor(context);
      if (![from, to].every(isStorable)) {
        if (!isStorable(from)) requireUser(context, undefined);
        return undefined;
      }
      return session.change(() => merge(from, to, context));
    },
  };
}
