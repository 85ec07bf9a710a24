// What a request would meet, read and not written.
import type { ErrorCode } from '../../vocabulary/errors.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Assertion, PrincipalMethod, Provisioning, User, UserRow } from '../../vocabulary/types.js';
import { managedRolesOf } from '../cache/cache-entries.js';
import { decideAdmission } from '../resolution/admission.js';
import { createMode } from '../resolution/provisioner.js';
import { type ConfiguredGroupRoles, groupsToRoles, type MappingMatch, matchesOf } from '../resolution/role-mapping.js';
import { sortedSet } from './field-rules.js';

/** What becomes of somebody here. */
export interface AccountExplanation {
  /** The row as it stands, with the managed roles that today's mappings give. Absent: there is none. */
  readonly user?: User;
  /** What a request would do to the row. */
  readonly provisioning: 'create' | 'update' | 'unchanged' | 'none';
  /** All mappings that match their groups, by group. */
  readonly mappings: readonly MappingMatch[];
  /** The roles that a request would have. Absent where there would be no account. */
  readonly roles?: {
    readonly managed: readonly string[];
    readonly granted: readonly string[];
    /** Both, united. */
    readonly roles: readonly string[];
  };
  /** Why a request of each method would not be let in. Absent: it would be. */
  readonly admission: { readonly [Method in PrincipalMethod]?: ErrorCode };
}

/** Explains from what the directory has now. Rejects as the directory does. */
export interface AccountExplainer {
  /** What a request with this assertion would meet. */
  ofAssertion(assertion: Assertion): Promise<AccountExplanation>;
  /** What a request of this subject would meet that asserts nothing new. */
  ofSubject(subject: string): Promise<AccountExplanation>;
}

type Governed = Pick<UserRow, 'authMethod' | 'groups' | 'grantedRoles' | 'disabled' | 'pending'>;

/** An explainer that reads, and can't write: it is not handed anything to write with. */
export function accountExplainer(options: {
  readonly directory: Pick<Directory, 'findUser' | 'mapping'>;
  readonly configured: ConfiguredGroupRoles;
  readonly provisioning: Provisioning;
}): AccountExplainer {
  const { directory, configured, provisioning } = options;

  async function explain(subject: string, assertion: Assertion | undefined): Promise<AccountExplanation> {
    const [row, { groupRoles }] = await Promise.all([directory.findUser(subject), directory.mapping()]);
    const mapping = groupsToRoles(groupRoles, configured);
    const asserted = assertion?.groups && mapping.rolesOf(assertion.groups);
    const account =
      row === undefined ? created(assertion, createMode(provisioning, asserted)) : updated(row, assertion);
    const managed = account === undefined ? [] : managedRolesOf(account, mapping);
    const granted = account?.grantedRoles ?? [];
    const roles = sortedSet([...managed, ...granted]);
    const codeFor = (method: PrincipalMethod): { readonly [Method in PrincipalMethod]?: ErrorCode } => {
      const admission = decideAdmission(account && { ...account, roles: new Set(roles) }, method, provisioning);
      return admission.admitted ? {} : { [method]: admission.code };
    };
    const groups = account?.authMethod === 'local' ? [] : (account?.groups ?? assertion?.groups ?? []);
    return {
      ...(row === undefined ? {} : { user: { ...row, managedRoles: managedRolesOf(row, mapping) } }),
      provisioning: assertion === undefined ? 'none' : provisioned(row, account, assertion),
      mappings: matchesOf(groupRoles, configured, groups),
      ...(account === undefined ? {} : { roles: { managed, granted, roles } }),
      admission: { ...codeFor('header'), ...codeFor('session'), ...codeFor('token') },
    };
  }

  return {
    ofAssertion: (assertion) => explain(assertion.subject, assertion),
    ofSubject: (subject) => explain(subject, undefined),
  };
}

/** The row that provisioning would make, if it would make one. */
function created(assertion: Assertion | undefined, mode: ReturnType<typeof createMode>): Governed | undefined {
  if (assertion === undefined || mode === 'never') return undefined;
  const { groups = [] } = assertion;
  return { authMethod: 'proxy', groups, grantedRoles: [], disabled: false, pending: mode === 'pending' };
}

/** The row as provisioning would leave it. A local one is never written. */
function updated(row: UserRow, assertion: Assertion | undefined): Governed {
  return row.authMethod === 'local' ? row : { ...row, groups: assertion?.groups ?? row.groups };
}

function provisioned(
  row: UserRow | undefined,
  account: Governed | undefined,
  { displayName, email, groups }: Assertion,
): AccountExplanation['provisioning'] {
  if (row === undefined) return account === undefined ? 'none' : 'create';
  if (row.authMethod === 'local') return 'unchanged';
  const differs =
    (displayName !== undefined && displayName !== row.displayName) ||
    (email !== undefined && email !== row.email) ||
    (groups !== undefined && !sameList(groups, row.groups));
  return differs ? 'update' : 'unchanged';
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
