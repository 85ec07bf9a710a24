// Builds the SQL conditions that find the users with a role, for lists and for the check of the last administrator.

import { isGroupPattern } from '../../vocabulary/group-pattern.js';
import type { RoleHolders } from '../../vocabulary/port-values.js';
import { isStorable } from '../storable-text.js';
import { likeOf, likeOfColumn } from './like-pattern.js';
import type { Parameters } from './query-parameters.js';

/** SQL that finds the users with a role. */
export interface Holding {
  /**
   * A CTE that the other parts need: the groups that give the role by the current mappings. So a statement reads the
   * mappings once, not once for each user.
   */
  readonly giving: string;
  /** Whether the user `u` has the role. */
  readonly exact: string;
  /**
   * The rows of the users who may have the role, found by the index, with duplicates. It selects whole rows: if it
   * selected only ids, the planner would scan the table for the join.
   */
  readonly likely: string;
}

/** The keys by which a user `u` may have a role, exactly as in the index latchkey_users_by_role. */
const roleKeys = '(latchkey_role_keys(u.groups, u.granted_roles) COLLATE "C")';

/**
 * SQL for the keys that every matching group has: the pieces of the fixed parts of the pattern, with marks at both
 * ends.
 */
function piecesOf(pattern: string): string {
  return `ARRAY(
    SELECT substr(part, n, 3) FROM unnest(string_to_array(chr(1) || ${pattern} || chr(1), '*')) AS part,
      generate_series(1, length(part) - 2) AS n
  )`;
}

/** SQL condition: the user `u` is in this group, or in a group that this pattern matches. */
export function asserting(group: string, params: Parameters): string {
  const likely = isGroupPattern(group)
    ? `${roleKeys} @> ${piecesOf(params.add(group, 'text'))}`
    : `${roleKeys} && ARRAY['=' || ${params.add(group, 'text')}]`;
  const pattern = params.add(likeOf(group), 'text');
  return `${likely} AND EXISTS (SELECT FROM unnest(u.groups) AS asserted WHERE asserted COLLATE "C" LIKE ${pattern})`;
}

/**
 * Builds the SQL for a role. Returns `undefined` if no user can have the role.
 * @param without a group whose mapping in the directory is treated as removed
 */
export function holding({ role, groups }: RoleHolders, params: Parameters, without?: string): Holding | undefined {
  if (!isStorable(role)) {
    return undefined;
  }
  const held = params.add(role, 'text');
  const configured = params.add(groups.filter(isStorable), 'text[]');
  const removed = without === undefined ? '' : `AND group_name <> ${params.add(without, 'text')}`;
  return {
    giving: `giving AS MATERIALIZED (
      SELECT name, ${likeOfColumn('name')} AS pattern, strpos(name, '*') = 0 AS literal, ${piecesOf('name')} AS keys FROM (
        SELECT unnest(${configured}) UNION
        SELECT group_name FROM latchkey_group_roles WHERE roles @> ARRAY[${held}] ${removed}
      ) AS given (name)
    )`,
    // COLLATE "C" compares exactly, while the database's own collation may treat some letters as equal.
    exact: `(u.granted_roles @> ARRAY[${held}] OR u.auth_method = 'proxy' AND EXISTS (
      SELECT FROM unnest(u.groups) AS asserted
      WHERE asserted COLLATE "C" LIKE ANY ((SELECT array_agg(pattern) FROM giving)::text[])
    ))`,
    likely: `SELECT u.* FROM latchkey_users u
        WHERE ${roleKeys} && (ARRAY['+' || ${held}] || ARRAY(SELECT '=' || name FROM giving WHERE literal))
      UNION ALL
      SELECT u.* FROM giving JOIN latchkey_users u ON ${roleKeys} @> giving.keys WHERE NOT giving.literal`,
  };
}
