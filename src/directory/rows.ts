// directory/: who is that here, and what may they do? Users' rows, brought up to date where that is due.
import type { CreateMode } from '../directory-values.js';
import type { Directory } from '../ports.js';
import type { Assertion, OnEvent, Provisioning, User } from '../types.js';
import type { GroupsToRoles } from './role-mapping.js';

/** A row as it stands, if there is one. */
export interface Row {
  readonly user: User | undefined;
  /** The row was written, so what is cached of it is outdated. */
  readonly wrote: boolean;
}

/** Rows whose managed roles are those that the mappings give. Everything rejects as the directory does. */
export interface Rows {
  /** Makes or updates the row of an assertion, as the provisioning mode allows. */
  provision(assertion: Assertion, mapping: GroupsToRoles): Promise<Row>;
  find(subject: string, mapping: GroupsToRoles): Promise<Row>;
  /** Writes the managed roles where the row has others: once, or not at all. Local accounts are left alone. */
  remap(row: User, mapping: GroupsToRoles): Promise<Row>;
}

const nobody: Row = { user: undefined, wrote: false };

/** The rows of a directory. */
export function rows(options: {
  readonly directory: Directory;
  readonly provisioning: Provisioning;
  readonly onEvent: OnEvent;
}): Rows {
  const { directory, provisioning, onEvent } = options;

  async function remap(row: User, mapping: GroupsToRoles): Promise<Row> {
    const managed = mapping.rolesOf(row.groups);
    if (row.authMethod === 'local' || sameSet(managed, row.managedRoles)) return { user: row, wrote: false };
    const user = await directory.remap(row.subject, row.groups, managed);
    const wrote = user !== undefined && user.version !== row.version;
    if (wrote) onEvent({ type: 'user.updated', userId: user.id, subject: user.subject });
    return { user, wrote };
  }

  return {
    async provision(assertion, mapping) {
      const managed = assertion.groups && mapping.rolesOf(assertion.groups);
      const provisioned = await directory.provision(assertion, managed, createMode(provisioning, managed));
      if (provisioned.outcome === 'absent') return nobody;
      const { outcome, user } = provisioned;
      if (outcome === 'unchanged') return remap(user, mapping);
      onEvent({ type: `user.${outcome}`, userId: user.id, subject: user.subject });
      // An assertion that says nothing of groups may still meet roles that an older mapping gave.
      return { ...(await remap(user, mapping)), wrote: true };
    },

    async find(subject, mapping) {
      const user = await directory.findUser(subject);
      return user === undefined ? nobody : remap(user, mapping);
    },

    remap,
  };
}

/** What the first assertion of a person does, who would have these managed roles. */
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

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value) => other.includes(value));
}
