// own-directory: the users with a role, for lists and for the guard that keeps one administrator.
import { type ChangeContext, LatchkeyError, type RoleHolders } from 'latchkey';
import type { Parameter, Session } from './database.js';
import { isStorable, likeOf } from './values.js';

/**
 * A JSON array of texts as a table with the column `name`. Not JSON_CONTAINS, which compares the JSON as written: it
 * does not match "caf\u00e9", as some languages write it, with "café".
 */
export function textsIn(array: string): string {
  return `JSON_TABLE(${array}, '$[*]' COLUMNS (name TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin PATH '$'))`;
}

/**
 * The LIKE patterns of all groups that give a role. Put it before a statement with `holdsRole`. Then MariaDB reads the
 * mappings once per statement, not once per account: two seconds instead of forty for 100,000 accounts. (MariaDB would
 * merge a plain subquery into the statement.)
 */
export const givingRole: string = `WITH giving AS (
  SELECT configured.name AS pattern FROM ${textsIn('?')} AS configured
  UNION SELECT m.pattern FROM latchkey_mappings AS m
  WHERE EXISTS (SELECT 1 FROM ${textsIn('m.roles')} AS gives WHERE gives.name = ?)
)`;

/**
 * Whether the account `a` has a role: granted, or managed by the current mappings of a proxy user's groups.
 */
export const holdsRole: string = `(
  EXISTS (SELECT 1 FROM ${textsIn('a.rights')} AS granted WHERE granted.name = ?)
  OR a.latchkey_method = 'proxy' AND EXISTS (
    SELECT 1 FROM ${textsIn('a.latchkey_groups')} AS asserted
    JOIN giving ON asserted.name LIKE giving.pattern ESCAPE '!'
  )
)`;

/** The parameters of `givingRole` and `holdsRole`. `undefined` if no user can have this role. */
export function holderParams({
  role,
  groups,
}: RoleHolders): { readonly giving: readonly Parameter[]; readonly holds: readonly Parameter[] } | undefined {
  if (!isStorable(role)) return undefined;
  return { giving: [JSON.stringify(groups.filter(isStorable).map(likeOf)), role], holds: [role] };
}

/** Prevents a change that takes a role from the last user who has it. */
export interface Guard {
  /** Checks whether this account, or without `login` any account, has the role. Call it before the change. */
  before(login?: string): Promise<void>;
  /** Throws `ERR_LAST_ADMINISTRATOR` if `before` found the role, and no user has it now. */
  after(): Promise<void>;
}

/** Guards a change. Call it first in the transaction. In most cases the user lacks the role, and it reads one row. */
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
 * Blocks all other changes of mappings and all other guarded changes until this transaction ends. Two administrators
 * who disable each other at the same time change different rows: without a common lock, each still finds the other.
 */
export async function lockCounters(session: Session): Promise<void> {
  await session.rows('SELECT generation FROM latchkey_counters FOR UPDATE');
}
