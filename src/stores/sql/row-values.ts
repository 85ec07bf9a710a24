// Converts rows of SQLite and MySQL to Latchkey's types. Depending on the settings of the host's driver, a number may
// arrive as a bigint or as text.
import type {
  AuditAction,
  AuditEntry,
  AuthMethod,
  Device,
  Mapping,
  PairedBy,
  UserRow,
} from '../../vocabulary/types.js';
import { sortedSet } from '../storable-text.js';
import type { SqlRow } from './statement.js';

/** The columns of a user `u`. */
export const userColumns: string =
  'u.id, u.subject, u.auth_method, u.display_name, u.email, u.asserted_groups, u.granted_roles, u.disabled, ' +
  'u.pending, u.version, u.created_at, u.updated_at, u.last_asserted_at, u.ended_logins, ' +
  'u.host_user_id, u.former_subjects';

/** The columns of a device `d`, under names that do not collide with the columns of a user. */
export const deviceColumns: string =
  'd.id AS device_id, d.user_id, d.name, d.client_id, d.app_version, d.platform, d.paired_by, ' +
  'd.created_at AS paired_at, d.expires_at, d.last_used_at, d.last_address, d.serial, d.renewed_at, d.previous_until, ' +
  'd.revoked_at, d.version AS device_version';

/** Converts a row with `userColumns`. */
export function userOf(row: SqlRow): UserRow {
  const endedLogins = textsOf(row['ended_logins']);
  const formerSubjects = textsOf(row['former_subjects'] ?? '[]');
  return {
    id: String(row['id']),
    subject: String(row['subject']),
    authMethod: row['auth_method'] as AuthMethod,
    displayName: textOf(row['display_name']),
    email: textOf(row['email']),
    groups: textsOf(row['asserted_groups']),
    grantedRoles: textsOf(row['granted_roles']),
    disabled: Number(row['disabled']) === 1,
    pending: Number(row['pending']) === 1,
    version: Number(row['version']),
    createdAt: dateOf(row['created_at']),
    updatedAt: dateOf(row['updated_at']),
    lastAssertedAt: dateOrNone(row['last_asserted_at']),
    endedLogins: endedLogins.length === 0 ? undefined : endedLogins,
    hostUserId: textOf(row['host_user_id']),
    formerSubjects: formerSubjects.length === 0 ? undefined : formerSubjects,
  };
}

/** Converts a row with `deviceColumns` and the owner's `subject`. */
export function deviceOf(row: SqlRow): Device {
  return {
    id: String(row['device_id']),
    userId: String(row['user_id']),
    subject: String(row['subject']),
    name: String(row['name']),
    clientId: String(row['client_id']),
    appVersion: textOf(row['app_version']),
    platform: textOf(row['platform']),
    pairedBy: row['paired_by'] as PairedBy,
    createdAt: dateOf(row['paired_at']),
    expiresAt: dateOf(row['expires_at']),
    lastUsedAt: dateOrNone(row['last_used_at']),
    lastAddress: textOf(row['last_address']),
    serial: Number(row['serial']),
    renewedAt: dateOrNone(row['renewed_at']),
    previousUntil: dateOrNone(row['previous_until']),
    revokedAt: dateOrNone(row['revoked_at']),
    version: Number(row['device_version']),
  };
}

/** Converts a row of `latchkey_group_roles`. */
export function mappingOf(row: SqlRow): Mapping {
  return {
    group: String(row['group_name']),
    roles: textsOf(row['roles']),
    note: textOf(row['note']),
    changedBy: textOf(row['changed_by']),
    changedAt: dateOf(row['changed_at']),
    version: Number(row['version']),
  };
}

/** Converts a row of `latchkey_audit`. */
export function auditEntryOf(row: SqlRow): AuditEntry {
  return {
    id: String(row['id']),
    at: dateOf(row['at']),
    actor: { subject: textOf(row['actor']), address: textOf(row['address']) },
    action: row['action'] as AuditAction,
    subject: textOf(row['subject']),
    group: textOf(row['group_name']),
    deviceId: textOf(row['device_id']),
    changes: JSON.parse(String(row['changes'])) as AuditEntry['changes'],
  };
}

/** Parses a JSON array of strings into a sorted set. */
export function textsOf(value: unknown): readonly string[] {
  return sortedSet(JSON.parse(String(value)) as string[]);
}

function textOf(value: unknown): string | undefined {
  return value === null ? undefined : String(value);
}

function dateOf(value: unknown): Date {
  return new Date(Number(value));
}

function dateOrNone(value: unknown): Date | undefined {
  return value === null ? undefined : dateOf(value);
}
