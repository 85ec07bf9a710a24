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
 * What gives a role, as LIKE has it: to be put before a statement with `holdsRole`. So the mappings are read once a statement,
 * not once an account: among 100,000 accounts that is two seconds instead of forty. (A plain subquery would be merged.)
 */
export const givingRole: string = `WITH giving AS (
  SELECT configured.name AS pattern FROM ${textsIn('?')} AS configured
  UNION SELECT m.pattern FROM latchkey_mappings AS m
  WHERE EXISTS (SELECT 1 FROM ${textsIn('m.roles')} AS gives WHERE gives.name = ?)
)`;

/**
 * Whether the account `a` has a role: granted, or by the groups of a proxy user as mappings stand now.
 */
export const holdsRole: string = `(
  EXISTS (SELECT 1 FROM ${textsIn('a.rights')} AS granted WHERE granted.name = ?)
  OR a.latchkey_method = 'proxy' AND EXISTS (
    SELECT 1 FROM ${textsIn('a.latchkey_groups')} AS asserted
    JOIN giving ON asserted.name LIKE giving.pattern ESCAPE '!'
  )
)`;

/** The parameters of `givingRole` and of `holdsRole`; `undefined`: nobody can have this role. */
export function holderParams({
  role,
  groups,
}: RoleHolders): { readonly giving: readonly Parameter[]; readonly holds: readonly Parameter[] } | undefined {
  if (!isStorable(role)) return undefined;
  return { giving: [JSON.stringify(groups.filter(isStorable).map(likeOf)), role], holds: [role] };
}

/** Keeps a change from taking a role from the last who has it. */
export interface Guard {
  /** Sees whether this account has the role, or, without one, whether any has: before the change, with its rows locked. */
  before(login?: string): Promise<void>;
  /** Throws `ERR_LAST_ADMINISTRATOR` where `before` saw somebody who has the role, and nobody has it now. */
  after(): Promise<void>;
}

/** Guards a change; to be called as the first thing in its transaction. Most are about somebody without the role: one row. */
export async function guard(session: Session, { keeping }: ChangeContext): Promise<Guard> {
  const params = keeping && holderParams(keeping);
  if (params === undefined) return { before: async () => {}, after: async () => {} };
  await lockCounters(session);
  const anybody = async (login?: string): Promise<boolean> => {
    const statement = `${givingRole} SELECT 1 FROM accounts AS a WHERE ${login === undefined ? 'TRUE' : 'a.login = ?'}
      AND a.is_active = 1 AND a.latchkey_pending = 0 AND ${holdsRole} LIMIT 1`;
    const whom = login === undefined ? [] : [login];
    return (await session.rows(statement, [...params.giving, ...whom, ...params.holds])).length > 0;
  };
  let held = false;
  return {
    async before(login) {
      held = await anybody(login);
    },
    async after() {
      if (held && !(await anybody())) throw new LatchkeyError('ERR_LAST_ADMINISTRATOR');
    },
  };
}

/**
 * Keeps all others from changing mappings, and from guarded changes, until this transaction ends. Two people who disable
 * each other at the same time touch different rows: without one lock for both, each would still see the other.
 */
export async function lockCounters(session: Session): Promise<void> {
  await session.rows('SELECT generation FROM latchkey_counters FOR UPDATE');
}
