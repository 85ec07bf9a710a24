// The user methods of the in-memory directory.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { groupMatches } from '../../vocabulary/group-pattern.js';
import { journalKeys, type Positioned } from '../../vocabulary/journal.js';
import type {
  ChangeContext,
  CreateMode,
  GroupSet,
  NewUser,
  Provisioned,
  UserAssertedAt,
  UserChange,
  UserChangeContext,
  UserQuery,
} from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Assertion, GroupRoles, UserRow } from '../../vocabulary/types.js';
import {
  type AuditNote,
  changed,
  existenceOf,
  requireStorableActor,
  requireUser,
  same,
  userChanges,
} from '../audit-diff.js';
import { contains, groupsOf, holds } from '../filters.js';
import { byCodePoints, requireStorable, sortedSet } from '../storable-text.js';
import type { MemoryJournal } from './journal-list.js';
import type { MemoryUserRows } from './user-rows.js';

type Users = Pick<
  Directory,
  | 'provision'
  | 'findUser'
  | 'findUserById'
  | 'listUsers'
  | 'createUser'
  | 'updateUser'
  | 'deleteUser'
  | 'touchUsers'
  | 'endLogin'
  | 'countGroupSets'
>;

/** The other parts of the directory that the user methods need. */
export interface MemoryUsersParts {
  readonly users: MemoryUserRows;
  readonly mappings: () => readonly GroupRoles[];
  readonly write: (context: ChangeContext, note: AuditNote) => void;
  readonly journal: MemoryJournal;
  readonly removed: (user: UserRow) => void;
}

/** Creates the user methods in memory. */
export function memoryUsers({ users, mappings, write, journal, removed }: MemoryUsersParts): Users {
  // Every method is atomic, because no method awaits anything. `async` turns thrown errors into rejections.

  return {
    async provision(assertion: Assertion, create: CreateMode): Promise<Positioned<Provisioned>> {
      const { subject, displayName, email, groups } = assertion;
      requireStorable(subject, displayName, email, groups);
      const user = users.findBySubject(subject);
      const asserted = {
        displayName: displayName ?? user?.displayName,
        email: email ?? user?.email,
        groups: groups === undefined ? (user?.groups ?? sortedSet([])) : sortedSet(groups),
      };
      if (user !== undefined) {
        return user.authMethod === 'local' || !differs(user, asserted)
          ? { outcome: 'unchanged', user, position: journal.head() }
          : {
              outcome: 'updated',
              user: users.put(user, asserted),
              position: journal.append([journalKeys.user(subject)]),
            };
      }
      if (create === 'never') {
        return { outcome: 'absent' };
      }
      const state = { authMethod: 'proxy', disabled: false, pending: create === 'pending' } as const;
      const row = { subject, ...state, grantedRoles: sortedSet([]), ...asserted };
      return { outcome: 'created', user: users.add(row), position: journal.head() };
    },

    async findUser(subject: string): Promise<Positioned<UserRow> | undefined> {
      const user = users.findBySubject(subject);
      return user && Object.freeze({ ...user, position: journal.head() });
    },

    async findUserById(userId: string): Promise<UserRow | undefined> {
      return users.findById(userId);
    },

    async listUsers(query: UserQuery): Promise<readonly UserRow[]> {
      requireStorable(query.after?.subject);
      const holders = query.role && groupsOf(query.role, mappings());
      return users
        .all()
        .filter((user) => query.after === undefined || byCodePoints(user.subject, query.after.subject) > 0)
        .filter((user) => finds(query, user) && (holders === undefined || holds(user, holders)))
        .sort((a, b) => byCodePoints(a.subject, b.subject))
        .slice(0, query.limit);
    },

    async createUser(user: NewUser, context: ChangeContext = {}): Promise<UserRow> {
      const { grantedRoles, ...profile } = user;
      requireStorable(user.subject, user.displayName, user.email, grantedRoles);
      requireStorableActor(context);
      if (users.findBySubject(user.subject) !== undefined) {
        throw new LatchkeyError('ERR_SUBJECT_TAKEN');
      }
      const none = sortedSet([]);
      const roles = { groups: none, grantedRoles: sortedSet(grantedRoles ?? []) };
      const added = users.add({ ...profile, ...roles, disabled: false, pending: false });
      write(context, existenceOf(added, 'user.created'));
      return added;
    },

    async updateUser(
      subject: string,
      change: UserChange,
      context: UserChangeContext = {},
    ): Promise<UserRow | undefined> {
      requireStorable(change.addRoles, change.removeRoles);
      requireStorableActor(context);
      const user = users.findBySubject(subject);
      requireUser(context, user);
      if (user === undefined) {
        return undefined;
      }
      const next = changed(user, change);
      const changes = userChanges(user, next);
      if (Object.keys(changes).length === 0) {
        return user;
      }
      users.requireOtherHolder(context, user, { ...user, ...next });
      write(context, { action: 'user.changed', subject, changes });
      journal.append([journalKeys.user(subject)]);
      return users.put(user, next);
    },

    async deleteUser(subject: string, context: UserChangeContext = {}): Promise<boolean> {
      requireStorableActor(context);
      const user = users.findBySubject(subject);
      requireUser(context, user);
      if (user === undefined) {
        return false;
      }
      users.requireOtherHolder(context, user, undefined);
      users.drop(user);
      removed(user);
      write(context, existenceOf(user, 'user.deleted'));
      journal.append([journalKeys.user(subject)]);
      return true;
    },

    async touchUsers(uses: readonly UserAssertedAt[]): Promise<void> {
      for (const { userId, lastAssertedAt } of uses) {
        const user = users.findById(userId);
        if (user !== undefined && (user.lastAssertedAt === undefined || user.lastAssertedAt < lastAssertedAt)) {
          users.replace({ ...user, lastAssertedAt });
        }
      }
    },

    async endLogin(userId: string, login: string, keep: number): Promise<boolean> {
      const user = users.findById(userId);
      if (user === undefined) {
        return false;
      }
      const { endedLogins: before = [] } = user;
      const endedLogins = Object.freeze(sortedSet([...before, login]).slice(-keep));
      users.replace({ ...user, endedLogins });
      if (!before.includes(login)) {
        journal.append([journalKeys.user(user.subject)]);
      }
      return true;
    },

    async countGroupSets(group: string): Promise<readonly GroupSet[]> {
      const sets = new Map<string, GroupSet>();
      for (const { authMethod, groups } of users.all()) {
        if (authMethod === 'proxy' && groups.some((candidate) => groupMatches(group, candidate))) {
          const key = JSON.stringify(groups);
          sets.set(key, { groups, users: (sets.get(key)?.users ?? 0) + 1 });
        }
      }
      return [...sets.values()];
    },
  };
}

function finds({ search, authMethod, disabled, pending }: UserQuery, user: UserRow): boolean {
  return (
    (search === undefined || [user.subject, user.displayName, user.email].some((text) => contains(text, search))) &&
    (authMethod === undefined || authMethod === user.authMethod) &&
    (disabled === undefined || disabled === user.disabled) &&
    (pending === undefined || pending === user.pending)
  );
}

function differs(user: UserRow, next: Pick<UserRow, 'displayName' | 'email' | 'groups'>): boolean {
  return user.displayName !== next.displayName || user.email !== next.email || !same(user.groups, next.groups);
}
