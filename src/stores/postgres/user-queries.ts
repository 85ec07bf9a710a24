// The methods of the Postgres directory that find users and record their logins. Each method is one statement.

import { journalKeys, type Positioned } from '../../vocabulary/journal.js';
import type { GroupSet, UserAssertedAt, UserQuery } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { UserRow } from '../../vocabulary/types.js';
import { freshNonce } from '../journal-head.js';
import { latestUses } from '../latest-uses.js';
import { isId, isStorable, requireStorable, sortedSet } from '../storable-text.js';
import { headColumns, joinHead, journalled, positionOf } from './journal-queries.js';
import type { Sql } from './pool.js';
import { all, parameters } from './query-parameters.js';
import { asserting, holding } from './role-holders.js';
import { userColumns, userOf } from './rows.js';
import { nearby, rarePage, searchFor } from './text-search.js';

type Users = Pick<Directory, 'findUser' | 'findUserById' | 'listUsers' | 'touchUsers' | 'endLogin' | 'countGroupSets'>;

const columns = userColumns.join(', ');

// The UPDATE waits for a concurrent change, and then reads the changed row. So the end of every login is recorded.
const endLoginStatement = `WITH ended AS (
    UPDATE latchkey_users SET ended_logins = ARRAY(
      SELECT login FROM (
        SELECT DISTINCT login COLLATE "C" AS login FROM unnest(ended_logins || $2::text) AS ended (login)
        ORDER BY login DESC LIMIT $3::integer
      ) AS kept ORDER BY login
    ) WHERE id = $1::uuid AND NOT $2::text = ANY (ended_logins) RETURNING subject
  ), ${journalled(`SELECT ARRAY['${journalKeys.user('')}' || subject] AS keys FROM ended`, '$4')}
  SELECT EXISTS (SELECT FROM latchkey_users WHERE id = $1::uuid) AS known`;

const findStatement = `SELECT ${columns}, ${headColumns} FROM latchkey_users u ${joinHead} WHERE subject = $1::text`;

/**
 * Builds the statement for one page of a list. Conditions that the query leaves open are omitted, because they would
 * prevent the use of an index.
 */
function listStatement(query: UserQuery): { readonly text: string; readonly params: unknown[] } | undefined {
  const { search, authMethod, role, disabled, pending, after, limit } = query;
  const params = parameters();
  const length = params.add(limit, 'integer');
  // No subject is empty, so every subject sorts after ''. The values of `disabled` and `pending` are not parameters, so
  // that the planner can use the partial indexes.
  const plain = all([
    `u.subject > ${params.add(after?.subject ?? '', 'text')}`,
    ...(authMethod === undefined ? [] : [`u.auth_method = ${params.add(authMethod, 'text')}`]),
    ...(disabled === undefined ? [] : [disabled ? 'u.disabled' : 'NOT u.disabled']),
    ...(pending === undefined ? [] : [pending ? 'u.pending' : 'NOT u.pending']),
  ]);
  const holders = role && holding(role, params);
  if (role !== undefined && holders === undefined) {
    return undefined;
  }
  const found = search === undefined ? undefined : searchFor(search, params);
  const exact = all([
    ...(found === undefined ? [] : [found.in(['u.subject', 'u.display_name', 'u.email'])]),
    ...(holders === undefined ? [] : [holders.exact]),
  ]);
  // A text search usually matches fewer rows than a search for a role.
  const likelyText = found?.likely()?.inUser;
  const likely =
    likelyText === undefined
      ? holders && `FROM (${holders.likely}) AS u WHERE true`
      : `FROM latchkey_users u WHERE ${likelyText}`;
  if (likely === undefined) {
    const text = `SELECT ${columns} FROM latchkey_users u WHERE ${plain} AND ${exact} ORDER BY subject LIMIT ${length}`;
    return { text, params: params.values };
  }
  const near = `FROM (SELECT * FROM latchkey_users u WHERE ${plain} ORDER BY subject LIMIT ${nearby(length)}) AS u WHERE ${exact}`;
  // IS TRUE prevents the planner from using other indexes. These conditions are true for most rows, so an index would
  // not help.
  const anywhere = `${likely} AND (${plain}) IS TRUE AND ${exact}`;
  const page = rarePage({ near, anywhere, columns, order: 'subject', limit: length });
  return { text: `WITH ${holders === undefined ? '' : `${holders.giving}, `}${page}`, params: params.values };
}

/** Creates the user methods. */
export function sqlUsers({ run }: Sql): Users {
  return {
    async findUser(subject: string): Promise<Positioned<UserRow> | undefined> {
      if (!isStorable(subject)) {
        return undefined;
      }
      const [row] = await run(findStatement, [subject]);
      return row && { ...userOf(row), position: positionOf(row) };
    },

    async findUserById(id: string): Promise<UserRow | undefined> {
      if (!isId(id)) {
        return undefined;
      }
      const [row] = await run(`SELECT ${columns} FROM latchkey_users WHERE id = $1::uuid`, [id]);
      return row && userOf(row);
    },

    async listUsers(query: UserQuery): Promise<readonly UserRow[]> {
      requireStorable(query.after?.subject);
      const statement = query.search === undefined || isStorable(query.search) ? listStatement(query) : undefined;
      return statement === undefined ? [] : (await run(statement.text, statement.params)).map(userOf);
    },

    async touchUsers(uses: readonly UserAssertedAt[]): Promise<void> {
      const asserted = latestUses(uses, ({ userId, lastAssertedAt }) => ({ id: userId, at: lastAssertedAt }));
      if (asserted.length === 0) {
        return;
      }
      // Rows are locked in the order of their ids, which prevents deadlocks. `touchDevices` does the same.
      await run(
        `WITH asserted AS (
          SELECT u.id, use.at FROM unnest($1::uuid[], $2::timestamptz[]) AS use (id, at)
          JOIN latchkey_users u ON u.id = use.id ORDER BY u.id FOR NO KEY UPDATE OF u
        )
        UPDATE latchkey_users u SET last_asserted_at = asserted.at FROM asserted
        WHERE u.id = asserted.id AND (u.last_asserted_at IS NULL OR u.last_asserted_at < asserted.at)`,
        [asserted.map(({ userId }) => userId), asserted.map(({ lastAssertedAt }) => lastAssertedAt.toISOString())],
      );
    },

    async endLogin(userId: string, login: string, keep: number): Promise<boolean> {
      if (!isId(userId)) {
        return false;
      }
      const [row] = await run(endLoginStatement, [userId, login, keep, freshNonce()]);
      return row?.['known'] === true;
    },

    async countGroupSets(group: string): Promise<readonly GroupSet[]> {
      if (!isStorable(group)) {
        return [];
      }
      const params = parameters();
      const rows = await run(
        `SELECT groups, count(*)::integer AS users FROM latchkey_users u
        WHERE (auth_method = 'proxy') IS TRUE AND ${asserting(group, params)} GROUP BY groups`,
        params.values,
      );
      return rows.map((row) => ({ groups: sortedSet(row['groups'] as string[]), users: Number(row['users']) }));
    },
  };
}
