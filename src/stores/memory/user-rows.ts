// The rows of users in memory, by subject and by id.
import { randomUUID } from 'node:crypto';
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { ChangeContext } from '../../vocabulary/port-values.js';
import type { Clock, GroupRoles, UserRow } from '../../vocabulary/types.js';
import { administers, groupsOf } from '../filters.js';

/** The rows of users. Every row is frozen. */
export interface MemoryUserRows {
  findById(userId: string): UserRow | undefined;
  findBySubject(subject: string): UserRow | undefined;
  /** Returns all rows, in no particular order. */
  all(): readonly UserRow[];
  /** Adds a row with a new id and version 1. */
  add(user: Omit<UserRow, 'id' | 'version' | 'createdAt' | 'updatedAt'>): UserRow;
  /** Writes these fields of the user and increments the version. */
  put(user: UserRow, next: Partial<UserRow>): UserRow;
  /** Replaces the row with the same subject and the same version. */
  replace(user: UserRow): void;
  /** Deletes the user's row, but not the user's devices. */
  drop(user: UserRow): void;
  /**
   * Compares the mappings before and after a change.
   * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when the change would take the role from all users who have it
   */
  requireHolders(context: ChangeContext, before: readonly GroupRoles[], after: readonly GroupRoles[]): void;
  /** Throws if a change or deletion of this user would take the role from the last user who has it. */
  requireOtherHolder(context: ChangeContext, user: UserRow, next: UserRow | undefined): void;
}

/** Creates an empty table of users. `mappings` returns the current mappings. */
export function memoryUserRows(now: Clock, mappings: () => readonly GroupRoles[]): MemoryUserRows {
  const users = new Map<string, UserRow>();
  const subjects = new Map<string, string>();

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

  return {
    findById,
    findBySubject: (subject) => users.get(subject),
    all: () => [...users.values()],
    add,
    put,
    replace: (user) => void users.set(user.subject, Object.freeze({ ...user })),
    drop,
    requireOtherHolder,
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
