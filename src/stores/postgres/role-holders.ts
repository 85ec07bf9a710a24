// Who has a role, in SQL: for lists, and so that an administrator's role is not lost to everybody.

import { isGroupPattern } from '../../vocabulary/group-pattern.js';
import type { RoleHolders } from '../../vocabulary/port-values.js';
import { isStorable } from '../storable-text.js';
import { likeOf, likeOfColumn } from './like-pattern.js';
import type { Parameters } from './query-parameters.js';

/** Who has a role, as SQL. */
export interface Holding {
  /**
   * A CTE that the others need: what gives the role, by the mappings as they stand. They are read once a statement, not once
   * a user.
   */
  readonly giving: string;
  /** Whether the user `u` has the role. */
  readonly exact: string;
  /**
   * The rows of those who may have the role, found by the index; some come more than once. A SELECT of whole rows: joined to
   * their ids, the planner would rather read the table.
   */
  readonly likely: string;
}

/** The indexed ways of a user `u` to a role: as latchkey_users_by_role has them. */
const roleKeys = '(latchkey_role_keys(u.groups, u.granted_roles) COLLATE "C")';

/** The keys that each group has which the pattern matches: the pieces of its parts, with marks at both ends. SQL. */
function piecesOf(pattern: string): string {
  return `ARRAY(
    SELECT substr(part, n, 3) FROM unnest(string_to_array(chr(1) || ${pattern} || chr(1), '*')) AS part,
      generate_series(1, length(part) - 2) AS n
  )`;
}

/** Whether the user `u` is in a group that this one, or pattern, matches: SQL. */
export function asserting(group: string, params: Parameters): string {
  const likely = isGroupPattern(group)
    ? `${roleKeys} @> ${piecesOf(params.add(group, 'text'))}`
    : `${roleKeys} && ARRAY['=' || ${params.add(group, 'text')}]`;
  const pattern = params.add(likeOf(group), 'text');
  return `${likely} AND EXISTS (SELECT FROM unnest(u.groups) AS asserted WHERE asserted COLLATE "C" LIKE ${pattern})`;
}

/**
 * Who has the role. `undefined`: nobody can.
 * @param without a group whose mapping in the directory is taken for removed
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
    // COLLATE "C" compares by the letter, also where the database's own collation takes some for the same.
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
