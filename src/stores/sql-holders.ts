// stores/ - who has a role, in SQL: for lists, and so that an administrator's role is not lost to everybody.
import { LatchkeyError } from '../errors.js';
import type { ChangeContext, RoleHolders } from '../ports.js';
import type { Run } from './sql-pool.js';
import { isStorable } from './text.js';

// E'…' reads the same whatever standard_conforming_strings says.
const escaped = (text: string): string =>
  String.raw`replace(replace(replace(${text}, E'\\', E'\\\\'), '%', E'\\%'), '_', E'\\_')`;

/** The LIKE pattern of a mapping's group: everything stands for itself, but `*`. */
export function likeOf(group: string): string {
  return group.replaceAll(/[\\%_]/g, String.raw`\$&`).replaceAll('*', '%');
}

/** The LIKE pattern that finds the text anywhere, in lower case. */
export function likeAnywhere(text: string): string {
  return `%${text.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}

/**
 * Whether the user `u` has the role: SQL, where `role` and `patterns` are parameters. COLLATE "C" compares by the letter,
 * also where the database's own collation takes some for the same.
 */
export function holdsRole(role: string, patterns: string): string {
  return `(u.granted_roles @> ARRAY[${role}::text] OR u.auth_method = 'proxy' AND EXISTS (
    SELECT FROM unnest(u.groups) AS asserted WHERE asserted COLLATE "C" LIKE ANY (${patterns}::text[])
      OR EXISTS (
        SELECT FROM latchkey_group_roles giving WHERE giving.roles @> ARRAY[${role}::text]
          AND asserted COLLATE "C" LIKE replace(${escaped('giving.group_name')}, '*', '%')
      )
  ))`;
}

/** The parameters of `holdsRole`; `undefined`: nobody can have this role. */
export function holderParams({ role, groups }: RoleHolders): readonly [string, readonly string[]] | undefined {
  return isStorable(role) ? [role, groups.filter(isStorable).map(likeOf)] : undefined;
}

/**
 * Guards a change in this transaction, before its first statement. To be called again once the change is made: throws
 * `ERR_LAST_ADMINISTRATOR` where there was a holder before and is none any more.
 *
 * All guarded changes and all edits of mappings lock the generation first, so they come one after the other, and each
 * sees what those before it have committed.
 */
export async function guard(run: Run, { keeping }: ChangeContext): Promise<() => Promise<void>> {
  const params = keeping && holderParams(keeping);
  if (params === undefined) {
    return async () => {};
  }
  await lockMapping(run);
  const anybody = async (): Promise<boolean> => {
    const statement = `SELECT EXISTS (
      SELECT FROM latchkey_users u WHERE NOT u.disabled AND NOT u.pending AND ${holdsRole('$1', '$2')}
    ) AS held`;
    return (await run(statement, [...params]))[0]?.['held'] === true;
  };
  const before = await anybody();
  return async () => {
    if (before && !(await anybody())) {
      throw new LatchkeyError('ERR_LAST_ADMINISTRATOR');
    }
  };
}

/** Keeps everybody else from changing mappings, and from guarded changes, until this transaction ends. */
export async function lockMapping(run: Run): Promise<void> {
  await run('SELECT generation FROM latchkey_mapping_generation FOR UPDATE');
}
