// From groups to roles.
import { hash } from 'node:crypto';
import { LatchkeyError } from '../../vocabulary/errors.js';
import { groupMatches, isGroupPattern } from '../../vocabulary/group-pattern.js';
import type { GroupRoles } from '../../vocabulary/types.js';
import { isGroupName, isRoleName, sortedSet } from '../administration/field-rules.js';

/** Group → roles from the configuration, checked. */
export interface ConfiguredGroupRoles {
  readonly groupRoles: ReadonlyMap<string, readonly string[]>;
  /** Moves with every edit of the configuration. */
  readonly fingerprint: string;
}

/** The mappings of the directory and the configuration, united, ready for use. */
export interface GroupsToRoles {
  /** SHA-256 over what the mappings give: everything derived from them carries it. */
  readonly hash: string;
  /** The roles of these groups, a sorted set: those of every mapping that matches any of them, united. */
  rolesOf(groups: readonly string[]): readonly string[];
}

/** Which role makes administrators, and who may come by it. */
export interface AdministratorRole {
  readonly role: string;
  /** Whether `groupRoles` may give it by a pattern. */
  readonly allowWildcard: boolean;
}

/** Who administers where the host says nothing. */
export const defaultAdministrator: AdministratorRole = Object.freeze({ role: 'admin', allowWildcard: false });

/** Throws `ERR_WILDCARD_ADMINISTRATOR` where whoever is in any group of some form would be administrator. */
export function refuseWildcard({ group, roles }: GroupRoles, { role, allowWildcard }: AdministratorRole): void {
  if (isGroupPattern(group) && roles.includes(role) && !allowWildcard) {
    throw new LatchkeyError('ERR_WILDCARD_ADMINISTRATOR');
  }
}

/**
 * Checks the `groupRoles` option. Throws `ERR_CONFIG` for an unusable group, an empty list, an unusable role, or a pattern
 * that makes administrators where that is not allowed.
 */
export function configuredGroupRoles(
  groupRoles: Readonly<Record<string, readonly string[]>>,
  administrator: AdministratorRole = defaultAdministrator,
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
  return { groupRoles: checked, fingerprint: contentsHash(checked).slice(0, 22) };
}

/** Unites the directory's mappings with the configured ones. */
export function groupsToRoles(groupRoles: readonly GroupRoles[], configured: ConfiguredGroupRoles): GroupsToRoles {
  const united = new Map<string, readonly string[]>(configured.groupRoles);
  for (const { group, roles } of groupRoles) united.set(group, [...(united.get(group) ?? []), ...roles]);
  const patterns = [...united].filter(([group]) => isGroupPattern(group));
  return {
    hash: contentsHash(united),
    rolesOf: (groups) =>
      sortedSet(
        groups.flatMap((group) => [
          ...(united.get(group) ?? []),
          ...patterns.flatMap(([pattern, roles]) => (groupMatches(pattern, group) ? roles : [])),
        ]),
      ),
  };
}

/** In the order of the groups, and of the roles within each: the same contents have the same hash. */
function contentsHash(groupRoles: ReadonlyMap<string, readonly string[]>): string {
  const canonical = [...groupRoles]
    .map(([group, roles]) => [group, sortedSet(roles)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return hash('sha256', JSON.stringify(canonical), 'base64url');
}

/** A mapping that gives somebody roles, and by which of their groups. */
export interface MappingMatch extends GroupRoles {
  readonly source: 'directory' | 'configuration';
  /** A sorted set. */
  readonly matched: readonly string[];
}

/** All mappings that match any of these groups, by group: `rolesOf` unites what they give. */
export function matchesOf(
  groupRoles: readonly GroupRoles[],
  configured: ConfiguredGroupRoles,
  groups: readonly string[],
): readonly MappingMatch[] {
  const matching = (group: string, roles: readonly string[], source: MappingMatch['source']): MappingMatch[] => {
    const matched = sortedSet(groups.filter((candidate) => groupMatches(group, candidate)));
    return matched.length === 0 ? [] : [{ group, source, matched, roles }];
  };
  return [
    ...groupRoles.flatMap(({ group, roles }) => matching(group, roles, 'directory')),
    ...[...configured.groupRoles].flatMap(([group, roles]) => matching(group, roles, 'configuration')),
  ].sort((one, other) => (one.group < other.group ? -1 : one.group > other.group ? 1 : 0));
}

/** The configured groups and patterns that give this role. */
export function groupsGiving({ groupRoles }: ConfiguredGroupRoles, role: string): readonly string[] {
  return [...groupRoles].flatMap(([group, roles]) => (roles.includes(role) ? [group] : []));
}

function refused(seen: string, expected: string): LatchkeyError {
  return new LatchkeyError('ERR_CONFIG', { detail: `groupRoles: expected ${expected}, saw ${seen}.` });
}
