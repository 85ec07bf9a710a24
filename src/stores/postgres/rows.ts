// Converts SQL rows to Latchkey's types.
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
import type { SqlRow } from './pool.js';

/** The columns of a user, for every statement that returns one. */
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
];

/** The columns of a device `d`, under names that do not collide with those of a user. */
export const deviceColumns: string =
  'd.id AS device_id, d.user_id, d.name, d.client_id, d.app_version, d.platform, d.paired_by, ' +
  'd.created_at AS paired_at, d.expires_at, d.last_used_at, d.last_address, d.serial, d.renewed_at, d.previous_until, ' +
  'd.revoked_at, d.version AS device_version';

/** Converts a row with `userColumns`. */
export function userOf(row: SqlRow): UserRow {
  return {
    id: String(row['id']),
    subject: String(row['subject']),
    authMethod: row['auth_method'] as AuthMethod,
    ...optional('displayName', row['display_name'], String),
    ...optional('email', row['email'], String),
    groups: sortedSet(row['groups'] as string[]),
    grantedRoles: sortedSet(row['granted_roles'] as string[]),
    disabled: row['disabled'] === true,
    pending: row['pending'] === true,
    version: Number(row['version']),
    createdAt: dateOf(row['created_at']),
    updatedAt: dateOf(row['updated_at']),
    ...optional('lastAssertedAt', row['last_asserted_at'], dateOf),
    ...endedLoginsOf(row['ended_logins'] as string[]),
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
    ...optional('appVersion', row['app_version'], String),
    ...optional('platform', row['platform'], String),
    pairedBy: row['paired_by'] as PairedBy,
    createdAt: dateOf(row['paired_at']),
    expiresAt: dateOf(row['expires_at']),
    ...optional('lastUsedAt', row['last_used_at'], dateOf),
    ...optional('lastAddress', row['last_address'], String),
    serial: Number(row['serial']),
    ...optional('renewedAt', row['renewed_at'], dateOf),
    ...optional('previousUntil', row['previous_until'], dateOf),
    ...optional('revokedAt', row['revoked_at'], dateOf),
    version: Number(row['device_version']),
  };
}

/** Converts a row of `latchkey_group_roles`. */
export function mappingOf(row: SqlRow): Mapping {
  return {
    group: String(row['group_name']),
    roles: sortedSet(row['roles'] as string[]),
    ...optional('note', row['note'], String),
    ...optional('changedBy', row['changed_by'], String),
    changedAt: dateOf(row['changed_at']),
    version: Number(row['version']),
  };
}

/** Converts a row of `latchkey_audit`. */
export function auditEntryOf(row: SqlRow): AuditEntry {
  const changes = row['changes'];
  return {
    id: String(row['id']),
    at: dateOf(row['at']),
    actor: { ...optional('subject', row['actor'], String), ...optional('address', row['address'], String) },
    action: row['action'] as AuditAction,
    ...optional('subject', row['subject'], String),
    ...optional('group', row['group_name'], String),
    ...optional('deviceId', row['device_id'], String),
    // The value is a string if the host has replaced pg's JSON parser.
    changes: (typeof changes === 'string' ? JSON.parse(changes) : changes) as AuditEntry['changes'],
  };
}

function endedLoginsOf(ids: readonly string[]): Pick<UserRow, 'endedLogins'> {
  return ids.length === 0 ? {} : { endedLogins: sortedSet(ids) };
}

function optional<Name extends string, Value>(
  name: Name,
  value: unknown,
  as: (value: unknown) => Value,
): { readonly [Key in Name]?: Value } {
  return value === null ? {} : ({ [name]: as(value) } as { readonly [Key in Name]?: Value });
}

// The value is a string if the host has replaced pg's timestamp parser.
function dateOf(value: unknown): Date {
  return value instanceof Date ? value : new Date(String(value));
}
