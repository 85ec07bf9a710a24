// stores/ - rows of SQL as our types.
import type { AuthMethod, Device, GroupRoles, PairedBy, User } from '../types.js';
import type { SqlRow } from './sql-pool.js';
import { sortedSet } from './text.js';

/** The columns of a user, for every statement that gives one. */
export const userColumns: readonly string[] = [
  'id',
  'subject',
  'auth_method',
  'display_name',
  'email',
  'groups',
  'managed_roles',
  'granted_roles',
  'disabled',
  'pending',
  'version',
  'created_at',
  'updated_at',
];

/** The columns of a device `d`, under names that do not meet those of a user. */
export const deviceColumns: string =
  'd.id AS device_id, d.user_id, d.name, d.client_id, d.paired_by, d.created_at AS paired_at, ' +
  'd.expires_at, d.last_used_at, d.revoked_at';

/** A row with `userColumns`. */
export function userOf(row: SqlRow): User {
  return {
    id: String(row['id']),
    subject: String(row['subject']),
    authMethod: row['auth_method'] as AuthMethod,
    ...(row['display_name'] === null ? {} : { displayName: String(row['display_name']) }),
    ...(row['email'] === null ? {} : { email: String(row['email']) }),
    groups: sortedSet(row['groups'] as string[]),
    managedRoles: sortedSet(row['managed_roles'] as string[]),
    grantedRoles: sortedSet(row['granted_roles'] as string[]),
    disabled: row['disabled'] === true,
    pending: row['pending'] === true,
    version: Number(row['version']),
    createdAt: dateOf(row['created_at']),
    updatedAt: dateOf(row['updated_at']),
  };
}

/** A row with `deviceColumns` and the owner's `subject`. */
export function deviceOf(row: SqlRow): Device {
  return {
    id: String(row['device_id']),
    userId: String(row['user_id']),
    subject: String(row['subject']),
    name: String(row['name']),
    clientId: String(row['client_id']),
    pairedBy: row['paired_by'] as PairedBy,
    createdAt: dateOf(row['paired_at']),
    expiresAt: dateOf(row['expires_at']),
    ...(row['last_used_at'] === null ? {} : { lastUsedAt: dateOf(row['last_used_at']) }),
    ...(row['revoked_at'] === null ? {} : { revokedAt: dateOf(row['revoked_at']) }),
  };
}

/** A row with `group_name` and `roles`. */
export function groupRolesOf(row: SqlRow): GroupRoles {
  return { group: String(row['group_name']), roles: sortedSet(row['roles'] as string[]) };
}

// Hosts that have replaced pg's parser for timestamps get text here.
function dateOf(value: unknown): Date {
  return value instanceof Date ? value : new Date(String(value));
}
