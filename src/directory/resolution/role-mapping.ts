// Maps groups to roles, using the mappings of the directory and of the configuration.
import { hash } from 'node:crypto';
import { LatchkeyError } from '../../vocabulary/errors.js';
import { isGroupPattern } from '../../vocabulary/group-pattern.js';
import type { AuthMethod, GroupRoles, Provisioning } from '../../vocabulary/types.js';
import { isGroupName, isRoleName, sortedSet } from '../administration/field-rules.js';
import { patternIndex } from './pattern-index.js';

/** The validated group → role mappings of the configuration. */
export interface ConfiguredGroupRoles {
  readonly groupRoles: ReadonlyMap<string, readonly string[]>;
  readonly defaultRoles: DefaultRoles;
  /** A hash of the configured mappings and default roles. */
  readonly fingerprint: string;
}

/** The default roles (option `defaultRoles`), which every admitted user has. */
export interface DefaultRoles {
  /** A sorted set. */
  readonly roles: readonly string[];
  /**
   * If `true`, a proxy user without other roles has no default roles. This rule applies in the mode
   * `mapped-groups-only`, because default roles alone must not admit a user.
   */
  readonly needOthers: boolean;
}

/** Returns the default roles of a user who has these other roles. */
export function defaultRolesFor(
  { roles, needOthers }: DefaultRoles,
  authMethod: AuthMethod,
  others: readonly string[],
): readonly string[] {
  return needOthers && authMethod === 'proxy' && others.length === 0 ? [] : roles;
}

/** The combined mappings of the directory and the configuration. */
export interface GroupsToRoles {
  /**
   * The SHA-256 hash of the contents of the mappings. All cache entries that are derived from the mappings contain this
   * hash.
   */
  readonly hash: string;
  /**
   * Returns the roles that these groups give, as a sorted set. These are the roles of all mappings that match at least
   * one of the groups.
   */
  rolesOf(groups: readonly string[]): readonly string[];
  readonly defaultRoles: DefaultRoles;
}

/** The administrator role, and whether a pattern may give this role. */
export interface AdministratorRole {
  readonly role: string;
  /** `true` if a pattern in `groupRoles` may give the role. */
  readonly allowWildcard: boolean;
}

/** The administrator role if the host configures none. */
export const defaultAdministrator: AdministratorRole = Object.freeze({ role: 'admin', allowWildcard: false });

/**
 * Refuses a pattern that gives the administrator role.
 *
 * @throws {LatchkeyError} `ERR_WILDCARD_ADMINISTRATOR` when a pattern gives the role and `allowWildcard` is false.
 */
export function refuseWildcard({ group, roles }: GroupRoles, { role, allowWildcard }: AdministratorRole): void {
  if (isGroupPattern(group) && roles.includes(role) && !allowWildcard) {
    throw new LatchkeyError('ERR_WILDCARD_ADMINISTRATOR');
  }
}

/**
 * Validates the `groupRoles` option.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when a group is unusable, a list is empty, a role is unusable, or a pattern
 *   gives the administrator role without `allowWildcard`.
 */
export function configuredGroupRoles(
  groupRoles: Readonly<Record<string, readonly string[]>>,
  administrator: AdministratorRole = defaultAdministrator,
  defaultRoles: DefaultRoles = noDefaultRoles,
): ConfiguredGroupRoles {
  const checked = new Map<string, readonly string[]>();
  for (const [group, roles] of Object.entries(groupRoles)) {
    if (!isGroupName(group)) {
      throw refused(
        `the group ${JSON.stringify(group)}`,
        '1–512 visible characters in Unicode NFC without leading or trailing white space',
      );
    }
    if (!Array.isArray(roles) || roles.length === 0) {
      throw refused(`no list of roles for ${JSON.stringify(group)}`, 'at least one role, as in { admins: ["admin"] }');
    }
    const wrong = roles.findIndex((role) => !isRoleName(role));
    if (wrong >= 0) {
      throw refused(
        `the role ${JSON.stringify(roles[wrong])}`,
        '1–64 letters, digits or ._:/@-, beginning with a letter or digit',
      );
    }
    if (isGroupPattern(group) && roles.includes(administrator.role) && !administrator.allowWildcard) {
      throw refused(
        `the pattern ${JSON.stringify(group)} with ${JSON.stringify(administrator.role)}`,
        'only exact groups to give that role, or administration.allowWildcard',
      );
    }
    checked.set(group, sortedSet(roles));
  }
  return { groupRoles: checked, defaultRoles, fingerprint: contentsHash(checked, defaultRoles).slice(0, 22) };
}

const noDefaultRoles: DefaultRoles = { roles: [], needOthers: false };

/**
 * Validates the `defaultRoles` option.
 *
 * @throws {LatchkeyError} `ERR_CONFIG` when the option is not a list of roles, or contains the administrator role.
 */
