// Converts SQL rows to Latchkey's types.
import type { AuditAction, AuditEntry, AuthMethod, Device, PairedBy, UserRow } from '../../vocabulary/types.js';
import { sortedSet } from '../storable-text.js';
import type { SqlRow } from './pool.js';

/** The columns of a user, for every statement that returns a user. */
export const userColumns: readonly string[] = [
  'id',
  'subject',
  'auth_method',
  'display_name',
  'email',
  'groups',
  'granted_roles',
  'disabled',
  'pending',
  'version',
  'created_at',
  'updated_at',
  'last_asserted_at',
  'ended_logins',
  'host_user_id',
  'former_subjects',
];

/** The columns of a device `d`, under names that do not collide with the columns of a user. */
export const deviceColumns: string =
  'd.id AS device_id, d.user_id, d.name, d.client_id, d.app_version, d.platform, d.paired_by, ' +
  'd.created_at AS paired_at, d.expires_at, d.last_used_at, d.last_address, d.serial, d.renewed_at, d.previous_until, ' +
  'd.revoked_at, d.version AS device_version';

/** Converts a row with `userColumns`. */
export function userOf(row: SqlRow): UserRow {
  const endedLogins = row['ended_logins'] as string[];
  const formerSubjects = row['former_subjects'] as string[];
  return {
    id: String(row['id']),
    subject: String(row['subject']),
    authMethod: row['auth_method'] as AuthMethod,
    displayName: textOf(row['display_name']),
    email: textOf(row['email']),
    groups: sortedSet(row['groups'] as string[]),
    grantedRoles: sortedSet(row['granted_roles'] as string[]),
    disabled: row['disabled'] === true,
    pending: row['pending'] === true,
    version: Number(row['version']),
    createdAt: dateOf(row['created_at']),
    updatedAt: dateOf(row['updated_at']),
    lastAssertedAt: dateOrNone(row['last_asserted_at']),
    endedLogins: endedLogins.length === 0 ? undefined : sortedSet(endedLogins),
    hostUserId: textOf(row['host_user_id']),
    formerSubjects: formerSubjects.length === 0 ? undefined : sortedSet(formerSubjects),
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

/** Converts a row of `latchkey_audit`. */
export function auditEntryOf(row: SqlRow): AuditEntry {
  const changes = row['changes'];
  return {
    id: String(row['id']),
    at: dateOf(row['at']),
    actor: { subject: textOf(row['actor']), address: textOf(row['address']) },
    action: row['action'] as AuditAction,
    subject: textOf(row['subject']),
    group: textOf(row['group_name']),
    deviceId: textOf(row['device_id']),
    // The value is a string if the host has replaced pg's JSON parser.
    changes: (typeof changes === 'string' ? JSON.parse(changes) : changes) as AuditEntry['changes'],
  };
}

function textOf(value: unknown): string | undefined {
  return value === null ? undefined : String(value);
}

function dateOrNone(value: unknown): Date | undefined {
  return value === null ? undefined : dateOf(value);
}

// The value is a string if the host has replaced pg's timestamp parser.
function dateOf(value: unknown): Date {
  return value instanceof Date ? value : new Date(String(value));
}
