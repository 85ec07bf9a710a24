// Explains how Latchkey would handle a user's request. The explanation says whether the request would be accepted,
// which roles the user would have, and how the user's row would change. Nothing is written.
import { type ErrorCode, LatchkeyError } from '../../vocabulary/errors.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Assertion, PrincipalMethod, Provisioning, User, UserRow } from '../../vocabulary/types.js';
import type { SubjectCase } from '../../vocabulary/words.js';
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
import { otherSpelling } from '../resolution/spellings.js';
import { sortedSet } from './field-rules.js';

/** Explains the account of a user, and why the user's requests are accepted or refused. */
export interface AccountExplanation {
  /** The user's current row, with the managed roles that the current mappings give. Absent if there is no row. */
  readonly user?: User | undefined;
  /** What a request would do to the user's row. */
  readonly provisioning: 'create' | 'update' | 'unchanged' | 'none';
  /** All mappings that match the user's groups, sorted by group. */
  readonly mappings: readonly MappingMatch[];
  /** The roles that the user would have in a request. Absent if the request would have no account. */
  readonly roles?:
    | {
        readonly managed: readonly string[];
        readonly granted: readonly string[];
        /** The roles that the user gets from the option `defaultRoles`. Absent if there are none. */
        readonly default?: readonly string[] | undefined;
        /** The union of managed, granted and default roles. */
        readonly roles: readonly string[];
      }
    | undefined;
  /**
   * For each authentication method, the error code with which a request would be refused. A method is absent if its
   * requests would be accepted.
   */
  readonly admission: { readonly [Method in PrincipalMethod]?: ErrorCode };
}

/** Explains accounts from the current state of the directory. Every method rejects if the directory fails. */
export interface AccountExplainer {
  /** Explains a request with this assertion. */
  ofAssertion(assertion: Assertion): Promise<AccountExplanation>;
  /** Explains a request that the user with this subject makes without an assertion. */
  ofSubject(subject: string): Promise<AccountExplanation>;
}

type Governed = Pick<UserRow, 'authMethod' | 'groups' | 'grantedRoles' | 'disabled' | 'pending'>;

/** Creates an explainer. The explainer cannot change anything, because its options contain only methods that read. */
export function accountExplainer(options: {
  readonly directory: Pick<Directory, 'findUser' | 'mapping' | 'findSpellings'>;
  /** Default `exact`. */
  readonly subjectCase?: SubjectCase | undefined;
  readonly configured: ConfiguredGroupRoles;
  readonly provisioning: Provisioning;
  /** The service that links users to rows of the host's own users table. Absent without the option `hostUsers`. */
  readonly links?: Pick<HostLinks, 'refusal'> | undefined;
}): AccountExplainer {
  const { directory, configured, provisioning, links, subjectCase = 'exact' } = options;

  async function explain(subject: string, assertion: Assertion | undefined): Promise<AccountExplanation> {
    const [found, { groupRoles }] = await Promise.all([directory.findUser(subject), directory.mapping()]);
    const { row = found, spelled } = assertion === undefined ? {} : await spelling(subject);
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
      const code = spelled ?? (admission.admitted ? unlinked?.code : admission.code);
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

  /**
   * Returns the row that a login would rename to this subject, or the error code with which the login would be refused.
   */
  async function spelling(
    subject: string,
  ): Promise<{ readonly row?: UserRow | undefined; readonly spelled?: ErrorCode | undefined }> {
    if (subjectCase === 'exact') return {};
    const rows = (await directory.findSpellings?.(subject)) ?? [];
    try {
      return { row: otherSpelling(rows, subject) };
    } catch (error) {
      if (error instanceof LatchkeyError) return { spelled: error.code };
      throw error;
    }
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

/** Returns the row that provisioning would create, or `undefined` if provisioning would not create a row. */
function created(assertion: Assertion | undefined, mode: ReturnType<typeof createMode>): Governed | undefined {
  if (assertion === undefined || mode === 'never') return undefined;
  const { groups = [] } = assertion;
  return { authMethod: 'proxy', groups, grantedRoles: [], disabled: false, pending: mode === 'pending' };
}

/** Returns the row as it would be after provisioning. Provisioning never changes a local user's row. */
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
