// own-directory: converts rows of MariaDB to Latchkey's types.
import type { AuthMethod, Device, PairedBy, UserRow } from 'latchkey';
import type { Row } from './database.js';
import { parsed, sortedSet } from './values.js';

/** The columns of an account `a`. */
export const userColumns: string = `a.latchkey_id, a.login, a.full_name, a.mail, a.is_active, a.rights, a.created_at,
  a.updated_at, a.latchkey_method, a.latchkey_pending, a.latchkey_groups, a.latchkey_version, a.latchkey_asserted_at,
  a.latchkey_ended_logins`;

/** The columns of a device `d` and of its owner `a`, with names that do not collide with `userColumns`. */
export const deviceColumns: string = `d.id AS device_id, d.user_id, d.name, d.client_id, d.app_version, d.platform,
  d.paired_by, d.created_at AS paired_at, d.expires_at, d.last_used_at, d.last_address, d.serial, d.renewed_at,
  d.previous_until, d.revoked_at, d.version, a.login AS owner`;

/** Converts a row with `userColumns`. */
export function userOf(row: Row): UserRow {
  return {
    id: String(row['latchkey_id']),
    subject: String(row['login']),
    authMethod: row['latchkey_method'] as AuthMethod,
    // The host stores '' for an unknown name. The port omits it.
    ...optional('displayName', row['full_name'] || null, String),
    ...optional('email', row['mail'] || null, String),
    groups: textsOf(row['latchkey_groups']),
    grantedRoles: textsOf(row['rights']),
    disabled: row['is_active'] === 0,
    pending: row['latchkey_pending'] === 1,
    version: Number(row['latchkey_version']),
    createdAt: row['created_at'] as Date,
    updatedAt: row['updated_at'] as Date,
    ...optional('lastAssertedAt', row['latchkey_asserted_at'], (value) => value as Date),
    ...endedLoginsOf(textsOf(row['latchkey_ended_logins'])),
  };
}

function endedLoginsOf(endedLogins: readonly string[]): Pick<UserRow, 'endedLogins'> {
  return endedLogins.length === 0 ? {} : { endedLogins };
}

/** Converts a row with `deviceColumns`. */
export function deviceOf(row: Row): Device {
  const date = (value: unknown): Date => value as Date;
  return {
    id: String(row['device_id']),
    userId: String(row['user_id']),
    subject: String(row['owner']),
    name: String(row['name']),
    clientId: String(row['client_id']),
    ...optional('appVersion', row['app_version'], String),
    ...optional('platform', row['platform'], String),
    pairedBy: row['paired_by'] as PairedBy,
    createdAt: date(row['paired_at']),
    expiresAt: date(row['expires_at']),
    ...optional('lastUsedAt', row['last_used_at'], date),
    ...optional('lastAddress', row['last_address'], String),
    serial: Number(row['serial']),
    ...optional('renewedAt', row['renewed_at'], date),
    ...optional('previousUntil', row['previous_until'], date),
    ...optional('revokedAt', row['revoked_at'], date),
    version: Number(row['version']),
  };
}

/** Converts a JSON array of texts to a sorted set. The host can write the texts in any order. */
export function textsOf(value: unknown): readonly string[] {
  return sortedSet(parsed(value) as readonly string[]);
}

/** The member, or none if the column is NULL. */
export function optional<Name extends string, Value>(
  name: Name,
  value: unknown,
  as: (value: unknown) => Value,
): { readonly [Key in Name]?: Value } {
  return value === null ? {} : ({ [name]: as(value) } as { readonly [Key in Name]?: Value });
}
