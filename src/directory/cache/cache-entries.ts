// Defines the cache entries and their encoding as text.

import { journalKeys } from '../../vocabulary/journal.js';
import type { Account, Device, GroupRoles, UserRow } from '../../vocabulary/types.js';
import { authMethods, isOneOf, pairedByWords } from '../../vocabulary/words.js';
import { sortedSet } from '../administration/field-rules.js';
import { defaultRolesFor, type GroupsToRoles } from '../resolution/role-mapping.js';
import { roleSet } from './role-set.js';

/**
 * A cache entry with a user's account, and with hashes of the data from which the account was derived. Each user has
 * only one entry: the entry for a new assertion replaces the previous entry.
 */
export interface UserEntry {
  readonly kind: 'user';
  /** The digest of the assertion (`assertionDigest`), or of the user's row if the entry was not made from an assertion. */
  readonly digest: string;
  /** The hash of the mappings from which the roles were computed (`GroupsToRoles.hash`). */
  readonly mapping: string;
  readonly account: Account;
}

/**
 * A cache entry with a device's row, except for the address of the last use. `lastUsedAt` may be out of date, because a
 * use of the device does not invalidate the entry.
 */
export interface DeviceEntry {
  readonly kind: 'device';
  readonly device: Device;
}

/** A cache entry with the directory's mappings, except for their notes and authors. */
export interface MappingEntry {
  readonly kind: 'mapping';
  readonly groupRoles: readonly GroupRoles[];
}

/** An entry of the caches. */
export type Entry = UserEntry | DeviceEntry | MappingEntry;

/** Returns the further keys on which an entry depends. A device's entry also depends on the key of its owner. */
export function dependenciesOf(entry: Entry): readonly string[] {
  return entry.kind === 'device' ? [journalKeys.user(entry.device.subject)] : none;
}

/** All entries without dependencies share this list, because a list for each entry would take memory. */
const none: readonly string[] = [];

/** Returns the managed roles that these mappings give a user. A local user has no managed roles, only granted roles. */
export function managedRolesOf(
  user: Pick<UserRow, 'authMethod' | 'groups'>,
  { rolesOf }: Pick<GroupsToRoles, 'rolesOf'>,
): readonly string[] {
  return user.authMethod === 'proxy' ? rolesOf(user.groups) : [];
}

/** Returns the account of a user, with all roles that the user has. */
export function accountOf(user: UserRow, mapping: GroupsToRoles): Account {
  const own = [...managedRolesOf(user, mapping), ...user.grantedRoles];
  const defaults = defaultRolesFor(mapping.defaultRoles, user.authMethod, own);
  return {
    userId: user.id,
    subject: user.subject,
    authMethod: user.authMethod,
    displayName: user.displayName,
    email: user.email,
    roles: roleSet(sortedSet([...own, ...defaults])),
    disabled: user.disabled,
    pending: user.pending,
    lastAssertedAtMs: user.lastAssertedAt?.getTime(),
    endedLogins: user.endedLogins,
    hostUserId: user.hostUserId,
    formerSubjects: user.formerSubjects,
  };
}

/** Encodes an entry as text. */
export function encodeEntry(entry: Entry): string {
  switch (entry.kind) {
    case 'user':
      return JSON.stringify({
        ...entry,
        digest: Buffer.from(entry.digest, 'latin1').toString('base64url'),
        account: written(entry.account),
      });
    case 'device': {
      const { lastAddress: _, ...device } = entry.device;
      return JSON.stringify({ kind: 'device', device });
    }
    case 'mapping':
      return JSON.stringify(entry);
  }
}

// Always writes `endedLogins` and `formerSubjects`, so that `decodeUser` can reject the entries of earlier versions,
// which lack these fields. If `endedLogins` were missing, logins that have ended would become valid again. If
// `formerSubjects` were missing, the tokens of renamed users would become invalid.
function written({ roles, endedLogins = [], formerSubjects = [], ...facts }: Account): object {
  return { ...facts, roles: [...roles], endedLogins, formerSubjects };
}

/** Decodes the text of a cache entry. Returns `undefined` if the text does not contain a valid entry with this key. */
export function decodeEntry(key: string, text: string): Entry | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(json)) return undefined;
  const entry =
    json['kind'] === 'user' ? decodeUser(json) : json['kind'] === 'device' ? decodeDevice(json) : decodeMapping(json);
  return entry !== undefined && keyOf(entry) === key ? entry : undefined;
}

