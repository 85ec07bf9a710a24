// The user methods of the in-memory directory.
import { randomUUID } from 'node:crypto';
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
import type { Assertion, Clock, GroupRoles, UserRow } from '../../vocabulary/types.js';
import {
  type AuditNote,
  changed,
  existenceOf,
  requireStorableActor,
  requireUser,
  same,
  userChanges,
} from '../audit-diff.js';
import { administers, contains, groupsOf, holds } from '../filters.js';
import { byCodePoints, requireStorable, sortedSet } from '../storable-text.js';
import type { MemoryJournal } from './journal-list.js';

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

/** The user methods, and the functions that the other parts of the directory need. */
export interface MemoryUsers {
  readonly verbs: Users;
  findById(userId: string): UserRow | undefined;
  /** Returns all rows, in no particular order. */
  all(): readonly UserRow[];
  /** Writes these fields of the user and increments the version. */
  put(user: UserRow, next: Partial<UserRow>): UserRow;
  findBySubject(subject: string): UserRow | undefined;
  /** Deletes the user's row, but not the user's devices. */
  drop(user: UserRow): void;
  /**
   * Compares the mappings before and after a change.
   * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when the change would take the role from all users who have it
   */
  requireHolders(context: ChangeContext, before: readonly GroupRoles[], after: readonly GroupRoles[]): void;
}

/** The other parts of the directory that the user methods need. */
export interface MemoryUsersParts {
  readonly now: Clock;
  readonly mappings: () => readonly GroupRoles[];
  readonly write: (context: ChangeContext, note: AuditNote) => void;
  readonly journal: MemoryJournal;
  readonly removed: (user: UserRow) => void;
}

