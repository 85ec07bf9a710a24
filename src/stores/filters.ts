// Checks whether a user has a role, and whether text contains a search string, without a database.

import { groupMatches } from '../vocabulary/group-pattern.js';
import type { RoleHolders } from '../vocabulary/port-values.js';
import type { GroupRoles, UserRow } from '../vocabulary/types.js';
import { isStorable } from './storable-text.js';

/** Adds every group to which one of these mappings gives the role. */
export function groupsOf({ role, groups }: RoleHolders, mappings: readonly GroupRoles[]): RoleHolders {
  const giving = mappings.filter(({ roles }) => roles.includes(role)).map(({ group }) => group);
  return { role, groups: [...groups, ...giving] };
}

/** Returns `true` if the user has the role, even if the user is disabled or pending. */
export function holds({ authMethod, groups, grantedRoles }: UserRow, holders: RoleHolders): boolean {
  return (
    grantedRoles.includes(holders.role) ||
    (authMethod === 'proxy' &&
      isStorable(holders.role) &&
      groups.some((group) => holders.groups.some((pattern) => groupMatches(pattern, group))))
  );
}

/** Returns `true` if the user has the role and is neither disabled nor pending. */
export function administers(user: UserRow, holders: RoleHolders): boolean {
  return !user.disabled && !user.pending && holds(user, holders);
}

/**
 * Returns `true` if the text contains `search`, ignoring case. Returns `false` if a database could not store `search`.
 */
export function contains(text: string | undefined, search: string): boolean {
  return text !== undefined && isStorable(search) && text.toLowerCase().includes(search.toLowerCase());
}
