// Computes the row and the audit entries of a renamed or merged user, for all directories.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { UserRow } from '../vocabulary/types.js';
import type { AuditNote } from './audit-diff.js';
import { sortedSet } from './storable-text.js';

/** The fields of a user that a merge writes. */
export type Merged = Pick<
  UserRow,
  'grantedRoles' | 'disabled' | 'pending' | 'lastAssertedAt' | 'hostUserId' | 'formerSubjects'
>;

/**
 * Returns the `formerSubjects` of a renamed or merged user: all subjects that these users have or had, except
 * `subject`.
 */
export function formerSubjectsOf(subject: string, ...users: readonly UserRow[]): readonly string[] {
  const all = users.flatMap((user) => [user.subject, ...(user.formerSubjects ?? [])]);
  return sortedSet(all.filter((former) => former !== subject));
}

/**
 * Computes the fields of the user who remains after the merge.
 * @throws {LatchkeyError} `ERR_HOST_USER_LINKED` when both users are linked to rows of the host's table
 */
export function mergedUser(from: UserRow, to: UserRow): Merged {
  if (from.hostUserId !== undefined && to.hostUserId !== undefined) throw new LatchkeyError('ERR_HOST_USER_LINKED');
  const [earlier, later] = [from.lastAssertedAt, to.lastAssertedAt];
  return {
    grantedRoles: sortedSet([...from.grantedRoles, ...to.grantedRoles]),
    // If either user is disabled, the merged user is disabled, so that a merge does not reactivate the devices of a
    // disabled user.
    disabled: from.disabled || to.disabled,
    pending: from.pending && to.pending,
    lastAssertedAt: earlier !== undefined && (later === undefined || later < earlier) ? earlier : later,
    hostUserId: to.hostUserId ?? from.hostUserId,
    formerSubjects: formerSubjectsOf(to.subject, from, to),
  };
}

/** Returns two audit entries for a renamed or merged user: one for the old subject, and one for the new subject. */
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