/** Creates the user methods in memory. */
export function memoryUsers({ now, mappings, write, journal, removed }: MemoryUsersParts): MemoryUsers {
  const users = new Map<string, UserRow>();
  const subjects = new Map<string, string>();

  // Every method is atomic, because no method awaits anything. `async` turns thrown errors into rejections.

  function add(user: Omit<UserRow, 'id' | 'version' | 'createdAt' | 'updatedAt'>): UserRow {
    const at = new Date(now());
    const added = Object.freeze({ ...user, id: randomUUID(), version: 1, createdAt: at, updatedAt: at });
    users.set(added.subject, added);
    subjects.set(added.id, added.subject);
    return added;
  }

  function put(user: UserRow, next: Partial<UserRow>): UserRow {
    const written = Object.freeze({ ...user, ...next, version: user.version + 1, updatedAt: new Date(now()) });
    if (written.subject !== user.subject) drop(user);
    users.set(written.subject, written);
    subjects.set(written.id, written.subject);
    return written;
  }

  function drop({ subject, id }: UserRow): void {
    users.delete(subject);
    subjects.delete(id);
  }

  function findById(userId: string): UserRow | undefined {
    const subject = subjects.get(userId);
    return subject === undefined ? undefined : users.get(subject);
  }

  /** Throws if a change or deletion of this user would take the role from the last user who has it. */
  function requireOtherHolder({ keeping }: ChangeContext, user: UserRow, next: UserRow | undefined): void {
    if (keeping === undefined) {
      return;
    }
    const groups = groupsOf(keeping, mappings());
    const others = [...users.values()].filter(({ id }) => id !== user.id);
    const holds = (candidate: UserRow | undefined): boolean =>
      candidate !== undefined && administers(candidate, groups);
    if (holds(user) && ![...others, next].some(holds)) {
      throw new LatchkeyError('ERR_LAST_ADMINISTRATOR');
    }
  }

  const verbs: Users = {
    async provision(assertion: Assertion, create: CreateMode): Promise<Positioned<Provisioned>> {
      const { subject, displayName, email, groups } = assertion;
      requireStorable(subject, displayName, email, groups);
      const user = users.get(subject);
      const asserted = {
        displayName: displayName ?? user?.displayName,
        email: email ?? user?.email,
        groups: groups === undefined ? (user?.groups ?? sortedSet([])) : sortedSet(groups),
      };
      if (user !== undefined) {
        return user.authMethod === 'local' || !differs(user, asserted)
          ? { outcome: 'unchanged', user, position: journal.head() }
          : { outcome: 'updated', user: put(user, asserted), position: journal.append([journalKeys.user(subject)]) };
      }
      if (create === 'never') {
        return { outcome: 'absent' };
      }
      const state = { authMethod: 'proxy', disabled: false, pending: create === 'pending' } as const;
      const row = { subject, ...state, grantedRoles: sortedSet([]), ...asserted };
      return { outcome: 'created', user: add(row), position: journal.head() };
    },

    async findUser(subject: string): Promise<Positioned<UserRow> | undefined> {
      const user = users.get(subject);
      return user && Object.freeze({ ...user, position: journal.head() });
    },

    async findUserById(userId: string): Promise<UserRow | undefined> {
      return findById(userId);
    },

    async listUsers(query: UserQuery): Promise<readonly UserRow[]> {
      requireStorable(query.after?.subject);
      const holders = query.role && groupsOf(query.role, mappings());
      return [...users.values()]
        .filter((user) => query.after === undefined || byCodePoints(user.subject, query.after.subject) > 0)
        .filter((user) => finds(query, user) && (holders === undefined || holds(user, holders)))
        .sort((a, b) => byCodePoints(a.subject, b.subject))
        .slice(0, query.limit);
    },

    async createUser(user: NewUser, context: ChangeContext = {}): Promise<UserRow> {
      const { grantedRoles, ...profile } = user;
      requireStorable(user.subject, user.displayName, user.email, grantedRoles);
      requireStorableActor(context);
      if (users.has(user.subject)) {
        throw new LatchkeyError('ERR_SUBJECT_TAKEN');
      }
      const none = sortedSet([]);
      const roles = { groups: none, grantedRoles: sortedSet(grantedRoles ?? []) };
      const added = add({ ...profile, ...roles, disabled: false, pending: false });
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
      const user = users.get(subject);
      requireUser(context, user);
      if (user === undefined) {
        return undefined;
      }
      const next = changed(user, change);
      const changes = userChanges(user, next);
      if (Object.keys(changes).length === 0) {
        return user;
      }
      requireOtherHolder(context, user, { ...user, ...next });
      write(context, { action: 'user.changed', subject, changes });
      journal.append([journalKeys.user(subject)]);
      return put(user, next);
    },

    async deleteUser(subject: string, context: UserChangeContext = {}): Promise<boolean> {
      requireStorableActor(context);
      const user = users.get(subject);
      requireUser(context, user);
      if (user === undefined) {
        return false;
      }
      requireOtherHolder(context, user, undefined);
      drop(user);
      removed(user);
      write(context, existenceOf(user, 'user.deleted'));
      journal.append([journalKeys.user(subject)]);
      return true;
    },

    async touchUsers(uses: readonly UserAssertedAt[]): Promise<void> {
      for (const { userId, lastAssertedAt } of uses) {
        const user = findById(userId);
        if (user !== undefined && (user.lastAssertedAt === undefined || user.lastAssertedAt < lastAssertedAt)) {
          users.set(user.subject, Object.freeze({ ...user, lastAssertedAt }));
        }
      }
    },

    async endLogin(userId: string, login: string, keep: number): Promise<boolean> {
      const user = findById(userId);
      if (user === undefined) {
        return false;
      }
      const { endedLogins: before = [] } = user;
      const endedLogins = Object.freeze(sortedSet([...before, login]).slice(-keep));
      users.set(user.subject, Object.freeze({ ...user, endedLogins }));
      if (!before.includes(login)) {
        journal.append([journalKeys.user(user.subject)]);
      }
      return true;
    },

    async countGroupSets(group: string): Promise<readonly GroupSet[]> {
      const sets = new Map<string, GroupSet>();
      for (const { authMethod, groups } of users.values()) {
        if (authMethod === 'proxy' && groups.some((candidate) => groupMatches(group, candidate))) {
          const key = JSON.stringify(groups);
          sets.set(key, { groups, users: (sets.get(key)?.users ?? 0) + 1 });
        }
      }
      return [...sets.values()];
    },
  };

  return {
    verbs,
    findById,
    all: () => [...users.values()],
    put,
    findBySubject: (subject) => users.get(subject),
    drop,
    requireHolders({ keeping }, before, after) {
      if (keeping === undefined) {
        return;
      }
      const anybody = (present: readonly GroupRoles[]): boolean => {
        const groups = groupsOf(keeping, present);
        return [...users.values()].some((user) => administers(user, groups));
      };
      if (anybody(before) && !anybody(after)) {
        throw new LatchkeyError('ERR_LAST_ADMINISTRATOR');
      }
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
