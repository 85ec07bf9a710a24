// The logic of renaming and merging users that all directories share: the resulting row, and entries for the audit trail.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { UserRow } from '../vocabulary/types.js';
import type { AuditNote } from './audit-diff.js';
import { sortedSet } from './storable-text.js';

/** The fields of a row that a merge writes. */
export type Merged = Pick<
  UserRow,
  'grantedRoles' | 'disabled' | 'pending' | 'lastAssertedAt' | 'hostUserId' | 'formerSubjects'
>;

/** The former subjects of a user who gets another subject, or those of another user besides. */
export function formerSubjectsOf(subject: string, ...users: readonly UserRow[]): readonly string[] {
  const all = users.flatMap((user) => [user.subject, ...(user.formerSubjects ?? [])]);
  return sortedSet(all.filter((former) => former !== subject));
}

/**
 * Computes the row of the user who remains.
 * @throws {LatchkeyError} `ERR_HOST_USER_LINKED` when the two have different links
 */
export function mergedUser(from: UserRow, to: UserRow): Merged {
  if (from.hostUserId !== undefined && to.hostUserId !== undefined) throw new LatchkeyError('ERR_HOST_USER_LINKED');
  const [earlier, later] = [from.lastAssertedAt, to.lastAssertedAt];
  return {
    grantedRoles: sortedSet([...from.grantedRoles, ...to.grantedRoles]),
    // A disabled user is never admitted, so a merge must not bring their devices back.
    disabled: from.disabled || to.disabled,
    pending: from.pending && to.pending,
    lastAssertedAt: earlier !== undefined && (later === undefined || later < earlier) ? earlier : later,
    hostUserId: to.hostUserId ?? from.hostUserId,
    formerSubjects: formerSubjectsOf(to.subject, from, to),
  };
}

/** The entries for a user who was renamed or merged, one under each subject. */
export function renameNotes(
  action: 'user.renamed' | 'user.merged',
  from: string,
  to: string,
): readonly [AuditNote, AuditNote] {
  const changes = { subject: { from, to } };
  return [
    { action, subject: from, changes },
    { action, subject: to, changes },
  ];
}
