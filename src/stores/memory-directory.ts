// stores/ - the directory in memory: for tests, demonstrations and trying things out. All is gone with the process.
import { randomUUID } from 'node:crypto';
import { LatchkeyError } from '../errors.js';
import type { CreateMode, DeviceSelection, Directory, NewUser, Provisioned, UserChange } from '../ports.js';
import type { Assertion, Clock, Device, RoleMapping, User } from '../types.js';
import { byCodePoints, isId, requireStorable, sortedSet } from './text.js';

/**
 * A directory that lives in this process only.
 * @param options.now the clock for `createdAt` and `updatedAt`, in milliseconds; default `Date.now`
 */
export function memoryDirectory(options: { readonly now?: Clock } = {}): Directory {
  const now = options.now ?? Date.now;
  const users = new Map<string, User>();
  const subjects = new Map<string, string>();
  const devices = new Map<string, Device>();
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

  function ownDevice(userId: string, deviceId: string): Device | undefined {
    const device = devices.get(deviceId);
    return device?.userId === userId && device.revokedAt === undefined ? device : undefined;
  }

  function put(device: Device, next: Partial<Device>): Device {
    const changed = Object.freeze({ ...device, ...next });
    devices.set(device.id, changed);
    return changed;
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
      const subject = subjects.get(userId);
      return subject === undefined ? undefined : users.get(subject);
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
      for (const device of devices.values()) {
        if (device.userId === user.id) {
          devices.delete(device.id);
        }
      }
      return true;
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

    async createDevice(device: Omit<Device, 'subject' | 'lastUsedAt' | 'revokedAt'>): Promise<void> {
      requireStorable(device.name, device.clientId);
      if (!isId(device.id)) {
        throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'The id of a device is a UUID in lower case.' });
      }
      const subject = subjects.get(device.userId);
      if (subject === undefined) {
        throw new LatchkeyError('ERR_USER_UNKNOWN');
      }
      if (!devices.has(device.id)) {
        devices.set(device.id, Object.freeze({ ...device, subject }));
      }
    },

    async findDevice(deviceId: string): Promise<{ readonly device: Device; readonly user: User } | undefined> {
      const device = devices.get(deviceId);
      const user = device && users.get(device.subject);
      return device && user && { device, user };
    },

    async listDevices(userId: string, at: Date): Promise<readonly Device[]> {
      return [...devices.values()]
        .filter((device) => device.userId === userId && device.revokedAt === undefined && device.expiresAt > at)
        .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || byCodePoints(a.id, b.id));
    },

    async renameDevice(userId: string, deviceId: string, name: string): Promise<Device | undefined> {
      requireStorable(name);
      const device = ownDevice(userId, deviceId);
      return device && put(device, { name });
    },

    async revokeDevices(userId: string, selection: DeviceSelection, at: Date): Promise<readonly string[]> {
      const revoked: string[] = [];
      for (const { id } of devices.values()) {
        const device = ownDevice(userId, id);
        if (device !== undefined && selects(selection, id)) {
          put(device, { revokedAt: at });
          revoked.push(id);
        }
      }
      return revoked.sort();
    },

    async touchDevices(uses: readonly { readonly id: string; readonly lastUsedAt: Date }[]): Promise<void> {
      for (const { id, lastUsedAt } of uses) {
        const device = devices.get(id);
        if (device !== undefined && (device.lastUsedAt === undefined || device.lastUsedAt < lastUsedAt)) {
          put(device, { lastUsedAt });
        }
      }
    },
  };
}

function selects(selection: DeviceSelection, deviceId: string): boolean {
  if (selection === 'all') {
    return true;
  }
  return 'only' in selection ? selection.only === deviceId : selection.except !== deviceId;
}

function same(a: unknown, b: unknown): boolean {
  return Array.isArray(a) && Array.isArray(b)
    ? a.length === b.length && a.every((element, index) => element === b[index])
    : a === b;
}

function differs(user: User, next: Partial<User>): boolean {
  return (Object.keys(next) as (keyof User)[]).some((key) => next[key] !== undefined && !same(user[key], next[key]));
}
