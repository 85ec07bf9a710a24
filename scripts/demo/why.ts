// Explains why a user has each role.
import { groupMatches, type ListedMapping, type User } from '../../src/index.js';

/** The mapping in the app's configuration, in addition to the one in the directory. */
export const configuredGroupRoles: Readonly<Record<string, readonly string[]>> = { admins: ['admin'] };

/** One role, and each reason for it. */
export interface Reasons {
  readonly role: string;
  readonly reasons: readonly string[];
}

/** Each role of a user with its reasons, and the groups that give none. */
export function why(
  user: User,
  mappings: readonly ListedMapping[],
): { roles: readonly Reasons[]; idleGroups: readonly string[] } {
  const reasons = new Map<string, string[]>();
  const because = (role: string, reason: string): void => {
    reasons.set(role, [...(reasons.get(role) ?? []), reason]);
  };
  const idleGroups = user.groups.filter((group) => {
    const matching = mappings.filter((mapping) => groupMatches(mapping.group, group));
    for (const { source, roles } of matching) {
      const where = source === 'configuration' ? 'by the app’s configuration' : 'by the mapping in the directory';
      for (const role of roles) because(role, `group ${group}, ${where}`);
    }
    return matching.length === 0;
  });
  for (const role of user.grantedRoles) because(role, 'granted by an administrator');
  const sorted = [...reasons].sort(([a], [b]) => (a < b ? -1 : 1));
  return { roles: sorted.map(([role, list]) => ({ role, reasons: list })), idleGroups };
}
