// Functions for changes that all directories share: version checks, changed fields, and audit entries.

import { LatchkeyError } from '../vocabulary/errors.js';
import type { ChangeContext, NewMapping, UserChange, UserChangeContext } from '../vocabulary/port-values.js';
import type { AuditEntry, AuditValue, Device, UserRow } from '../vocabulary/types.js';
import { requireStorable, sortedSet } from './storable-text.js';

/** An entry of the audit trail without its id, time and actor. */
export type AuditNote = Pick<AuditEntry, 'action' | 'subject' | 'group' | 'deviceId' | 'changes'>;

/**
 * Checks that the row still has the version that the caller expects.
 * @throws {LatchkeyError} `ERR_VERSION` when the version differs, or when a row exists although the caller expects none
 */
export function requireVersion(context: ChangeContext, present: number | undefined): void {
  if (!isVersion(context, present)) {
    throw new LatchkeyError('ERR_VERSION');
  }
}

/**
 * Checks that the user has the expected version and the expected id.
 * @throws {LatchkeyError} `ERR_VERSION` when the version or the id differs
 */
export function requireUser(context: UserChangeContext, user: UserRow | undefined): void {
  if (!isUser(context, user)) {
    throw new LatchkeyError('ERR_VERSION');
  }
}

/** Returns `true` if the user has the id and the version that the caller expects. */
export function isUser(context: UserChangeContext, user: UserRow | undefined): boolean {
  return isVersion(context, user?.version) && (context.userId === undefined || context.userId === user?.id);
}

function isVersion({ version: expected }: ChangeContext, present: number | undefined): boolean {
  return expected === undefined || expected === (present ?? 'none');
}

/**
 * Checks that the actor can be stored.
 * @throws {LatchkeyError} `ERR_DIRECTORY_VALUE` when a database cannot store the actor unaltered
 */
export function requireStorableActor({ actor }: ChangeContext): void {
  requireStorable(actor?.subject, actor?.address);
}

/** The fields of a user that a change can modify. */
type Changeable = Pick<UserRow, 'authMethod' | 'disabled' | 'pending' | 'grantedRoles'>;

/** Returns the fields of the user after the change. */
export function changed(user: Changeable, change: UserChange): Changeable {
  const { disabled = user.disabled, pending = user.pending, authMethod = user.authMethod } = change;
  const { addRoles = [], removeRoles = [] } = change;
  const granted = [...user.grantedRoles, ...addRoles].filter((role) => !removeRoles.includes(role));
  return { authMethod, disabled, pending, grantedRoles: sortedSet(granted) };
}

/** Returns the differences between a user before and after a change. */
export function userChanges(before: Changeable, after: Changeable): AuditNote['changes'] {
  return differences(changeable(before), changeable(after));
}

/** Returns the audit entry for a user who was created or deleted. Omits false and empty values. */
export function existenceOf(user: UserRow, action: 'user.created' | 'user.deleted'): AuditNote {
  // For privacy, the audit trail keeps the subject of a deleted user, but not the name or the email address.
  const { displayName, email } = user;
  const changes =
    action === 'user.created'
      ? differences({}, { ...special(user), displayName, email })
      : differences(special(user), {});
  return { action, subject: user.subject, changes };
}

/** Returns the audit entry for a user whose link to the host's table was set or removed. */
export function linkNote({ subject, hostUserId }: UserRow, next: string | undefined): AuditNote {
  const action = next === undefined ? 'user.unlinked' : 'user.linked';
  return { action, subject, changes: differences({ hostUserId }, { hostUserId: next }) };
}

/** Returns the audit entry for a mapping that was set or deleted. */
export function mappingNote(group: string, before?: NewMapping, after?: NewMapping): AuditNote {
  const fields = (mapping?: NewMapping): Fields => ({ roles: mapping?.roles, note: mapping?.note });
  const action = after === undefined ? 'mapping.deleted' : 'mapping.set';
  return { action, group, changes: differences(fields(before), fields(after)) };
}

/** Returns the audit entry for a device that was paired. */
export function pairedNote({ id, subject, name, clientId, pairedBy }: DeviceFacts): AuditNote {
  return { action: 'device.paired', subject, deviceId: id, changes: differences({}, { name, clientId, pairedBy }) };
}

/** Returns the audit entry for a device that was renamed. */
export function renamedNote({ id, subject, name }: DeviceFacts, next: string): AuditNote {
  return { action: 'device.renamed', subject, deviceId: id, changes: differences({ name }, { name: next }) };
}

/** Returns the audit entry for a device that was revoked. */
export function revokedNote({ id, subject, name }: DeviceFacts): AuditNote {
  return { action: 'device.revoked', subject, deviceId: id, changes: differences({ name }, {}) };
}

/** Returns `true` if two strings, two booleans or two sorted sets are equal. */
export function same(a: unknown, b: unknown): boolean {
  return Array.isArray(a) && Array.isArray(b)
    ? a.length === b.length && a.every((element, index) => element === b[index])
    : a === b;
}

type DeviceFacts = Pick<Device, 'id' | 'subject' | 'name' | 'clientId' | 'pairedBy'>;

type Fields = Readonly<Record<string, AuditValue | undefined>>;

function changeable({ authMethod, disabled, pending, grantedRoles }: Changeable): Fields {
  return { authMethod, disabled, pending, grantedRoles };
}

function special(user: Changeable): Fields {
  const fields = Object.entries(changeable(user));
  return Object.fromEntries(
    fields.filter(([, value]) => value !== false && !(Array.isArray(value) && value.length === 0)),
  );
}

function differences(before: Fields, after: Fields): AuditNote['changes'] {
  const names = Object.keys({ ...before, ...after }).filter((name) => !same(before[name], after[name]));
  return Object.fromEntries(
    names.map((name) => {
      const [from, to] = [before[name], after[name]];
      return [name, { from, to }];
    }),
  );
}
