// stores: guards changes in SQL that could leave nobody with a role.
import type { RoleHolders } from '../directory-values.js';
import { LatchkeyError } from '../errors.js';
import type { UserRow } from '../types.js';
import { holding } from './sql-holders.js';
import { parameters } from './sql-parameters.js';
import type { Run, Sql, SqlRow } from './sql-pool.js';

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

// Others who disable each other at the same time use these up, each one at the most.
const witnesses = 100;

// Each further time others have carried out as many changes as there are witnesses, or have moved the same row.
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
  const params = parameters();
  const { giving, exact } = required(keeping, params);
  const own = `u.subject = ${params.add(user.subject, 'text')}`;
  const row = await one(
    run,
    `WITH ${giving}
    SELECT
      EXISTS (SELECT FROM latchkey_users u WHERE ${own} AND ${admitted} AND ${exact}) AS before,
      EXISTS (SELECT FROM (
        SELECT u.groups, ${params.add(next?.authMethod ?? 'local', 'text')} AS auth_method,
          ${params.add(next?.grantedRoles ?? [], 'text[]')} AS granted_roles FROM latchkey_users u WHERE ${own}
      ) AS u WHERE ${exact}) AS after,
      EXISTS (SELECT FROM latchkey_users u WHERE u.subject = ANY (${params.add(left?.some ?? [], 'text[]')})
        AND ${admitted} AND ${exact}) AS others`,
    params.values,
  );
  const after = row['after'] === true && next !== undefined && !next.disabled && !next.pending;
  return row['before'] !== true || after || row['others'] === true || refusedUnless(left?.some.length !== 0);
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
    const params = parameters();
    const { giving, exact } = required(keeping, params, group);
    const others = `u.subject = ANY (${params.add(left.some, 'text[]')})`;
    const statement = `WITH ${giving}
      SELECT EXISTS (SELECT FROM latchkey_users u WHERE ${others} AND ${admitted} AND ${exact}) AS others`;
    return (await one(run, statement, params.values))['others'] === true;
  }
  // Where nobody had the role at all, no administrator waits for this lock while the index is asked once more.
  return refusedUnless(!left.anybody) || !(await look(run, keeping, { group })).anybody;
}

/** `false`: not known yet. Throws `ERR_LAST_ADMINISTRATOR`. */
function refusedUnless(open: boolean): false {
  if (!open) {
    throw new LatchkeyError('ERR_LAST_ADMINISTRATOR');
  }
  return false;
}

function tooFast(): never {
  throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE', { detail: 'Administrators change faster than can be read.' });
}

/** Looks for some who have the role after the change, and for anybody who has it before. */
async function look(run: Run, keeping: RoleHolders, loss: Loss): Promise<Left> {
  const some = await holders(run, keeping, loss, witnesses);
  const anybody = some.length > 0 || 'user' in loss || (await holders(run, keeping, undefined, 1)).length > 0;
  return { some, anybody };
}

async function holders(run: Run, keeping: RoleHolders, loss: Loss | undefined, limit: number): Promise<string[]> {
  const params = parameters();
  const { giving, exact, likely } = required(keeping, params, loss && 'group' in loss ? loss.group : undefined);
  const others = loss && 'user' in loss ? `u.subject <> ${params.add(loss.user.subject, 'text')}` : 'true';
  // All who may have it, and then a few of these: with a LIMIT the planner would hope to meet them soon in the table.
  const rows = await run(
    `WITH ${giving}, found AS MATERIALIZED (
      SELECT u.subject FROM (${likely}) AS u WHERE ${admitted} AND ${exact} AND ${others}
    )
    SELECT subject FROM found LIMIT ${params.add(limit, 'integer')}`,
    params.values,
  );
  return rows.map((row) => String(row['subject']));
}

const admitted = 'NOT u.disabled AND NOT u.pending';

function required(...given: Parameters<typeof holding>): NonNullable<ReturnType<typeof holding>> {
  const held = holding(...given);
  if (held === undefined) {
    throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'A role that cannot be stored cannot be kept.' });
  }
  return held;
}

async function one(run: Run, statement: string, params: unknown[]): Promise<SqlRow> {
  const [row] = await run(statement, params);
  return row ?? {};
}

/** Keeps everybody else from changing mappings, and from guarded changes, until this transaction ends. */
export async function lockMapping(run: Run): Promise<void> {
  requireGeneration(await run('SELECT generation FROM latchkey_mapping_generation FOR UPDATE'));
}

/** Throws `ERR_DIRECTORY_SCHEMA` where the generation's row is lost: nothing would be numbered, and nothing locked. */
export function requireGeneration(rows: readonly SqlRow[]): readonly [SqlRow, ...SqlRow[]] {
  const [first, ...rest] = rows;
  if (first === undefined) {
    const detail = 'latchkey_mapping_generation has lost its only row: run INSERT with a generation never used before.';
    throw new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail });
  }
  return [first, ...rest];
}
