// Logins in SQLite and MySQL. Creates and updates users from assertions. For each user, records the latest login and
// the logins that have ended.
import { randomUUID } from 'node:crypto';
import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys, type Positioned } from '../../vocabulary/journal.js';
import type { CreateMode, Provisioned, UserAssertedAt } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Assertion, UserRow } from '../../vocabulary/types.js';
import { same } from '../audit-diff.js';
import { latestUses } from '../latest-uses.js';
import { isId, sortedSet } from '../storable-text.js';
import type { Dialect } from './dialect.js';
import { append, head } from './journal-verbs.js';
import { writeRoleKeys } from './role-keys.js';
import { textsOf, userColumns, userOf } from './row-values.js';
import { firstRow, type SqlSession, type Work, write } from './statement.js';
import { millisecondsOf, requireFitting, requireSome } from './text-lengths.js';

type Outcome = Positioned<Provisioned>;

/** The fields of an assertion that are written to a user's row. */
type Asserted = Pick<Assertion, 'displayName' | 'email' | 'groups'>;

/** Finds the row with this subject. If a lock is given, the row cannot change until the transaction ends. */
export function* findBySubject(subject: string, lock: string = ''): Work<UserRow | undefined> {
  const row = yield* firstRow(`SELECT ${userColumns} FROM latchkey_users u WHERE u.subject = ?${lock}`, [subject]);
  return row && userOf(row);
}

/** Adds a user. If a row with this subject exists, leaves that row unchanged and returns `undefined`. */
export function* insertUser(
  dialect: Dialect,
  user: Pick<UserRow, 'subject' | 'authMethod' | 'displayName' | 'email' | 'groups' | 'grantedRoles' | 'pending'>,
): Work<UserRow | undefined> {
  const id = randomUUID();
  yield* write(
    `INSERT INTO latchkey_users (id, subject, auth_method, display_name, email, asserted_groups, granted_roles, disabled,
      pending, version, created_at, updated_at, ended_logins)
    VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, 1, ${dialect.now}, ${dialect.now}, '[]') ${dialect.orKeep('id')}`,
    [
      id,
      user.subject,
      user.authMethod,
      user.displayName ?? null,
      user.email ?? null,
      JSON.stringify(user.groups),
      JSON.stringify(user.grantedRoles),
      user.pending ? 1 : 0,
    ],
  );
  // The number of affected rows is not reliable, because a driver may count a row that was left unchanged.
  const found = yield* findBySubject(user.subject);
  if (found?.id !== id) return undefined;
  yield* writeRoleKeys(dialect, id, undefined, found);
  return found;
}

/** Logins. */
export function sqlLogins(
  dialect: Dialect,
  session: SqlSession,
): Pick<Directory, 'provision' | 'touchUsers' | 'endLogin'> {
  /**
   * Returns the outcome of a login that changes nothing, or `undefined` if the login changes the row. Most logins
   * change nothing. This function takes no lock, because a lock is a write.
   */
  function* look(subject: string, asserted: Asserted, create: CreateMode): Work<Outcome | undefined> {
    const position = yield* head();
    const user = yield* findBySubject(subject);
    if (user === undefined) return create === 'never' ? { outcome: 'absent' } : undefined;
    return differs(user, asserted) ? undefined : { outcome: 'unchanged', user, position };
  }

  function* provision(subject: string, asserted: Asserted, create: CreateMode): Work<Outcome> {
    const position = yield* head();
    let present = yield* findBySubject(subject, dialect.forUpdate);
    if (present === undefined) {
      if (create === 'never') return { outcome: 'absent' };
      const { displayName, email, groups = [] } = asserted;
      const profile = { subject, authMethod: 'proxy', displayName, email, groups, grantedRoles: [] } as const;
      const created = yield* insertUser(dialect, { ...profile, pending: create === 'pending' });
      if (created !== undefined) return { outcome: 'created', user: created, position };
      // Another transaction has just created the user.
      present = yield* findBySubject(subject, dialect.forUpdate);
      if (present === undefined) throw vanished();
    }
    if (!differs(present, asserted)) return { outcome: 'unchanged', user: present, position };
    const next = wanted(present, asserted);
    yield* write(
      `UPDATE latchkey_users SET display_name = ?, email = ?, asserted_groups = ?, version = version + 1,
        updated_at = ${dialect.now} WHERE id = ?`,
      [next.displayName ?? null, next.email ?? null, JSON.stringify(next.groups), present.id],
    );
    yield* writeRoleKeys(dialect, present.id, present, next);
    const user = yield* findBySubject(subject);
    if (user === undefined) throw vanished();
    return { outcome: 'updated', user, position: yield* append(dialect, [journalKeys.user(subject)]) };
  }

  function* endLogin(userId: string, login: string, keep: number): Work<boolean> {
    // The row is locked, so that concurrent calls for the same user do not overwrite each other's changes.
    const row = yield* firstRow(`SELECT subject, ended_logins FROM latchkey_users WHERE id = ?${dialect.forUpdate}`, [
      userId,
    ]);
    if (row === undefined) return false;
    const before = textsOf(row['ended_logins']);
    if (before.includes(login)) return true;
    const kept = sortedSet([...before, login]).slice(-keep);
    yield* write('UPDATE latchkey_users SET ended_logins = ? WHERE id = ?', [JSON.stringify(kept), userId]);
    yield* append(dialect, [journalKeys.user(String(row['subject']))]);
    return true;
  }

  return {
    async provision({ subject, displayName, email, groups }: Assertion, create: CreateMode): Promise<Outcome> {
      requireFitting('name', subject, groups);
      requireFitting('profile', displayName, email);
      requireSome(subject);
      const asserted = { displayName, email, groups: groups && sortedSet(groups) };
      return (
        (await session.read(() => look(subject, asserted, create))) ??
        session.change(() => provision(subject, asserted, create))
      );
    },

    async touchUsers(uses: readonly UserAssertedAt[]): Promise<void> {
      const latest = latestUses(uses, ({ userId, lastAssertedAt }) => ({ id: userId, at: lastAssertedAt }));
      if (latest.length === 0) return;
      const asserted = latest.map(({ userId, lastAssertedAt }) => ({ id: userId, at: millisecondsOf(lastAssertedAt) }));
      await session.change(() => write(dialect.touchUsers, [JSON.stringify(byId(asserted))]));
    },

    async endLogin(userId: string, login: string, keep: number): Promise<boolean> {
      return isId(userId) && session.change(() => endLogin(userId, login, keep));
    },
  };
}

/**
 * Sorts items by their ids. If two instances write the same rows in this order, one may wait for the other, but they
 * cannot deadlock.
 */
export function byId<Item extends { readonly id: string }>(items: readonly Item[]): readonly Item[] {
  return items.toSorted((one, other) => (one.id < other.id ? -1 : 1));
}

/** Returns the error for a row that disappeared during a transaction. */
export function vanished(): LatchkeyError {
  return new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE', { detail: 'A row vanished while it was written.' });
}

function wanted(user: UserRow, { displayName, email, groups }: Asserted): UserRow {
  return {
    ...user,
    displayName: displayName ?? user.displayName,
    email: email ?? user.email,
    groups: groups ?? user.groups,
  };
}

/** Returns `true` if the assertion changes the row. An assertion never changes a local account. */
function differs(user: UserRow, asserted: Asserted): boolean {
  const { displayName, email, groups } = wanted(user, asserted);
  return (
    user.authMethod === 'proxy' &&
    !(user.displayName === displayName && user.email === email && same(user.groups, groups))
  );
}
