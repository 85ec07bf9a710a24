// The contents of the simulated database as one value. A copy of it is a backup.

import { changed, userChanges } from '../../../../src/stores/audit-diff.js';
import { LatchkeyError } from '../../../../src/vocabulary/errors.js';
import {
  type JournalInstance,
  type JournalRow,
  journalKeys,
  type Position,
} from '../../../../src/vocabulary/journal.js';
import type { NewDevice, Provisioned, UserChange } from '../../../../src/vocabulary/port-values.js';
import type { Assertion, Device, Mapping, UserRow } from '../../../../src/vocabulary/types.js';

/** All tables. */
export interface Data {
  readonly database: string;
  readonly rows: readonly JournalRow[];
  readonly instances: ReadonlyMap<string, JournalInstance>;
  readonly users: ReadonlyMap<string, UserRow>;
  readonly devices: ReadonlyMap<string, Device>;
  readonly mappings: ReadonlyMap<string, Mapping>;
  /** The keys that were changed by hand and have had no journal row since. A copy of the database has them, too. */
  readonly handEdited: ReadonlySet<string>;
}

/** The effects of one transaction: the new contents of tables, and the keys of its journal row. */
export interface Written<Result> {
  readonly tables: Partial<Pick<Data, 'users' | 'devices' | 'mappings'>>;
  readonly keys: readonly string[];
  readonly result: Result;
}

let named = 0;

/** Returns ids and nonces that were never used before. */
export function unique(kind: string): string {
  named += 1;
  return `${kind}-${named}`;
}

/** The id that this subject has from the start of a run. */
export const idOf = (subject: string): string => `id-of-${subject}`;

/** An empty database. */
export function emptyData(): Data {
  const none = {
    users: new Map(),
    devices: new Map(),
    mappings: new Map(),
    instances: new Map(),
    handEdited: new Set<string>(),
  };
  return { database: unique('database'), rows: [{ seq: 0, nonce: unique('nonce'), keys: [] }], ...none };
}

/** The position of the last row. */
export function headOf({ rows }: Data): Position {
  const { seq, nonce } = rows.at(-1) ?? { seq: 0, nonce: '' };
  return { seq, nonce };
}

function same<Result>(result: Result): Written<Result> {
  return { tables: {}, keys: [], result };
}

function withEntry<Value>(map: ReadonlyMap<string, Value>, key: string, value: Value | undefined): Map<string, Value> {
  const next = new Map(map);
  if (value === undefined) next.delete(key);
  else next.set(key, value);
  return next;
}

function added(subject: string, more: Partial<UserRow>): UserRow {
  const at = new Date(0);
  const none = { groups: [], grantedRoles: [], disabled: false, pending: false, version: 1 };
  return { id: unique('user'), subject, authMethod: 'proxy', ...none, createdAt: at, updatedAt: at, ...more };
}

/** The same as the methods of these names of the port `Directory`. */
export const writes = {
  provision({ users }: Data, assertion: Assertion): Written<Provisioned> {
    const { subject, displayName, groups } = assertion;
    const asserted = {
      ...(displayName === undefined ? {} : { displayName }),
      ...(groups === undefined ? {} : { groups }),
    };
    const user = users.get(subject);
    if (user === undefined) {
      const created = added(subject, asserted);
      return {
        tables: { users: withEntry(users, subject, created) },
        keys: [],
        result: { outcome: 'created', user: created },
      };
    }
    const next = { ...user, ...asserted };
    if (JSON.stringify(next) === JSON.stringify(user)) return same({ outcome: 'unchanged', user });
    return {
      tables: { users: withEntry(users, subject, next) },
      keys: [journalKeys.user(subject)],
      result: { outcome: 'updated', user: next },
    };
  },

  createUser({ users }: Data, subject: string, grantedRoles: readonly string[]): Written<UserRow> {
    if (users.has(subject)) throw new LatchkeyError('ERR_SUBJECT_TAKEN');
    const user = added(subject, { grantedRoles });
    return { tables: { users: withEntry(users, subject, user) }, keys: [], result: user };
  },

  updateUser({ users }: Data, subject: string, change: UserChange): Written<UserRow | undefined> {
    const user = users.get(subject);
    if (user === undefined) return same(undefined);
    const next = { ...user, ...changed(user, change) };
    if (Object.keys(userChanges(user, next)).length === 0) return same(user);
    const tables = { users: withEntry(users, subject, next) };
    return { tables, keys: [journalKeys.user(subject)], result: next };
  },

  endLogin({ users }: Data, userId: string, login: string, keep: number): Written<boolean> {
    const user = [...users.values()].find(({ id }) => id === userId);
    if (user === undefined) return same(false);
    const { subject, endedLogins: before = [] } = user;
    if (before.includes(login)) return same(true);
    const endedLogins = [...before, login].sort().slice(-keep);
    const tables = { users: withEntry(users, subject, { ...user, endedLogins }) };
    return { tables, keys: [journalKeys.user(subject)], result: true };
  },

  deleteUser({ users, devices }: Data, subject: string): Written<boolean> {
    const user = users.get(subject);
    if (user === undefined) return same(false);
    const left = new Map([...devices].filter(([, { userId }]) => userId !== user.id));
    const tables = { users: withEntry(users, subject, undefined), devices: left };
    return { tables, keys: [journalKeys.user(subject)], result: true };
  },

  /** `undefined`: no roles, so no mapping. */
  setMapping({ mappings }: Data, group: string, roles: readonly string[] | undefined): Written<readonly Mapping[]> {
    const present = mappings.get(group);
    if (JSON.stringify(present?.roles) === JSON.stringify(roles)) return same([...mappings.values()]);
    const next = roles && { group, roles, version: (present?.version ?? 0) + 1, changedAt: new Date(0) };
    const all = withEntry(mappings, group, next);
    return { tables: { mappings: all }, keys: [journalKeys.mapping], result: [...all.values()] };
  },

  createDevice({ users, devices }: Data, device: NewDevice): Written<void> {
    const owner = [...users.values()].find(({ id }) => id === device.userId);
    if (owner === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
    if (devices.has(device.id)) return same(undefined);
    const row = { ...device, subject: owner.subject, serial: 1, version: 1 };
    return { tables: { devices: withEntry(devices, device.id, row) }, keys: [], result: undefined };
  },

  /** Changes those of the devices that are not revoked. A device that the function returns unchanged is not written. */
  alterDevices(
    { devices }: Data,
    selected: (device: Device) => boolean,
    change: (device: Device) => Device,
  ): Written<readonly Device[]> {
    const found = [...devices.values()].filter((device) => device.revokedAt === undefined && selected(device));
    const pairs = found.map((device) => [device, change(device)] as const);
    const altered = pairs.flatMap(([before, after]) => (before === after ? [] : [after]));
    const tables =
      altered.length === 0 ? {} : { devices: new Map([...devices, ...altered.map((one) => [one.id, one] as const)]) };
    return { tables, keys: altered.map(({ id }) => journalKeys.device(id)), result: pairs.map(([, after]) => after) };
  },
};
