// Guards changes in SQL that could leave nobody with a role.

import { LatchkeyError } from '../../vocabulary/errors.js';
import type { RoleHolders } from '../../vocabulary/port-values.js';
import type { UserRow } from '../../vocabulary/types.js';
import { administers } from '../filters.js';
import type { Run, Sql, SqlRow } from './pool.js';
import { parameters } from './query-parameters.js';
import { holding } from './role-holders.js';
import { userColumns, userOf } from './rows.js';

/** What a change can take the role from. */
export type Loss =
  /** One user, as they were read, and as the change leaves them; without `next` it removes them. */
  | {
      readonly user: UserRow;
      readonly next?: Pick<UserRow, 'authMethod' | 'disabled' | 'pending' | 'grantedRoles'> | undefined;
    }
  /** Everybody who has it by the mapping of this group. */
  | { readonly group: string };

/** What a change gives back at once where `lets` says so: it is rolled back, and carried out again. */
export class Again {
  readonly loss: Loss;
  constructor(loss: Loss) {
    this.loss = loss;
  }
}

/**
 * To be called by a change before it writes. Throws `ERR_LAST_ADMINISTRATOR` where the change would take the role from the last
 * who has it. From then on nobody else's guarded change is carried out until the transaction ends.
 */
export type Guard = (loss: Loss) => Promise<Again | undefined>;

/** Who is left: subjects of some, and whether there was anybody before the change. */
interface Left {
  readonly some: readonly string[];
  readonly anybody: boolean;
}

// Chosen at random: where many unmake each other at the same time, not all go by the same ones.
const witnesses = 20;

// Each further time others have unmade all witnesses.
const attempts = 100;

/**
 * Carries out a change in a transaction, unless it takes a role from the last who has it.
 *
 * All guarded changes and all edits of mappings lock the generation first, so they come one after the other, each sees what
 * those before it have committed, and no two wait for each other. But nobody waits for a search: whoever takes the role from
 * somebody lets go of the lock and looks for some who keep it. Then it asks, with the lock, whether one of these still has it,
 * which reads a row or two by their keys. If none has, others have unmade them all meanwhile: it looks again.
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

/** Most changes are about somebody who has no such role: they are allowed at once. */
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
  // Where nobody had the role at all, no administrator waits for this lock while the index is asked once more.
  return refusedUnless(!left.anybody) || !(await look(run, keeping, { group })).anybody;
}

/** These users, and all that gives them the role, read by their keys. It is compared here: that is less than a plan would take. */
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

/** `false`: not known yet. Throws `ERR_LAST_ADMINISTRATOR`. */
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

/** Looks for some who have the role after the change, and for anybody who has it before. */
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
  // All who may have it, and then a few of these: with a LIMIT the planner would hope to meet them soon in the table.
  const rows = await run(
    `WITH ${giving}, found AS MATERIALIZED (
      SELECT u.subject FROM (${likely}) AS u WHERE ${admitted} AND ${exact} AND ${others}
    )
    SELECT subject FROM (SELECT subject FROM found LIMIT 500) AS few ORDER BY random() LIMIT ${params.add(limit, 'integer')}`,
    params.values,
  );
  return rows.map((row) => String(row['subject']));
}

const admitted = 'NOT u.disabled AND NOT u.pending';

/** Keeps everybody else from changing mappings, and from guarded changes, until this transaction ends. */
export async function lockMapping(run: Run): Promise<void> {
  requireGeneration(await run('SELECT generation FROM latchkey_mapping_generation FOR UPDATE'));
}

/** Throws `ERR_DIRECTORY_SCHEMA` where the generation's row is lost: nothing would be numbered, and nothing locked. */
export function requireGeneration(rows: readonly SqlRow[]): readonly [SqlRow, ...SqlRow[]] {
  const [first, ...rest] = rows;
  if (first === undefined) {
    const detail = 'latchkey_mapping_generation is empty: insert a row with a generation that was never used before.';
    throw new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail });
  }
  return [first, ...rest];
}
