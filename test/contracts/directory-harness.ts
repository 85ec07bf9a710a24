// The interface between the suite of Directory and a store under test, and helpers that its parts share.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { NewDevice } from '../../src/vocabulary/port-values.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import type { Assertion, UserRow } from '../../src/vocabulary/types.js';

/** A directory under test. */
export interface DirectoryHarness {
  /**
   * Opens the directory without users, mappings, devices and audit entries. Its journal continues: it may contain rows
   * and instances of earlier tests. The suite calls this before every test.
   */
  open(): Promise<Directory>;
  /** Opens a directory whose database is unreachable. Omit it if the directory has no connection to lose. */
  openUnreachable?(): Promise<Directory>;
  /** The directory has no `journal`. The suite then checks that it is absent. */
  readonly withoutJournal?: true;
  /** The directory has a `journal`, but its results carry no `position`. */
  readonly withoutPositions?: true;
  /** The suite calls this once, after the last test. */
  close?(): Promise<void>;
}

/** Returns the current test's directory. */
export type CurrentDirectory = () => Directory;

/** The directory with results without positions, for tests that are not about positions. */
export function withoutPositions(directory: Directory): Directory {
  const verbs: ReadonlySet<PropertyKey> = new Set(['provision', 'findUser', 'findDevice', 'mapping']);
  return new Proxy(directory, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      if (!verbs.has(name)) return member.bind(target);
      return async (...args: unknown[]) => {
        const result: object | undefined = await member.apply(target, args);
        return result && Object.fromEntries(Object.entries(result).filter(([key]) => key !== 'position'));
      };
    },
  });
}

/**
 * The directory with results without undefined members, so that `assert.deepEqual` can compare them: for optional
 * members, undefined and absent mean the same.
 */
export function comparable(directory: Directory): Directory {
  return new Proxy(directory, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => withoutUndefined(await member.apply(target, args));
    },
  });
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, withoutUndefined(member)]));
}

/** An assertion with all members. */
export function assertion(subject: string, more: Omit<Assertion, 'subject'> = {}): Assertion {
  return { subject, displayName: 'Ada Lovelace', email: 'ada@example.com', groups: ['engineers', 'staff'], ...more };
}

/** Provisions a user, and returns the row. */
export async function provisioned(directory: Directory, subject: string, groups?: readonly string[]): Promise<UserRow> {
  const result = await directory.provision(assertion(subject, groups && { groups }), 'active');
  if (result.outcome === 'absent') {
    throw new Error('provision(…, active) answers with a row');
  }
  return result.user;
}

/** The time at which the suite pairs devices. */
export const pairedAt: Date = new Date('2026-11-22T08:30:00.125Z');

/** The time this many seconds after `pairedAt`. */
export function later(seconds: number): Date {
  return new Date(pairedAt.getTime() + seconds * 1000);
}

/** A new device of this user, not yet added. */
export function newDevice(userId: string, more: Partial<NewDevice> = {}): NewDevice {
  const about = { name: 'Pocket phone', clientId: 'music-app', pairedBy: 'code' } as const;
  return { id: randomUUID(), userId, ...about, createdAt: pairedAt, expiresAt: later(86_400), ...more };
}

/** Provisions a user with this subject, and adds a device. */
export async function paired(
  directory: Directory,
  subject: string,
  more: Partial<NewDevice> = {},
): Promise<{ readonly user: UserRow; readonly device: NewDevice }> {
  const user = await provisioned(directory, subject);
  const device = newDevice(user.id, more);
  await directory.createDevice(device);
  return { user, device };
}

/** Runs this many calls at once. */
export function atOnce<T>(count: number, run: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => run(index)));
}

/** Returns how many of these calls succeeded. Asserts that the others failed with this code. */
export async function winners(calls: readonly Promise<unknown>[], code: string): Promise<number> {
  const settled = await Promise.allSettled(calls);
  for (const result of settled) {
    if (result.status === 'rejected') {
      assert.equal(result.reason.code, code);
    }
  }
  return settled.filter(({ status }) => status === 'fulfilled').length;
}
