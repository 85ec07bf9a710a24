// Builds the SQL conditions that find the users with a role, for lists and for the last-administrator check.

import { isGroupPattern } from '../../vocabulary/group-pattern.js';
import type { RoleHolders } from '../../vocabulary/port-values.js';
import { isStorable } from '../storable-text.js';
import { likeOf, likeOfColumn } from './like-pattern.js';
import type { Parameters } from './query-parameters.js';

/** SQL that finds the users with a role. */
export interface Holding {
  /**
   * A CTE with the groups that give the role under the current mappings. The other parts need this CTE. With the CTE, a
   * statement reads the mappings once instead of once per user.
   */
  readonly giving: string;
  /** The condition that the user `u` has the role. */
  readonly exact: string;
  /**
   * A SELECT that uses the index to find users who might have the role. Its result may contain duplicates. The SELECT
   * returns whole rows. If it returned only ids, the planner would scan the table for the join.
   */
  readonly likely: string;
}

/** The role keys of a user `u`. The expression must be identical to that of the index latchkey_users_by_role. */
const roleKeys = '(latchkey_role_keys(u.groups, u.granted_roles) COLLATE "C")';

/**
 * Returns an SQL expression for the keys of a pattern. Every group that matches the pattern has all of these keys. The
 * keys are pieces of the pattern's fixed parts, with marks at the beginning and at the end of the pattern.
 */
function piecesOf(pattern: string): string {
  return `ARRAY(
    SELECT substr(part, n, 3) FROM unnest(string_to_array(chr(1) || ${pattern} || chr(1), '*')) AS part,
      generate_series(1, length(part) - 2) AS n
  )`;
}

/**
 * Returns the SQL condition that the user `u` is in this group. If `group` is a pattern, the condition is that the user
 * is in a group that matches it.
 */
export function asserting(group: string, params: Parameters): string {
  const likely = isGroupPattern(group)
    ? `${roleKeys} @> ${piecesOf(params.add(group, 'text'))}`
    : `${roleKeys} && ARRAY['=' || ${params.add(group, 'text')}]`;
  const pattern = params.add(likeOf(group), 'text');
  return `${likely} AND EXISTS (SELECT FROM unnest(u.groups) AS asserted WHERE asserted COLLATE "C" LIKE ${pattern})`;
}

/**
 * Builds the SQL that finds the users with a role. Returns `undefined` if no user can have the role.
 * @param without A group whose mapping in the directory is ignored.
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
    // COLLATE "C" compares exactly. The database's own collation might treat different letters as equal.
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
