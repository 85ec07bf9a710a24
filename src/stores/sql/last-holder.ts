// Refuses changes in SQLite and MySQL that would take a role from the last user who has it.
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { ChangeContext, RoleHolders, UserChange } from '../../vocabulary/port-values.js';
import type { UserRow } from '../../vocabulary/types.js';
import { administers } from '../filters.js';
import { generationLost } from '../journal-head.js';
import { isStorable } from '../storable-text.js';
import type { Dialect } from './dialect.js';
import { holding, withMappings } from './role-keys.js';
import { rows, type Work } from './statement.js';

/**
 * Blocks concurrent edits of mappings and other guarded changes until this transaction ends. Each such transaction
 * takes this lock first. So these transactions run one after the other, and cannot deadlock. Each of them sees the
 * commits of the earlier transactions.
 */
export function* lockMapping(dialect: Dialect): Work<void> {
  const [row] = yield* rows(`SELECT generation FROM latchkey_mapping_generation${dialect.forUpdate}`);
  if (row === undefined) throw generationLost();
}

/**
 * Returns the role that must not be taken from the last user who has it, or `undefined` if no user can have that role.
 */
export function guardOf({ keeping }: ChangeContext): RoleHolders | undefined {
  return keeping !== undefined && isStorable(keeping.role) ? keeping : undefined;
}

/** Returns `true` if this change can take the guarded role from a user. Only such a change needs the check. */
export function canTake({ role }: RoleHolders, change: UserChange): boolean {
  const { disabled, pending, authMethod, removeRoles = [] } = change;
  return disabled === true || pending === true || authMethod === 'local' || removeRoles.includes(role);
}

/**
 * Checks that a change of a user does not take the role from the last user who has it. The caller has locked the
 * mapping.
 * @param user The user's row before the change. The caller has locked this row.
 * @param next The user's row after the change, or `undefined` if the change deletes the user.
 * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when the change would do so
 */
export function* requireOtherHolder(
  dialect: Dialect,
  keeping: RoleHolders,
  user: UserRow,
  next: UserRow | undefined,
): Work<void> {
  const holders = yield* withMappings(keeping);
  // Most changes concern a user who does not have the role.
  if (!administers(user, holders) || (next !== undefined && administers(next, holders))) return;
  if (!(yield* isHeld(dialect, keeping, { except: user.id }))) throw new LatchkeyError('ERR_LAST_ADMINISTRATOR');
}

/**
 * Checks that a change of this group's mapping does not take the role from all users who have it. The caller has locked
 * the mapping.
 * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when the change would do so
 */
export function* requireHolderWithout(dialect: Dialect, keeping: RoleHolders, group: string): Work<void> {
  if (yield* isHeld(dialect, keeping, { without: group })) return;
  if (yield* isHeld(dialect, keeping, {})) throw new LatchkeyError('ERR_LAST_ADMINISTRATOR');
}

/**
 * Checks, after some users were changed, that at least one user still has the role.
 * @param before The rows of the changed users before the change.
 * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when one of these users had the role, and no user has it now
 */
export function* requireHolder(dialect: Dialect, keeping: RoleHolders, before: readonly UserRow[]): Work<void> {
  const holders = yield* withMappings(keeping);
  if (!before.some((user) => administers(user, holders))) return;
  if (!(yield* isHeld(dialect, keeping, {}))) throw new LatchkeyError('ERR_LAST_ADMINISTRATOR');
}

interface Left {
  /** The id of a user whom the search ignores. */
  readonly except?: string | undefined;
  /** A group whose mapping the search ignores. */
  readonly without?: string | undefined;
}

/** Returns `true` if at least one user has the role and is neither disabled nor pending. */
function* isHeld(dialect: Dialect, keeping: RoleHolders, { except = '', without }: Left): Work<boolean> {
  const held = yield* holding(dialect, keeping, without);
  if (held === undefined) return false;
  const found = yield* rows(
    `SELECT 1 AS held FROM latchkey_role_keys k ${dialect.joinInOrder} latchkey_users u ON u.id = k.user_id
    WHERE ${held.text} AND u.disabled = 0 AND u.pending = 0 AND u.id <> ? LIMIT 1`,
    [...held.params, except],
  );
  return found.length > 0;
}
