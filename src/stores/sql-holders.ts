// stores/ - who has a role, in SQL: for lists, and so that an administrator's role is not lost to everybody.

import type { ChangeContext, RoleHolders } from '../directory-values.js';
import { LatchkeyError } from '../errors.js';
import { likeOf, likeOfColumn } from './sql-like.js';
import type { Run, SqlRow } from './sql-pool.js';
import { isStorable } from './text.js';

/**
 * Whether the user `u` has the role: SQL, where `role` and `patterns` are parameters. COLLATE "C" compares by the letter,
 * also where the database's own collation takes some for the same. The mappings are read once a statement, not once a
 * user: among 100,000 users that is a second instead of half a minute.
 */
export function holdsRole(role: string, patterns: string): string {
  return `(u.granted_roles @> ARRAY[${role}::text] OR u.auth_method = 'proxy' AND EXISTS (
    SELECT FROM unnest(u.groups) AS asserted WHERE asserted COLLATE "C" LIKE ANY ((
      SELECT ${patterns}::text[] || ARRAY(
        SELECT ${likeOfColumn('group_name')} FROM latchkey_group_roles WHERE roles @> ARRAY[${role}::text]
      )
    )::text[])
  ))`;
}

/** The parameters of `holdsRole`; `undefined`: nobody can have this role. */
export function holderParams({ role, groups }: RoleHolders): readonly [string, readonly string[]] | undefined {
  return isStorable(role) ? [role, groups.filter(isStorable).map(likeOf)] : undefined;
}

/** Keeps a change from taking a role from the last who has it. */
export interface Guard {
  /** Sees whether this user has the role, or, without one, whether anybody has: before the change, with its rows locked. */
  before(subject?: string): Promise<void>;
  /** Throws `ERR_LAST_ADMINISTRATOR` where `before` saw somebody who has the role, and nobody has it now. */
  after(): Promise<void>;
}

const unguarded: Guard = { before: async () => {}, after: async () => {} };

/**
 * Guards a change in this transaction; to be called before its first statement. All guarded changes and all edits of
 * mappings lock the generation first, so they come one after the other, each sees what those before it have committed,
 * and no two wait for each other. Most changes are about somebody who has no such role: these look at one row only.
 */
export async function guard(run: Run, { keeping }: ChangeContext): Promise<Guard> {
  const params = keeping && holderParams(keeping);
  if (params === undefined) {
    return unguarded;
  }
  await lockMapping(run);
  const anybody = async (subject?: string): Promise<boolean> => {
    const statement = `SELECT EXISTS (
      SELECT FROM latchkey_users u WHERE ($3::text IS NULL OR u.subject = $3::text)
        AND NOT u.disabled AND NOT u.pending AND ${holdsRole('$1', '$2')}
    ) AS held`;
    return (await run(statement, [...params, subject ?? null]))[0]?.['held'] === true;
  };
  let held = false;
  return {
    async before(subject) {
      held = await anybody(subject);
    },
    async after() {
      if (held && !(await anybody())) {
        throw new LatchkeyError('ERR_LAST_ADMINISTRATOR');
      }
    },
  };
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
