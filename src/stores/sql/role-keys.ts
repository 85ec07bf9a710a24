// The keys by which users with a role are found: `+` followed by a granted role, or `=` followed by a group of a proxy
// user.
import { isGroupPattern } from '../../vocabulary/group-pattern.js';
import type { RoleHolders } from '../../vocabulary/port-values.js';
import type { UserRow } from '../../vocabulary/types.js';
import { groupsOf } from '../filters.js';
import { isStorable } from '../storable-text.js';
import type { Dialect } from './dialect.js';
import { mappingOf } from './row-values.js';
import { rows, type SqlValue, type Work, write } from './statement.js';
import { isAtMost, lengths } from './text-lengths.js';

/** A condition with its parameters. */
export interface Condition {
  readonly text: string;
  readonly params: readonly SqlValue[];
}

type Keyed = Pick<UserRow, 'authMethod' | 'groups' | 'grantedRoles'>;

/** Writes the role keys of a user. Call this function in the transaction that writes the user's row. */
export function* writeRoleKeys(dialect: Dialect, id: string, before: Keyed | undefined, after: Keyed): Work<void> {
  const keys = JSON.stringify(keysOf(after));
  if (before !== undefined) {
    if (JSON.stringify(keysOf(before)) === keys) return;
    yield* write('DELETE FROM latchkey_role_keys WHERE user_id = ?', [id]);
  }
  yield* write(
    `INSERT INTO latchkey_role_keys (role_key, user_id) SELECT given.value, ? FROM ${dialect.given} WHERE 1 = 1`,
    [id, keys],
  );
}

function keysOf({ authMethod, groups, grantedRoles }: Keyed): readonly string[] {
  const asserted = authMethod === 'proxy' ? groups : [];
  return [...grantedRoles.map((role) => `+${role}`), ...asserted.map((group) => `=${group}`)];
}

/**
 * Builds the condition that a role key `k` gives a role under the current mappings. Returns `undefined` if no user can
 * have the role.
 * @param without A group whose mapping in the directory is ignored.
 */
export function* holding(dialect: Dialect, holders: RoleHolders, without?: string): Work<Condition | undefined> {
  if (!isStorable(holders.role) || !isAtMost(holders.role, lengths.name)) return undefined;
  const { groups } = yield* withMappings(holders, without);
  return keyed(dialect, [`+${holders.role}`], groups);
}

/** Adds every group to which a mapping in the directory gives the role. */
export function* withMappings(holders: RoleHolders, without?: string): Work<RoleHolders> {
  const found = yield* rows(
    'SELECT group_name, roles, note, changed_by, changed_at, version FROM latchkey_group_roles',
  );
  return groupsOf(
    holders,
    found.map(mappingOf).filter(({ group }) => group !== without),
  );
}

/** Builds the condition that a role key `k` belongs to one of these groups. A pattern can match several groups. */
export function inGroups(dialect: Dialect, groups: readonly string[]): Condition {
  return keyed(dialect, [], groups);
}

function keyed(dialect: Dialect, own: readonly string[], groups: readonly string[]): Condition {
  const storable = [...new Set(groups)].filter((group) => isStorable(group) && isAtMost(group, lengths.name));
  const exact = [...own, ...storable.filter((group) => !isGroupPattern(group)).map((group) => `=${group}`)];
  const patterns = storable.filter(isGroupPattern).map((group) => `=${group}`);
  const conditions = [
    ...(exact.length === 0 ? [] : [`k.role_key IN (${exact.map(() => '?').join(', ')})`]),
    ...patterns.map(() => `(k.role_key >= ? AND k.role_key < ? AND ${dialect.matches('k.role_key')})`),
  ];
  return {
    text: `(${conditions.join(' OR ') || '1 = 0'})`,
    params: [...exact, ...patterns.flatMap((pattern) => [...rangeOf(pattern), dialect.pattern(pattern)])],
  };
}

/**
 * Returns the bounds of a range in code point order, which contains all strings that begin with the pattern's fixed
 * part. The upper bound is not part of the range.
 */
function rangeOf(pattern: string): readonly [string, string] {
  const start = pattern.slice(0, pattern.indexOf('*'));
  const characters = [...start];
  // The loop leaves at least one character, because a pattern of role keys begins with "=".
  while (characters.at(-1) === '\u{10ffff}') characters.pop();
  const last = characters.pop()?.codePointAt(0) ?? 0;
  // Surrogates (U+D800 to U+DFFF) are not characters, so they are skipped.
  return [start, characters.join('') + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1)];
}
