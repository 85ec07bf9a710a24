// Explains how a user's request would be handled, without writing anything: what it would change, which roles it would
// have, and whether it would be accepted.
import type { ErrorCode } from '../../vocabulary/errors.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Assertion, PrincipalMethod, Provisioning, User, UserRow } from '../../vocabulary/types.js';
import { managedRolesOf } from '../cache/cache-entries.js';
import { decideAdmission } from '../resolution/admission.js';
import type { HostLinks } from '../resolution/host-links.js';
import { createMode } from '../resolution/provisioner.js';
import {
  type ConfiguredGroupRoles,
  defaultRolesFor,
  type GroupsToRoles,
  groupsToRoles,
  type MappingMatch,
  matchesOf,
} from '../resolution/role-mapping.js';
import { sortedSet } from './field-rules.js';

/** The account of a user, and why requests of the user are accepted or refused. */
export interface AccountExplanation {
  /** The current row, with the managed roles that the current mappings give. Absent: there is no row. */
  readonly user?: User | undefined;
  /** What a request would do to the row. */
  readonly provisioning: 'create' | 'update' | 'unchanged' | 'none';
  /** All mappings that match the user's groups, sorted by group. */
  readonly mappings: readonly MappingMatch[];
  /** The roles that a request would have. Absent: there would be no account. */
  readonly roles?:
    | {
        readonly managed: readonly string[];
        readonly granted: readonly string[];
        /** Those that the option `defaultRoles` gives. Absent: none. */
        readonly default?: readonly string[] | undefined;
        /** The union of all. */
        readonly roles: readonly string[];
      }
    | undefined;
  /** The error code with which a request by each method would be refused. Absent: the request would be accepted. */
  readonly admission: { readonly [Method in PrincipalMethod]?: ErrorCode };
}

/** Explains the account from the current state of the directory. Rejects as the directory does. */
export interface AccountExplainer {
  /** Explains a request with this assertion. */
  ofAssertion(assertion: Assertion): Promise<AccountExplanation>;
  /** Explains a request of this subject without a new assertion. */
  ofSubject(subject: string): Promise<AccountExplanation>;
}

type Governed = Pick<UserRow, 'authMethod' | 'groups' | 'grantedRoles' | 'disabled' | 'pending'>;

/** Creates an explainer. It cannot write: its options contain no method that writes. */
export function accountExplainer(options: {
  readonly directory: Pick<Directory, 'findUser' | 'mapping'>;
  readonly configured: ConfiguredGroupRoles;
  readonly provisioning: Provisioning;
  /** The links to the host's own users. Absent: the host has none. */
  readonly links?: Pick<HostLinks, 'refusal'> | undefined;
}): AccountExplainer {
  const { directory, configured, provisioning, links } = options;

  async function explain(subject: string, assertion: Assertion | undefined): Promise<AccountExplanation> {
    const [row, { groupRoles }] = await Promise.all([directory.findUser(subject), directory.mapping()]);
    const mapping = groupsToRoles(groupRoles, configured);
    const asserted = assertion?.groups && mapping.rolesOf(assertion.groups);
    const account =
      row === undefined ? created(assertion, createMode(provisioning, asserted)) : updated(row, assertion);
    const managed = account === undefined ? [] : managedRolesOf(account, mapping);
    const granted = account?.grantedRoles ?? [];
    const defaults = account === undefined ? [] : defaultsOf(account, mapping);
    const roles = sortedSet([...managed, ...granted, ...defaults]);
    const judged = account && { ...account, roles: new Set(roles) };
    const unlinked =
      judged === undefined || links === undefined
        ? undefined
        : await links.refusal({
            ...judged,
            subject,
            ...(row === undefined ? {} : { userId: row.id, hostUserId: row.hostUserId }),
          });
    const codeFor = (method: PrincipalMethod): { readonly [Method in PrincipalMethod]?: ErrorCode } => {
      const admission = decideAdmission(judged, method, provisioning);
      const code = admission.admitted ? unlinked?.code : admission.code;
      return code === undefined ? {} : { [method]: code };
    };
    const groups = account?.authMethod === 'local' ? [] : (account?.groups ?? assertion?.groups ?? []);
    return {
      user: row === undefined ? undefined : userOf(row, mapping),
      provisioning: assertion === undefined ? 'none' : provisioned(row, account, assertion),
      mappings: matchesOf(groupRoles, configured, groups),
      roles:
        account === undefined
          ? undefined
          : { managed, granted, roles, ...(defaults.length === 0 ? {} : { default: defaults }) },
      admission: { ...codeFor('header'), ...codeFor('session'), ...codeFor('token') },
    };
  }

  return {
    ofAssertion: (assertion) => explain(assertion.subject, assertion),
    ofSubject: (subject) => explain(subject, undefined),
  };
}

function defaultsOf(user: Governed, mapping: GroupsToRoles): readonly string[] {
  const own = [...managedRolesOf(user, mapping), ...user.grantedRoles];
  return defaultRolesFor(mapping.defaultRoles, user.authMethod, own);
}

function userOf(row: UserRow, mapping: GroupsToRoles): User {
  const defaultRoles = defaultsOf(row, mapping);
  return {
    ...row,
    managedRoles: managedRolesOf(row, mapping),
    ...(defaultRoles.length === 0 ? {} : { defaultRoles }),
  };
}

/** The row that provisioning would create; `undefined` if it would create none. */
function created(assertion: Assertion | undefined, mode: ReturnType<typeof createMode>): Governed | undefined {
  if (assertion === undefined || mode === 'never') return undefined;
  const { groups = [] } = assertion;
  return { authMethod: 'proxy', groups, grantedRoles: [], disabled: false, pending: mode === 'pending' };
}

/** The row as it would be after provisioning. A local user's row is never written. */
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
