// Refuses changes in SQL that would take a role from its last holder.

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

/** A change that receives this from its guard must return it at once. The change is then rolled back and runs again. */
export class Again {
  readonly loss: Loss;
  constructor(loss: Loss) {
    this.loss = loss;
  }
}

/**
 * The function that a change calls before it writes. From then on, other guarded changes wait until the transaction
 * ends.
 * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when the change would take the role from its last holder
 */
export type Guard = (loss: Loss) => Promise<Again | undefined>;

/** The subjects of some users who have the role after the change, and whether any user had it before. */
interface Left {
  readonly some: readonly string[];
  readonly anybody: boolean;
}

// The number of holders to check. They are chosen at random, so that concurrent changes do not all check the same ones.
const witnesses = 20;

// Each retry means that concurrent changes took the role from all chosen holders.
const attempts = 100;

/**
 * Runs a change in a transaction, unless it takes a role from its last holder.
 *
 * All guarded changes and all edits of mappings lock the generation first. So they run one after the other, each sees
 * the commits of the earlier ones, and no two can deadlock. But the lock is not held during a search: a change that
 * takes the role from a user releases the lock and searches for a few remaining holders. Then it takes the lock again
 * and checks whether one of these still has the role. The check reads only a few rows, by their keys. If none of them
 * has it, concurrent changes took it from all, and the change searches again.
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
  // This search holds the lock, but only if no user had the role before, so that no administrator waits for it.
  return refusedUnless(!left.anybody) || !(await look(run, keeping, { group })).anybody;
}

/**
 * Reads these users, and the groups that give the role, by their keys. JavaScript compares them, because this takes
 * less time than planning a query that compares.
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
 * Returns `false` if it is not yet known whether a holder remains.
 * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when none remains
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
 * Searches for a few users who have the role after the change. If it finds none, also checks whether a user has it
 * before.
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
  // The LIMIT is outside: with an inner LIMIT, the planner would scan the table in the hope of an early match.
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
 * Checks that a user has the role, after a change was written that can have taken it from these users. The mapping is
 * locked.
 * @param before their rows before the change
 * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when nobody has it
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

/** Blocks concurrent edits of mappings and guarded changes until this transaction ends. */
export async function lockMapping(run: Run): Promise<void> {
  requireGeneration(await run('SELECT generation FROM latchkey_mapping_generation FOR UPDATE'));
}

/**
 * Returns the rows of a query for the generation.
 * @throws {LatchkeyError} `ERR_DIRECTORY_SCHEMA` when the generation's row is missing: without it, edits can be neither
 *   numbered nor locked
 */
export function requireGeneration(rows: readonly SqlRow[]): readonly [SqlRow, ...SqlRow[]] {
  const [first, ...rest] = rows;
  if (first === undefined) {
    throw generationLost();
  }
  return [first, ...rest];
}
