// The logic that all directories share for renaming and merging users: the resulting row, and the audit entries.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { UserRow } from '../vocabulary/types.js';
import type { AuditNote } from './audit-diff.js';
import { sortedSet } from './storable-text.js';

/** The fields of a row that a merge writes. */
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
 * @throws {LatchkeyError} `ERR_HOST_USER_LINKED` when the two users are linked to two rows of the host's table
 */
export function mergedUser(from: UserRow, to: UserRow): Merged {
  if (from.hostUserId !== undefined && to.hostUserId !== undefined) throw new LatchkeyError('ERR_HOST_USER_LINKED');
  const [earlier, later] = [from.lastAssertedAt, to.lastAssertedAt];
  return {
    grantedRoles: sortedSet([...from.grantedRoles, ...to.grantedRoles]),
    // If one of the users is disabled, the result is disabled, so that a merge does not reactivate a disabled user's
    // devices.
    disabled: from.disabled || to.disabled,
    pending: from.pending && to.pending,
    lastAssertedAt: earlier !== undefined && (later === undefined || later < earlier) ? earlier : later,
    hostUserId: to.hostUserId ?? from.hostUserId,
    formerSubjects: formerSubjectsOf(to.subject, from, to),
  };
}

/** Returns the audit entries for a user who was renamed or merged, one under each subject. */
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
