// Creates and updates users' rows from assertions.

import type { OnEvent } from '../../vocabulary/events.js';
import { journalKeys, type Positioned } from '../../vocabulary/journal.js';
import type { CreateMode } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Assertion, Provisioning, UserRow } from '../../vocabulary/types.js';
import type { SubjectCase } from '../../vocabulary/words.js';
import type { GroupsToRoles } from './role-mapping.js';
import { spellings } from './spellings.js';

/** The result of provisioning. */
export interface ProvisionedRow {
  /** The row, or `undefined` if there is no row and the provisioning mode does not allow creating a row. */
  readonly row: Positioned<UserRow> | undefined;
  /** The journal keys of the existing rows that were changed. */
  readonly wrote: readonly string[];
}

/**
 * Creates or updates the row of the asserted user, as the provisioning mode allows. Rejects if the directory fails, or
 * if it is unclear which user logs in (`ERR_SUBJECT_CASE`).
 */
export type Provisioner = (assertion: Assertion, mapping: GroupsToRoles) => Promise<ProvisionedRow>;

/** Creates a provisioner, which emits an event for each row that it writes. */
export function provisioner(options: {
  readonly directory: Pick<Directory, 'provision' | 'findSpellings' | 'renameUser'>;
  readonly provisioning: Provisioning;
  /** Default `exact`. */
  readonly subjectCase?: SubjectCase | undefined;
  readonly onEvent: OnEvent;
}): Provisioner {
  const { directory, provisioning, subjectCase = 'exact', onEvent } = options;
  const settleSpelling = subjectCase === 'lower' ? spellings({ directory, onEvent }) : async () => [];

  return async (assertion, mapping) => {
    const renamed = await settleSpelling(assertion.subject);
    const managed = assertion.groups && mapping.rolesOf(assertion.groups);
    const provisioned = await directory.provision(assertion, createMode(provisioning, managed));
    if (provisioned.outcome === 'absent') return { row: undefined, wrote: renamed };
    const { outcome, user, position } = provisioned;
    if (outcome !== 'unchanged') onEvent({ type: `user.${outcome}`, userId: user.id, subject: user.subject });
    return {
      row: { ...user, position },
      wrote: [...renamed, ...(outcome === 'updated' ? [journalKeys.user(user.subject)] : [])],
    };
  };
}

/** Returns whether a user's first assertion creates an active row, a pending row or no row. */
export function createMode(provisioning: Provisioning, managed: readonly string[] | undefined): CreateMode {
  switch (provisioning) {
    case 'create':
      return 'active';
    case 'pending':
      return 'pending';
    case 'known-users':
      return 'never';
    case 'mapped-groups-only':
      return managed !== undefined && managed.length > 0 ? 'active' : 'never';
  }
}
