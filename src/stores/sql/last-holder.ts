// Refuses changes in SQLite and MySQL that would take a role from its last holder.
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
 * Blocks concurrent edits of mappings and guarded changes until this transaction ends. It is the first lock of each of
 * them: so they run one after the other, each sees the commits of the earlier ones, and no two can deadlock.
 */
export function* lockMapping(dialect: Dialect): Work<void> {
  const [row] = yield* rows(`SELECT generation FROM latchkey_mapping_generation${dialect.forUpdate}`);
  if (row === undefined) throw generationLost();
}

/** The role that a change must keep, if any user can have it. */
export function guardOf({ keeping }: ChangeContext): RoleHolders | undefined {
  return keeping !== undefined && isStorable(keeping.role) ? keeping : undefined;
}

/** Whether this change can take the guarded role from a user. Only such a change needs the guard. */
export function canTake({ role }: RoleHolders, change: UserChange): boolean {
  const { disabled, pending, authMethod, removeRoles = [] } = change;
  return disabled === true || pending === true || authMethod === 'local' || removeRoles.includes(role);
}

/**
 * Checks that a change of a user does not take the role from its last holder. The mapping is locked.
 * @param user the row before the change, locked
 * @param next the row after the change; `undefined` if the change deletes it
 * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when it does
 */
export function* requireOtherHolder(
  dialect: Dialect,
  keeping: RoleHolders,
  user: UserRow,
  next: UserRow | undefined,
): Work<void> {
  const holders = yield* withMappings(keeping);
  // Most changes concern a user without the role.
  if (!administers(user, holders) || (next !== undefined && administers(next, holders))) return;
  if (!(yield* isHeld(dialect, keeping, { except: user.id }))) throw new LatchkeyError('ERR_LAST_ADMINISTRATOR');
}

/**
 * Checks that a change of this group's mapping does not take the role from all its holders. The mapping is locked.
 * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when it does
 */
export function* requireHolderWithout(dialect: Dialect, keeping: RoleHolders, group: string): Work<void> {
  if (yield* isHeld(dialect, keeping, { without: group })) return;
  if (yield* isHeld(dialect, keeping, {})) throw new LatchkeyError('ERR_LAST_ADMINISTRATOR');
}

/**
 * Checks that a user has the role, after a change was written that can have taken it from these users.
 * @param before their rows before the change
 * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when nobody has it
 */
export function* requireHolder(dialect: Dialect, keeping: RoleHolders, before: readonly UserRow[]): Work<void> {
  const holders = yield* withMappings(keeping);
  if (!before.some((user) => administers(user, holders))) return;
  if (!(yield* isHeld(dialect, keeping, {}))) throw new LatchkeyError('ERR_LAST_ADMINISTRATOR');
}

interface Left {
  /** A user who does not count. */
  readonly except?: string | undefined;
  /** A group whose mapping does not count. */
  readonly without?: string | undefined;
}

/** Whether a user who is neither disabled nor pending has the role. */
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
