// Refuses changes in Postgres that would take a role from the last user who has it.

import { LatchkeyError } from '../../vocabulary/errors.js';
import type { RoleHolders } from '../../vocabulary/port-values.js';
import type { UserRow } from '../../vocabulary/types.js';
import { administers } from '../filters.js';
import { generationLost } from '../journal-head.js';
import type { Run, Sql, SqlRow } from './pool.js';
import { parameters } from './query-parameters.js';
import { holding } from './role-holders.js';
import { userColumns, userOf } from './rows.js';

/** The users from whom a change can take the role. */
export type Loss =
  /** One user, before and after the change. Without `next`, the change deletes the user. */
  | {
      readonly user: UserRow;
      readonly next?: Pick<UserRow, 'authMethod' | 'disabled' | 'pending' | 'grantedRoles'> | undefined;
    }
  /** All users who have the role through the mapping of this group. */
  | { readonly group: string };

/**
 * The result of a change that has to run again. If the guard returns this object, the change must return it at once,
 * without writing anything.
 */
export class Again {
  readonly loss: Loss;
  constructor(loss: Loss) {
    this.loss = loss;
  }
}

/**
 * The function that a change must call before it writes. After this call, other guarded changes wait until the
 * transaction ends.
 * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when the change would take the role from the last user who has it
 */
export type Guard = (loss: Loss) => Promise<Again | undefined>;

/**
 * The result of a search. `some` contains the subjects of a few users who have the role after the change. `anybody` is
 * `true` if any user had the role before the change.
 */
interface Left {
  readonly some: readonly string[];
  readonly anybody: boolean;
}

// The number of users whose role a change checks. The users are chosen at random, so that concurrent changes do not all
// check the same users.
const witnesses = 20;

// The maximum number of attempts. A third or later attempt is necessary only if concurrent changes took the role from
// all users that were chosen before.
const attempts = 100;

/**
 * Runs a change in a transaction, unless the change takes a role from the last user who has it.
 *
 * Every guarded change and every edit of a mapping first locks the row with the mapping's generation. So these
 * transactions run one after the other, and cannot deadlock. Each of them sees the commits of the earlier transactions.
 * The lock is not held during a search. A change that takes the role from a user releases the lock and searches for a
 * few other users with the role. Then the change takes the lock again and checks whether one of these users still has
 * the role. This check reads only a few rows, by their keys. If none of these users still has the role, the change
 * searches again.
 */
export async function guarded<T>(
  sql: Sql,
  keeping: RoleHolders | undefined,
  change: (run: Run, lets: Guard) => Promise<T | Again>,
): Promise<T> {
  if (keeping === undefined || holding(keeping, parameters()) === undefined) {
    const outcome = await sql.transaction((run) => change(run, async () => undefined));
    return outcome instanceof Again ? tooFast() : outcome;
  }
  let left: Left | undefined;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const seen = left;
    const outcome = await sql.transaction((run) =>
      change(run, async (loss) => {
        await lockMapping(run);
        const allowed = 'user' in loss ? ofUser(run, keeping, loss, seen) : ofGroup(run, keeping, loss, seen);
        return (await allowed) ? undefined : new Again(loss);
      }),
    );
    if (!(outcome instanceof Again)) {
      return outcome;
    }
    left = await look(sql.run, keeping, outcome.loss);
  }
  return tooFast();
}

/** Most changes concern a user without the role, and are allowed at once. */
async function ofUser(
  run: Run,
  keeping: RoleHolders,
  { user, next }: Extract<Loss, { user: UserRow }>,
  left: Left | undefined,
): Promise<boolean> {
  const { users, holders } = await asTheyStand(run, keeping, [user.subject, ...(left?.some ?? [])]);
  const own = users.find(({ subject }) => subject === user.subject);
  if (own === undefined || !administers(own, holders)) {
    return true;
  }
  const others = users.some((other) => other !== own && administers(other, holders));
  const after = next !== undefined && administers({ ...own, ...next }, holders);
  return after || others || refusedUnless(left?.some.length !== 0);
}

async function ofGroup(
  run: Run,
  keeping: RoleHolders,
  { group }: Extract<Loss, { group: string }>,
  left: Left | undefined,
): Promise<boolean> {
  if (left === undefined) {
    return false;
  }
  if (left.some.length > 0) {
    const { users, holders } = await asTheyStand(run, keeping, left.some, group);
    return users.some((user) => administers(user, holders));
  }
  // This search holds the lock, but it runs only if no user had the role before. So no administrator has to wait for
  // it.
  return refusedUnless(!left.anybody) || !(await look(run, keeping, { group })).anybody;
}