function keyOf(entry: Entry): string {
  if (entry.kind === 'mapping') return journalKeys.mapping;
  return entry.kind === 'user' ? journalKeys.user(entry.account.subject) : journalKeys.device(entry.device.id);
}

function decodeUser(json: Fields): UserEntry | undefined {
  const { digest, mapping, account } = json;
  if (!isString(digest) || !isString(mapping) || !isRecord(account)) return undefined;
  const {
    userId,
    subject,
    authMethod,
    displayName,
    email,
    roles,
    disabled,
    pending,
    endedLogins,
    hostUserId,
    formerSubjects,
    lastAssertedAtMs,
  } = account;
  if (!isString(userId) || !isString(subject) || !isOneOf(authMethods, authMethod) || !isStrings(roles))
    return undefined;
  if (!isStrings(endedLogins) || !isStrings(formerSubjects)) return undefined;
  if (typeof disabled !== 'boolean' || typeof pending !== 'boolean') return undefined;
  if (lastAssertedAtMs !== undefined && typeof lastAssertedAtMs !== 'number') return undefined;
  const facts = {
    userId,
    subject,
    authMethod,
    displayName: isString(displayName) ? displayName : undefined,
    email: isString(email) ? email : undefined,
    roles: roleSet(roles),
    disabled,
    pending,
    lastAssertedAtMs,
    endedLogins: endedLogins.length === 0 ? undefined : endedLogins,
    hostUserId: isString(hostUserId) ? hostUserId : undefined,
    formerSubjects: formerSubjects.length === 0 ? undefined : formerSubjects,
  };
  const bytes = Buffer.from(digest, 'base64url').toString('latin1');
  return { kind: 'user', digest: bytes, mapping: sameMapping(mapping), account: facts };
}

let latestMapping = '';

/** Returns the hash as the string that earlier entries already hold, because all entries usually have the same hash. */
function sameMapping(hash: string): string {
  if (hash !== latestMapping) latestMapping = hash;
  return latestMapping;
}

function decodeDevice(json: Fields): DeviceEntry | undefined {
  const { device } = json;
  if (!isRecord(device)) return undefined;
  const { id, userId, subject, name, clientId, appVersion, platform, pairedBy, serial, version } = device;
  const createdAt = instant(device['createdAt']);
  const expiresAt = instant(device['expiresAt']);
  // An entry with a malformed date is rejected. If a malformed `revokedAt` were ignored, a revoked device would be
  // valid again.
  const dates = instants(device, ['lastUsedAt', 'renewedAt', 'previousUntil', 'revokedAt']);
  if (!isString(id) || !isString(userId) || !isString(subject) || !isString(name) || !isString(clientId)) {
    return undefined;
  }
  if (!isOneOf(pairedByWords, pairedBy) || typeof serial !== 'number' || typeof version !== 'number') return undefined;
  if (createdAt === undefined || expiresAt === undefined || dates === undefined) return undefined;
  const facts = {
    id,
    userId,
    subject,
    name,
    clientId,
    appVersion: isString(appVersion) ? appVersion : undefined,
    platform: isString(platform) ? platform : undefined,
    pairedBy,
    createdAt,
    expiresAt,
    serial,
    version,
    ...dates,
  };
  return { kind: 'device', device: facts };
}

function decodeMapping(json: Fields): MappingEntry | undefined {
  const { kind, groupRoles } = json;
  if (kind !== 'mapping' || !Array.isArray(groupRoles) || !groupRoles.every(isGroupRoles)) return undefined;
  return { kind, groupRoles };
}

interface Fields {
  readonly [name: string]: unknown;
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isString);
}

function isGroupRoles(value: unknown): value is GroupRoles {
  return isRecord(value) && isString(value['group']) && isStrings(value['roles']);
}

function instant(value: unknown): Date | undefined {
  const date = isString(value) ? new Date(value) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

/** Returns the dates in these fields, and leaves out absent fields. Returns `undefined` if a date is malformed. */
function instants<Name extends string>(
  fields: Fields,
  names: readonly Name[],
): { readonly [Key in Name]?: Date } | undefined {
  const dates: { [Key in Name]?: Date } = {};
  for (const name of names) {
    if (fields[name] === undefined) continue;
    const date = instant(fields[name]);
    if (date === undefined) return undefined;
    dates[name] = date;
  }
  return dates;
}
