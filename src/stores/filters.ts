// Finding without a database's help: who has a role, and text in other text.

import { groupMatches } from '../vocabulary/group-pattern.js';
import type { RoleHolders } from '../vocabulary/port-values.js';
import type { GroupRoles, UserRow } from '../vocabulary/types.js';
import { isStorable } from './storable-text.js';

/** The holders' role with all groups that give it. */
export function groupsOf({ role, groups }: RoleHolders, mappings: readonly GroupRoles[]): RoleHolders {
  const giving = mappings.filter(({ roles }) => roles.includes(role)).map(({ group }) => group);
  return { role, groups: [...groups, ...giving] };
}

/** Whether the user has the role, whatever else speaks against them. */
export function holds({ authMethod, groups, grantedRoles }: UserRow, holders: RoleHolders): boolean {
  return (
    grantedRoles.includes(holders.role) ||
    (authMethod === 'proxy' &&
      isStorable(holders.role) &&
      groups.some((group) => holders.groups.some((pattern) => groupMatches(pattern, group))))
  );
}

/** Whether the user has the role and may come in. */
export function administers(user: UserRow, holders: RoleHolders): boolean {
  return !user.disabled && !user.pending && holds(user, holders);
}

/** Whether the text contains the other; case does not count, and what cannot be stored is contained nowhere. */
export function contains(text: string | undefined, search: string): boolean {
  return text !== undefined && isStorable(search) && text.toLowerCase().includes(search.toLowerCase());
}
