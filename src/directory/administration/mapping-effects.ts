// Counts the users whose roles a change to a mapping would change.
import { setImmediate } from 'node:timers/promises';
import type { GroupSet } from '../../vocabulary/port-values.js';
import { defaultRolesFor, type GroupsToRoles } from '../resolution/role-mapping.js';

/** The effects that a change to a mapping would have. */
export interface MappingPreview {
  /**
   * The number of proxy users, including disabled users, whose managed roles would change. Granted roles are not
   * considered.
   */
  readonly users: number;
  /** For each role, the number of users who would gain the role. */
  readonly gained: Readonly<Record<string, number>>;
  /** For each role, the number of users who would lose the role. */
  readonly lost: Readonly<Record<string, number>>;
}

/** How many group sets a preview processes before it yields to the event loop. */
const atOnce = 50;

/** Compares the roles that the users with these group sets have before and after the change. */
export async function countEffects(
  sets: readonly GroupSet[],
  before: GroupsToRoles,
  after: GroupsToRoles,
): Promise<MappingPreview> {
  const rolesBefore = lookedUpOnce(before);
  const rolesAfter = lookedUpOnce(after);
  const preview = { users: 0, gained: new Map<string, number>(), lost: new Map<string, number>() };
  for (const [index, { groups, users }] of sets.entries()) {
    // Without this pause, other requests would wait until all group sets are counted.
    if (index % atOnce === atOnce - 1) await setImmediate();
    const had = rolesBefore(groups);
    const has = rolesAfter(groups);
    const gained = [...has].filter((role) => !had.has(role));
    const lost = [...had].filter((role) => !has.has(role));
    if (gained.length + lost.length > 0) preview.users += users;
    for (const role of gained) preview.gained.set(role, (preview.gained.get(role) ?? 0) + users);
    for (const role of lost) preview.lost.set(role, (preview.lost.get(role) ?? 0) + users);
  }
  return { users: preview.users, gained: byRole(preview.gained), lost: byRole(preview.lost) };
}

/** Caches the roles of each group, because many users have the same groups. */
function lookedUpOnce({ rolesOf, defaultRoles }: GroupsToRoles): (groups: readonly string[]) => ReadonlySet<string> {
  const known = new Map<string, readonly string[]>();
  const rolesOfOne = (group: string): readonly string[] => {
    const roles = known.get(group) ?? rolesOf([group]);
    known.set(group, roles);
    return roles;
  };
  return (groups) => {
    const managed = groups.flatMap(rolesOfOne);
    return new Set([...managed, ...defaultRolesFor(defaultRoles, 'proxy', managed)]);
  };
}

function byRole(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...counts].sort(([one], [other]) => (one < other ? -1 : 1)));
}