/**
 * Reads these users, and the groups that give the role, by their keys. The caller then compares both in JavaScript,
 * which takes less time than planning a query for the comparison.
 */
async function asTheyStand(
  run: Run,
  { role, groups }: RoleHolders,
  subjects: readonly string[],
  without?: string,
): Promise<{ readonly users: readonly UserRow[]; readonly holders: RoleHolders }> {
  const rows = await run(
    `SELECT ${userColumns.join(', ')}, ARRAY(SELECT group_name FROM latchkey_group_roles WHERE roles @> ARRAY[$1::text]) AS giving
    FROM latchkey_users WHERE subject = ANY ($2::text[])`,
    [role, subjects],
  );
  const giving = (rows[0]?.['giving'] ?? []) as string[];
  return {
    users: rows.map(userOf),
    holders: { role, groups: [...groups, ...giving.filter((group) => group !== without)] },
  };
}

/**
 * Returns `false` if it is not yet known whether a user with the role remains.
 * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when no user with the role remains
 */
function refusedUnless(open: boolean): false {
  if (!open) {
    throw new LatchkeyError('ERR_LAST_ADMINISTRATOR');
  }
  return false;
}

function tooFast(): never {
  throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE', {
    detail: 'The administrators kept changing while they were read.',
  });
}

/**
 * Searches for a few users who have the role after the change. If there are none, checks whether any user had the role
 * before the change.
 */
async function look(run: Run, keeping: RoleHolders, loss: Loss): Promise<Left> {
  const some = await holders(run, keeping, loss, witnesses);
  const anybody = some.length > 0 || 'user' in loss || (await holders(run, keeping, undefined, 1)).length > 0;
  return { some, anybody };
}

async function holders(run: Run, keeping: RoleHolders, loss: Loss | undefined, limit: number): Promise<string[]> {
  const params = parameters();
  const held = holding(keeping, params, loss && 'group' in loss ? loss.group : undefined);
  if (held === undefined) {
    return [];
  }
  const { giving, exact, likely } = held;
  const others = loss && 'user' in loss ? `u.subject <> ${params.add(loss.user.subject, 'text')}` : 'true';
  // The LIMIT is in the outer query. With a LIMIT in the inner query, the planner would expect an early match and scan
  // the table.
  const rows = await run(
    `WITH ${giving}, found AS MATERIALIZED (
      SELECT u.subject FROM (${likely}) AS u WHERE ${admitted} AND ${exact} AND ${others}
    )
    SELECT subject FROM (SELECT subject FROM found LIMIT 500) AS few ORDER BY random() LIMIT ${params.add(limit, 'integer')}`,
    params.values,
  );
  return rows.map((row) => String(row['subject']));
}

/**
 * Checks, after some users were changed, that at least one user still has the role. The caller has locked the mapping.
 * @param before The rows of the changed users before the change.
 * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when one of these users had the role, and no user has it now
 */
export async function requireHolder(run: Run, keeping: RoleHolders, before: readonly UserRow[]): Promise<void> {
  const rows = await run('SELECT group_name FROM latchkey_group_roles WHERE roles @> ARRAY[$1::text]', [keeping.role]);
  const groups = [...keeping.groups, ...rows.map((row) => String(row['group_name']))];
  if (!before.some((user) => administers(user, { role: keeping.role, groups }))) {
    return;
  }
  if ((await holders(run, keeping, undefined, 1)).length === 0) {
    throw new LatchkeyError('ERR_LAST_ADMINISTRATOR');
  }
}

const admitted = 'NOT u.disabled AND NOT u.pending';

/** Blocks concurrent edits of mappings and other guarded changes until this transaction ends. */
export async function lockMapping(run: Run): Promise<void> {
  requireGeneration(await run('SELECT generation FROM latchkey_mapping_generation FOR UPDATE'));
}

/**
 * Returns the rows of a query for the mapping's generation.
 * @throws {LatchkeyError} `ERR_DIRECTORY_SCHEMA` when the row with the mapping's generation is missing. Every edit of a
 * mapping locks this row and takes a number from it.
 */
export function requireGeneration(rows: readonly SqlRow[]): readonly [SqlRow, ...SqlRow[]] {
  const [first, ...rest] = rows;
  if (first === undefined) {
    throw generationLost();
  }
  return [first, ...rest];
}
