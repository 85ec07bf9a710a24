// scripts/demo: why somebody has the roles they have.
import type { RoleMapping, User } from '../../src/index.js';

/** The mapping that stands in the app's configuration, beside the one in the directory. */
export const configuredGroupRoles: Readonly<Record<string, readonly string[]>> = { admins: ['admin'] };

/** One role, and each reason for it. */
export interface Reasons {
  readonly role: string;
  readonly reasons: readonly string[];
}

/** Each role of a user with its reasons, and the groups that give none. */
export function why(user: User, mapping: RoleMapping): { roles: readonly Reasons[]; idleGroups: readonly string[] } {
  const reasons = new Map<string, string[]>();
  const because = (role: string, reason: string): void => {
    reasons.set(role, [...(reasons.get(role) ?? []), reason]);
  };
  const idleGroups = user.groups.filter((group) => {
    const configured = configuredGroupRoles[group] ?? [];
    const kept = mapping.groupRoles.find((entry) => entry.group === group)?.roles ?? [];
    for (const role of configured) because(role, `group ${group}, by the app’s configuration`);
    for (const role of kept) because(role, `group ${group}, by the mapping in the directory`);
    return configured.length + kept.length === 0;
  });
  for (const role of user.grantedRoles) because(role, 'granted by hand');
  const sorted = [...reasons].sort(([a], [b]) => (a < b ? -1 : 1));
  return { roles: sorted.map(([role, list]) => ({ role, reasons: list })), idleGroups };
}
