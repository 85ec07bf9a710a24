// stores/ - the users' part of the SQL directory: what follows from logins, and finding them. Each verb is one statement.
import { randomUUID } from 'node:crypto';
import type { CreateMode, GroupSet, Provisioned, UserAssertedAt, UserQuery } from '../directory-values.js';
import { LatchkeyError } from '../errors.js';
import type { Directory } from '../ports.js';
import type { Assertion, User } from '../types.js';
import { latestUses } from './latest-uses.js';
import { holderParams, holdsRole } from './sql-holders.js';
import { likeAnywhere, likeOf, likeWhateverCase } from './sql-like.js';
import type { Sql, SqlRow } from './sql-pool.js';
import { userColumns, userOf } from './sql-rows.js';
import { isId, isStorable, requireStorable, sortedSet } from './text.js';

type Users = Pick<
  Directory,
  'provision' | 'remap' | 'findUser' | 'findUserById' | 'listUsers' | 'touchUsers' | 'endLogin' | 'countGroupSets'
>;

const columns = userColumns.join(', ');

/*
 * Compare and write in one statement: `current` is the row as this statement's snapshot has it, and `updated` writes it
 * only where `wanted` differs. Where it does not, nothing is written and nothing locked: no new row version, no
 * transaction id, no WAL. (`ON CONFLICT … DO UPDATE … WHERE` would lock the row, which is a write.)
 * UPDATE waits for a neighbour and then looks at the row that the neighbour left. If that row no longer differs, what
 * the snapshot showed is not what stands now: the outcome is `raced`, and the statement is asked again.
 */
function compareAndWrite(parts: { set: string; differs: string; insert?: string }): string {
  return `WITH current AS (
    SELECT ${columns}, (${parts.differs}) AS differs FROM latchkey_users u WHERE subject = $1::text
  ), updated AS (
    UPDATE latchkey_users u SET ${parts.set}, version = version + 1, updated_at = now()
    WHERE subject = $1::text AND (${parts.differs})
    RETURNING ${columns}
  )${parts.insert === undefined ? '' : `, created AS (${parts.insert} RETURNING ${columns})`}
  SELECT 'updated' AS outcome, ${columns} FROM updated
  UNION ALL
  SELECT CASE WHEN differs THEN 'raced' ELSE 'unchanged' END, ${columns} FROM current
  WHERE NOT EXISTS (SELECT FROM updated)
  ${parts.insert === undefined ? '' : `UNION ALL SELECT 'created', ${columns} FROM created`}`;
}

const asserted = `coalesce($2::text, display_name), coalesce($3::text, email), coalesce($4::text[], groups),
  coalesce($5::text[], managed_roles)`;

const provisionStatement = compareAndWrite({
  differs: `auth_method = 'proxy' AND (display_name, email, groups, managed_roles) IS DISTINCT FROM (${asserted})`,
  set: `(display_name, email, groups, managed_roles) = (${asserted})`,
  insert: `INSERT INTO latchkey_users (id, subject, auth_method, display_name, email, groups, managed_roles, pending)
    SELECT $7::uuid, $1::text, 'proxy', $2::text, $3::text, coalesce($4::text[], '{}'), coalesce($5::text[], '{}'),
      $6::text = 'pending'
    WHERE $6::text <> 'never' AND NOT EXISTS (SELECT FROM current)
    ON CONFLICT (subject) DO NOTHING`,
});

const remapStatement = compareAndWrite({
  differs: `auth_method = 'proxy' AND groups = $2::text[] AND managed_roles <> $3::text[]`,
  set: 'managed_roles = $3::text[]',
});

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
  /** Asks until no neighbour came between. Each further time a neighbour has finished, so this ends soon. */
  async function settle(
    statement: string,
    params: unknown[],
    raced: (row: SqlRow | undefined) => boolean,
  ): Promise<SqlRow | undefined> {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const [row] = await run(statement, params);
      if (!raced(row)) {
        return row;
      }
    }
    throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE', { detail: 'A row changes faster than it can be read.' });
  }

  const isRaced = (row: SqlRow | undefined): boolean => row?.['outcome'] === 'raced';

  return {
    async provision(
      assertion: Assertion,
      managedRoles: readonly string[] | undefined,
      create: CreateMode,
    ): Promise<Provisioned> {
      const { subject, displayName, email, groups } = assertion;
      requireStorable(subject, displayName, email, groups, managedRoles);
      const params = [
        subject,
        displayName ?? null,
        email ?? null,
        groups === undefined ? null : sortedSet(groups),
        managedRoles === undefined ? null : sortedSet(managedRoles),
        create,
        randomUUID(),
      ];
      // No row, though one may be made: a neighbour made it meanwhile, out of sight of this statement's snapshot.
      const row = await settle(provisionStatement, params, (found) =>
        found === undefined ? create !== 'never' : isRaced(found),
      );
      return row === undefined
        ? { outcome: 'absent' }
        : { outcome: row['outcome'] as 'created' | 'updated' | 'unchanged', user: userOf(row) };
    },

    async remap(
      subject: string,
      groups: readonly string[],
      managedRoles: readonly string[],
    ): Promise<User | undefined> {
      requireStorable(managedRoles);
      if (!isStorable(subject)) {
        return undefined;
      }
      const storable = groups.every(isStorable) ? sortedSet(groups) : null;
      const row = await settle(remapStatement, [subject, storable, sortedSet(managedRoles)], isRaced);
      return row && userOf(row);
    },

    async findUser(subject: string): Promise<User | undefined> {
      if (!isStorable(subject)) {
        return undefined;
      }
      const [row] = await run(`SELECT ${columns} FROM latchkey_users WHERE subject = $1::text`, [subject]);
      return row && userOf(row);
    },

    async findUserById(id: string): Promise<User | undefined> {
      if (!isId(id)) {
        return undefined;
      }
      const [row] = await run(`SELECT ${columns} FROM latchkey_users WHERE id = $1::uuid`, [id]);
      return row && userOf(row);
    },

    async listUsers(query: UserQuery): Promise<readonly User[]> {
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
      // One UPDATE: after a neighbour it looks at the row that the neighbour left, so no id is lost.
      const rows = await run(
        `UPDATE latchkey_users SET ended_logins = ARRAY(
          SELECT login FROM (
            SELECT DISTINCT login COLLATE "C" AS login FROM unnest(ended_logins || $2::text) AS ended (login)
            ORDER BY login DESC LIMIT $3::integer
          ) AS kept ORDER BY login
        ) WHERE id = $1::uuid RETURNING id`,
        [userId, login, keep],
      );
      return rows.length > 0;
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
