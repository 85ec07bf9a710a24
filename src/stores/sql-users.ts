// stores/ - the users' part of the SQL directory: what follows from logins, and finding them. Each verb is one statement.
import { randomUUID } from 'node:crypto';
import type { CreateMode, GroupSet, Provisioned, UserAssertedAt, UserQuery } from '../directory-values.js';
import { LatchkeyError } from '../errors.js';
import { journalKeys, type Positioned } from '../journal.js';
import type { Directory } from '../ports.js';
import type { Assertion, UserRow } from '../types.js';
import { latestUses } from './latest-uses.js';
import { holderParams, holdsRole } from './sql-holders.js';
import { freshNonce, headColumns, joinHead, journalled, positionOf } from './sql-journal.js';
import { likeAnywhere, likeOf, likeWhateverCase } from './sql-like.js';
import type { Sql } from './sql-pool.js';
import { userColumns, userOf } from './sql-rows.js';
import { isId, isStorable, requireStorable, sortedSet } from './text.js';

type Users = Pick<Directory, 'provision' | 'findUser' | 'findUserById' | 'listUsers' | 'touchUsers' | 'countGroupSets'>;

const columns = userColumns.join(', ');

const asserted = 'coalesce($2::text, display_name), coalesce($3::text, email), coalesce($4::text[], groups)';

const differs = `auth_method = 'proxy' AND (display_name, email, groups) IS DISTINCT FROM (${asserted})`;

/*
 * Compare and write in one statement: `current` is the row as this statement's snapshot has it, and `updated` writes it
 * only where it differs. Where it does not, nothing is written and nothing locked: no new row version, no
 * transaction id, no WAL. (`ON CONFLICT … DO UPDATE … WHERE` would lock the row, which is a write.)
 * UPDATE waits for a neighbour and then looks at the row that the neighbour left. If that row no longer differs, what
 * the snapshot showed is not what stands now: the outcome is `raced`, and the statement is asked again.
 *
 * Positions: what was written has that of its own row of the journal. What was read is of the snapshot, and so is the head
 * `h` beside it. A row that was just made is newer than that head, which is safe: only what is older than its position
 * could be taken for what it is not.
 */
const provisionStatement = `WITH current AS (
    SELECT ${columns}, (${differs}) AS differs FROM latchkey_users u WHERE subject = $1::text
  ), updated AS (
    UPDATE latchkey_users u SET (display_name, email, groups) = (${asserted}), version = version + 1, updated_at = now()
    WHERE subject = $1::text AND (${differs})
    RETURNING ${columns}
  ), created AS (
    INSERT INTO latchkey_users (id, subject, auth_method, display_name, email, groups, pending)
    SELECT $6::uuid, $1::text, 'proxy', $2::text, $3::text, coalesce($4::text[], '{}'), $5::text = 'pending'
    WHERE $5::text <> 'never' AND NOT EXISTS (SELECT FROM current)
    ON CONFLICT (subject) DO NOTHING
    RETURNING ${columns}
  ), ${journalled('SELECT ARRAY[$7::text] AS keys FROM updated', '$8')}
  SELECT 'updated' AS outcome, ${columns}, head.seq AS head_seq, head.nonce AS head_nonce FROM updated CROSS JOIN head
  UNION ALL
  SELECT CASE WHEN differs THEN 'raced' ELSE 'unchanged' END, ${columns}, h.seq, h.nonce FROM current ${joinHead}
  WHERE NOT EXISTS (SELECT FROM updated)
  UNION ALL SELECT 'created', ${columns}, h.seq, h.nonce FROM created ${joinHead}`;

const findStatement = `SELECT ${columns}, ${headColumns} FROM latchkey_users u ${joinHead} WHERE subject = $1::text`;

const listStatement = `SELECT ${columns} FROM latchkey_users u
  WHERE subject > $1::text AND ($2::text IS NULL OR auth_method = $2::text)
    AND ($3::boolean IS NULL OR disabled = $3::boolean) AND ($4::boolean IS NULL OR pending = $4::boolean)
    AND ($5::text IS NULL OR ${likeWhateverCase(['subject', 'display_name', 'email'], '$5::text')})
    AND ($6::text IS NULL OR ${holdsRole('$6', '$7')})
  ORDER BY subject LIMIT $8::integer`;

// Reached only where a row exists and stays out of sight, as under a row-level security policy.
const attempts = 100;

/** Users in SQL. */
export function sqlUsers({ run }: Sql): Users {
  return {
    async provision(assertion: Assertion, create: CreateMode): Promise<Positioned<Provisioned>> {
      const { subject, displayName, email, groups } = assertion;
      requireStorable(subject, displayName, email, groups);
      const params = [
        subject,
        displayName ?? null,
        email ?? null,
        groups === undefined ? null : sortedSet(groups),
        create,
        randomUUID(),
        journalKeys.user(subject),
        freshNonce(),
      ];
      // Until no neighbour came between. Each further time a neighbour has finished, so this ends soon.
      for (let attempt = 1; attempt <= attempts; attempt += 1) {
        const [row] = await run(provisionStatement, params);
        if (row === undefined && create === 'never') {
          return { outcome: 'absent' };
        }
        // No row, though one may be made: a neighbour made it meanwhile, out of sight of this statement's snapshot.
        if (row !== undefined && row['outcome'] !== 'raced') {
          const outcome = row['outcome'] as 'created' | 'updated' | 'unchanged';
          return { outcome, user: userOf(row), position: positionOf(row) };
        }
      }
      throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE', { detail: 'A row changes faster than it can be read.' });
    },

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
