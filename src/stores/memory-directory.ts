// stores/ - the directory in memory: for tests, demonstrations and trying things out. All is gone with the process.
import { randomUUID } from 'node:crypto';
import { LatchkeyError } from '../errors.js';
import type { CreateMode, Directory, NewUser, Provisioned, UserAssertedAt, UserChange } from '../ports.js';
import type { Assertion, Clock, RoleMapping, User } from '../types.js';
import { memoryDevices } from './memory-devices.js';
import { byCodePoints, requireStorable, sortedSet } from './text.js';

/**
 * A directory that lives in this process only.
 * @param options.now the clock for `createdAt` and `updatedAt`, in milliseconds; default `Date.now`
 */
export function memoryDirectory(options: { readonly now?: Clock } = {}): Directory {
  const now = options.now ?? Date.now;
  const users = new Map<string, User>();
  const subjects = new Map<string, string>();
  const devices = memoryDevices(findById);
  const groupRoles = new Map<string, readonly string[]>();
  let generation = 0;

  // Every verb runs to its end without waiting, so each is atomic; `async` turns throws into rejections.

  function add(user: Omit<User, 'id' | 'version' | 'createdAt' | 'updatedAt'>): User {
    const at = new Date(now());
    const added = Object.freeze({ ...user, id: randomUUID(), version: 1, createdAt: at, updatedAt: at });
    users.set(added.subject, added);
    subjects.set(added.id, added.subject);
    return added;
  }

  function change(user: User, next: Partial<User>): User {
    const changed = Object.freeze({ ...user, ...next, version: user.version + 1, updatedAt: new Date(now()) });
    users.set(changed.subject, changed);
    return changed;
  }

  function findById(userId: string): User | undefined {
    const subject = subjects.get(userId);
    return subject === undefined ? undefined : users.get(subject);
  }

  function mapping(): RoleMapping {
    const sorted = [...groupRoles].sort(([a], [b]) => byCodePoints(a, b));
    return { generation, groupRoles: sorted.map(([group, roles]) => ({ group, roles })) };
  }

  return {
    async provision(
      assertion: Assertion,
      managedRoles: readonly string[] | undefined,
      create: CreateMode,
    ): Promise<Provisioned> {
      const { subject, displayName, email, groups } = assertion;
      requireStorable(subject, displayName, email, groups, managedRoles);
      const asserted = {
        ...(displayName === undefined ? {} : { displayName }),
        ...(email === undefined ? {} : { email }),
        ...(groups === undefined ? {} : { groups: sortedSet(groups) }),
        ...(managedRoles === undefined ? {} : { managedRoles: sortedSet(managedRoles) }),
      };
      const user = users.get(subject);
      if (user !== undefined) {
        return user.authMethod === 'local' || !differs(user, asserted)
          ? { outcome: 'unchanged', user }
          : { outcome: 'updated', user: change(user, asserted) };
      }
      if (create === 'never') {
        return { outcome: 'absent' };
      }
      const none = sortedSet([]);
      const state = { authMethod: 'proxy', disabled: false, pending: create === 'pending' } as const;
      const row = { subject, ...state, groups: none, managedRoles: none, grantedRoles: none, ...asserted };
      return { outcome: 'created', user: add(row) };
    },

    async remap(
      subject: string,
      groups: readonly string[],
      managedRoles: readonly string[],
    ): Promise<User | undefined> {
      requireStorable(managedRoles);
      const user = users.get(subject);
      const next = { managedRoles: sortedSet(managedRoles) };
      return user?.authMethod === 'proxy' && same(user.groups, sortedSet(groups)) && differs(user, next)
        ? change(user, next)
        : user;
    },

    async findUser(subject: string): Promise<User | undefined> {
      return users.get(subject);
    },

    async findUserById(userId: string): Promise<User | undefined> {
      return findById(userId);
    },

    async listUsers(page: { readonly after?: string; readonly limit: number }): Promise<readonly User[]> {
      requireStorable(page.after);
      const sorted = [...users.values()].sort((a, b) => byCodePoints(a.subject, b.subject));
      const rest = sorted.filter((user) => page.after === undefined || byCodePoints(user.subject, page.after) > 0);
      return rest.slice(0, page.limit);
    },

    async createUser(user: NewUser): Promise<User> {
      const { grantedRoles, ...profile } = user;
      requireStorable(user.subject, user.displayName, user.email, grantedRoles);
      if (users.has(user.subject)) {
        throw new LatchkeyError('ERR_SUBJECT_TAKEN');
      }
      const none = sortedSet([]);
      const roles = { groups: none, managedRoles: none, grantedRoles: sortedSet(grantedRoles ?? []) };
      return add({ ...profile, ...roles, disabled: false, pending: false });
    },

    async updateUser(subject: string, wanted: UserChange): Promise<User | undefined> {
      const { grant = [], withdraw = [], ...flags } = wanted;
      requireStorable(grant, withdraw);
      const user = users.get(subject);
      if (user === undefined) {
        return undefined;
      }
      const granted = [...user.grantedRoles, ...grant].filter((role) => !withdraw.includes(role));
      const next = { ...flags, grantedRoles: sortedSet(granted) };
      return differs(user, next) ? change(user, next) : user;
    },

    async deleteUser(subject: string): Promise<boolean> {
      const user = users.get(subject);
      if (user === undefined) {
        return false;
      }
      users.delete(subject);
      subjects.delete(user.id);
      devices.deleteOf(user.id);
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

    async mapping(): Promise<RoleMapping> {
      return mapping();
    },

    async putGroupRoles({ group, roles }): Promise<RoleMapping> {
      requireStorable(group, roles);
      if (roles.length === 0) {
        throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'A mapping gives at least one role.' });
      }
      const next = sortedSet(roles);
      if (!same(groupRoles.get(group), next)) {
        groupRoles.set(group, next);
        generation += 1;
      }
      return mapping();
    },

    async deleteGroupRoles(group: string): Promise<RoleMapping> {
      if (groupRoles.delete(group)) {
        generation += 1;
      }
      return mapping();
    },

    ...devices.verbs,
  };
}

function same(a: unknown, b: unknown): boolean {
  return Array.isArray(a) && Array.isArray(b)
    ? a.length === b.length && a.every((element, index) => element === b[index])
    : a === b;
}

function differs(user: User, next: Partial<User>): boolean {
  return (Object.keys(next) as (keyof User)[]).some((key) => next[key] !== undefined && !same(user[key], next[key]));
}
