// What both directories agree on about changes: their conditions, their outcome, and what the trail says of them.

import { LatchkeyError } from '../vocabulary/errors.js';
import type { ChangeContext, NewMapping, UserChange, UserChangeContext } from '../vocabulary/port-values.js';
import type { AuditEntry, AuditValue, Device, UserRow } from '../vocabulary/types.js';
import { requireStorable, sortedSet } from './storable-text.js';

/** What an entry of the audit trail says besides when, who and from where. */
export type AuditNote = Pick<AuditEntry, 'action' | 'subject' | 'group' | 'deviceId' | 'changes'>;

/** Throws `ERR_VERSION` unless the row that is there is the one that the caller has seen. */
export function requireVersion(context: ChangeContext, present: number | undefined): void {
  if (!isVersion(context, present)) {
    throw new LatchkeyError('ERR_VERSION');
  }
}

/** The same for a user, who must also be the one whom the caller has seen. */
export function requireUser(context: UserChangeContext, user: UserRow | undefined): void {
  if (!isUser(context, user)) {
    throw new LatchkeyError('ERR_VERSION');
  }
}

/** Whether the user is the one whom the caller has seen, in the version that the caller has seen. */
export function isUser(context: UserChangeContext, user: UserRow | undefined): boolean {
  return isVersion(context, user?.version) && (context.userId === undefined || context.userId === user?.id);
}

function isVersion({ version: expected }: ChangeContext, present: number | undefined): boolean {
  return expected === undefined || expected === (present ?? 'none');
}

/** Throws `ERR_DIRECTORY_VALUE` for an actor that a database cannot hold unaltered. */
export function requireStorableActor({ actor }: ChangeContext): void {
  requireStorable(actor?.subject, actor?.address);
}

/** The members of a user's row that a change can move. */
type Changeable = Pick<UserRow, 'authMethod' | 'disabled' | 'pending' | 'grantedRoles'>;

/** What the change makes of the row. */
export function changed(user: Changeable, change: UserChange): Changeable {
  const { disabled = user.disabled, pending = user.pending, authMethod = user.authMethod } = change;
  const { grant = [], withdraw = [] } = change;
  const granted = [...user.grantedRoles, ...grant].filter((role) => !withdraw.includes(role));
  return { authMethod, disabled, pending, grantedRoles: sortedSet(granted) };
}

/** What differs between two rows of one user. */
export function userChanges(before: Changeable, after: Changeable): AuditNote['changes'] {
  return differences(changeable(before), changeable(after));
}

/** The entry of a user who was made, or who was removed. What is false or empty is not worth a word. */
export function existenceOf(user: UserRow, action: 'user.created' | 'user.removed'): AuditNote {
  // Who was removed may want to be forgotten: of them the trail keeps the subject, not the name.
  const { displayName, email } = user;
  const changes =
    action === 'user.created'
      ? differences({}, { ...special(user), displayName, email })
      : differences(special(user), {});
  return { action, subject: user.subject, changes };
}

/** The entry of a mapping that was set or removed. */
export function mappingNote(group: string, before?: NewMapping, after?: NewMapping): AuditNote {
  const fields = (mapping?: NewMapping): Fields => ({ roles: mapping?.roles, note: mapping?.note });
  const action = after === undefined ? 'mapping.removed' : 'mapping.set';
  return { action, group, changes: differences(fields(before), fields(after)) };
}

/** The entry of a device that was paired. */
export function pairedNote({ id, subject, name, clientId, pairedBy }: DeviceFacts): AuditNote {
  return { action: 'device.paired', subject, deviceId: id, changes: differences({}, { name, clientId, pairedBy }) };
}

/** The entry of a device that has another name since. */
export function renamedNote({ id, subject, name }: DeviceFacts, next: string): AuditNote {
  return { action: 'device.renamed', subject, deviceId: id, changes: differences({ name }, { name: next }) };
}

/** The entry of a device that was revoked. */
export function revokedNote({ id, subject, name }: DeviceFacts): AuditNote {
  return { action: 'device.revoked', subject, deviceId: id, changes: differences({ name }, {}) };
}

/** Whether the two are the same value: texts, flags, sorted sets. */
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
      return [name, { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
    }),
  );
}