export function configuredDefaultRoles(
  roles: readonly string[],
  administrator: AdministratorRole,
  provisioning: Provisioning,
): DefaultRoles {
  const fail = (expected: string, seen: unknown) => {
    const detail = `defaultRoles: expected ${expected}, saw ${JSON.stringify(seen) ?? typeof seen}.`;
    return new LatchkeyError('ERR_CONFIG', { detail });
  };
  if (!Array.isArray(roles)) throw fail("a list of roles such as ['member']", roles);
  const wrong = roles.findIndex((role) => !isRoleName(role));
  if (wrong >= 0) throw fail('roles of 1–64 letters, digits or ._:/@-, beginning with a letter or digit', roles[wrong]);
  if (roles.includes(administrator.role)) {
    throw fail('no administrator role, because then every user would be an administrator', administrator.role);
  }
  return { roles: sortedSet(roles), needOthers: provisioning === 'mapped-groups-only' };
}

/** Combines the mappings of the directory with the mappings of the configuration. */
export function groupsToRoles(groupRoles: readonly GroupRoles[], configured: ConfiguredGroupRoles): GroupsToRoles {
  const united = new Map<string, readonly string[]>(configured.groupRoles);
  for (const { group, roles } of groupRoles) {
    const own = configured.groupRoles.get(group);
    // The roles of a mapping are a sorted set already.
    united.set(group, own === undefined ? roles : sortedSet([...own, ...roles]));
  }
  const patterns = patternIndex([...united].filter(([group]) => isGroupPattern(group)));
  return {
    defaultRoles: configured.defaultRoles,
    hash: contentsHash(united, configured.defaultRoles),
    rolesOf(groups) {
      const roles = new Set<string>();
      for (const group of groups) {
        for (const role of united.get(group) ?? []) roles.add(role);
        for (const given of patterns.matches(group)) for (const role of given) roles.add(role);
      }
      return sortedSet([...roles]);
    },
  };
}

/**
 * Returns a hash of the mappings. The groups are sorted first, so that the same contents have the same hash.
 * @param groupRoles the roles of each group, as a sorted set
 */
function contentsHash(
  groupRoles: ReadonlyMap<string, readonly string[]>,
  { roles: defaults, needOthers }: DefaultRoles,
): string {
  const canonical = [...groupRoles].sort(([one], [other]) => (one < other ? -1 : 1));
  return hash(
    'sha256',
    JSON.stringify(defaults.length === 0 ? canonical : [canonical, defaults, needOthers]),
    'base64url',
  );
}

/** A mapping that applies to a user, together with the user's groups that match. */
export interface MappingMatch extends GroupRoles {
  readonly source: 'directory' | 'configuration';
  /** A sorted set. */
  readonly matched: readonly string[];
}

/**
 * Returns all mappings that match any of these groups, sorted by group. `GroupsToRoles.rolesOf` returns the union of
 * the roles of these mappings.
 */
export function matchesOf(
  groupRoles: readonly GroupRoles[],
  configured: ConfiguredGroupRoles,
  groups: readonly string[],
): readonly MappingMatch[] {
  const all = [
    ...groupRoles.map(({ group, roles }) => ({ group, roles, source: 'directory' as const })),
    ...Array.from(configured.groupRoles, ([group, roles]) => ({ group, roles, source: 'configuration' as const })),
  ];
  const exact = new Map<string, (typeof all)[number][]>();
  for (const mapping of all) exact.set(mapping.group, [...(exact.get(mapping.group) ?? []), mapping]);
  const patterns = patternIndex(
    all.filter(({ group }) => isGroupPattern(group)).map((mapping) => [mapping.group, mapping]),
  );
  const matched = new Map<(typeof all)[number], Set<string>>();
  for (const group of groups) {
    for (const mapping of [...(exact.get(group) ?? []), ...patterns.matches(group)]) {
      matched.set(mapping, (matched.get(mapping) ?? new Set()).add(group));
    }
  }
  // Sorting keeps the order of two mappings of the same group: the mapping of the directory comes first.
  return Array.from(matched, ([mapping, names]) => ({ ...mapping, matched: sortedSet([...names]) })).sort(
    (one, other) => (one.group < other.group ? -1 : one.group > other.group ? 1 : 0),
  );
}

/** Returns the configured groups and patterns that give this role. */
export function groupsGiving({ groupRoles }: ConfiguredGroupRoles, role: string): readonly string[] {
  return [...groupRoles].flatMap(([group, roles]) => (roles.includes(role) ? [group] : []));
}

function refused(seen: string, expected: string): LatchkeyError {
  return new LatchkeyError('ERR_CONFIG', { detail: `groupRoles: expected ${expected}, saw ${seen}.` });
}
