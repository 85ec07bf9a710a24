// stores/ - the users' part of the SQL directory: finding them, and when they were last logged in. Each verb is one statement.
import type { GroupSet, UserAssertedAt, UserQuery } from '../directory-values.js';
import { journalKeys, type Positioned } from '../journal.js';
import type { Directory } from '../ports.js';
import type { UserRow } from '../types.js';
import { latestUses } from './latest-uses.js';
import { holderParams, holdsRole } from './sql-holders.js';
import { freshNonce, headColumns, joinHead, journalled, positionOf } from './sql-journal.js';
import { likeAnywhere, likeOf, likeWhateverCase } from './sql-like.js';
import type { Sql } from './sql-pool.js';
import { userColumns, userOf } from './sql-rows.js';
import { isId, isStorable, requireStorable, sortedSet } from './text.js';

type Users = Pick<Directory, 'findUser' | 'findUserById' | 'listUsers' | 'touchUsers' | 'endLogin' | 'countGroupSets'>;

const columns = userColumns.join(', ');

// The UPDATE waits for a neighbour and then looks at the row that the neighbour left, so no id is lost.
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

const listStatement = `SELECT ${columns} FROM latchkey_users u
  WHERE subject > $1::text AND ($2::text IS NULL OR auth_method = $2::text)
    AND ($3::boolean IS NULL OR disabled = $3::boolean) AND ($4::boolean IS NULL OR pending = $4::boolean)
    AND ($5::text IS NULL OR ${likeWhateverCase(['subject', 'display_name', 'email'], '$5::text')})
    AND ($6::text IS NULL OR ${holdsRole('$6', '$7')})
  ORDER BY subject LIMIT $8::integer`;

/** Users in SQL. */
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
      const { search, authMethod, role, disabled, pending, after, limit } = query;
      requireStorable(after);
      const holders = role && holderParams(role);
      if ((role !== undefined && holders === undefined) || (search !== undefined && !isStorable(search))) {
        return [];
      }
      const params = [
        // No subject is empty, so all come after ''.
        after ?? '',
        authMethod ?? null,
        disabled ?? null,
        pending ?? null,
        search === undefined ? null : likeAnywhere(search),
        holders?.[0] ?? null,
        holders?.[1] ?? null,
        limit,
      ];
      return (await run(listStatement, params)).map(userOf);
    },

    async touchUsers(uses: readonly UserAssertedAt[]): Promise<void> {
      const asserted = latestUses(uses, ({ userId, lastAssertedAt }) => ({ id: userId, at: lastAssertedAt }));
      if (asserted.length === 0) {
        return;
      }
      // Locked in the order of their ids, as touchDevices does and for the same reason.
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
      const rows = await run(
        `SELECT groups, count(*)::integer AS users FROM latchkey_users
        WHERE auth_method = 'proxy' AND EXISTS (
          SELECT FROM unnest(groups) AS asserted WHERE asserted COLLATE "C" LIKE $1::text
        )
        GROUP BY groups`,
        [likeOf(group)],
      );
      return rows.map((row) => ({ groups: sortedSet(row['groups'] as string[]), users: Number(row['users']) }));
    },
  };
}
