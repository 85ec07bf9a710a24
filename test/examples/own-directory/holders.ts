// own-directory: who has a role. For lists, and so that no change leaves nobody who is administrator.
import { type ChangeContext, LatchkeyError, type RoleHolders } from 'latchkey';
import type { Parameter, Session } from './database.js';
import { isStorable, likeOf } from './values.js';

/**
 * A JSON array of texts as a table with the column `name`. Not JSON_CONTAINS: it compares what is written, and takes
 * "caf\u00e9", as some languages write it, for another text than "café".
 */
export function textsIn(array: string): string {
  return `JSON_TABLE(${array}, '$[*]' COLUMNS (name TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin PATH '$'))`;
}

/**
 * Whether the account `a` has a role: granted, or by the groups of a proxy user as mappings stand now. What the row
 * remembers in `latchkey_managed_roles` is as of the last request, and so not asked.
 */
export const holdsRole: string = `(
  EXISTS (SELECT 1 FROM ${textsIn('a.rights')} AS granted WHERE granted.name = ?)
  OR a.latchkey_method = 'proxy' AND EXISTS (
    SELECT 1 FROM ${textsIn('a.latchkey_groups')} AS asserted
    WHERE EXISTS (SELECT 1 FROM ${textsIn('?')} AS configured WHERE asserted.name LIKE configured.name ESCAPE '!')
      OR EXISTS (
        SELECT 1 FROM latchkey_mappings AS m WHERE asserted.name LIKE m.pattern ESCAPE '!'
          AND EXISTS (SELECT 1 FROM ${textsIn('m.roles')} AS gives WHERE gives.name = ?)
      )
  )
)`;

/** The parameters of `holdsRole`; `undefined`: nobody can have this role. */
export function holderParams({ role, groups }: RoleHolders): readonly Parameter[] | undefined {
  return isStorable(role) ? [role, JSON.stringify(groups.filter(isStorable).map(likeOf)), role] : undefined;
}

/**
 * Guards a change; to be called as the first thing in its transaction. What it returns is called after the change, and
 * throws `ERR_LAST_ADMINISTRATOR` where somebody had the role before and nobody has it now.
 */
export async function guard(session: Session, { keeping }: ChangeContext): Promise<() => Promise<void>> {
  const params = keeping && holderParams(keeping);
  if (params === undefined) return async () => {};
  await lockCounters(session);
  const statement = `SELECT 1 FROM accounts AS a WHERE a.is_active = 1 AND a.latchkey_pending = 0 AND ${holdsRole} LIMIT 1`;
  const anybody = async (): Promise<boolean> => (await session.rows(statement, params)).length > 0;
  const before = await anybody();
  return async () => {
    if (before && !(await anybody())) throw new LatchkeyError('ERR_LAST_ADMINISTRATOR');
  };
}

/**
 * Keeps all others from changing mappings, and from guarded changes, until this transaction ends. Two people who disable
 * each other at the same time touch different rows: without one lock for both, each would still see the other.
 */
export async function lockCounters(session: Session): Promise<void> {
  await session.rows('SELECT generation FROM latchkey_counters FOR UPDATE');
}
