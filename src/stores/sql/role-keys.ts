// The index by which users with a role are found: `+` with each granted role, and `=` with each group of a proxy user.
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

/** Writes the keys of a user whose row was written, in the same transaction. */
export function* writeRoleKeys(dialect: Dialect, id: string, before: Keyed | undefined, after: Keyed): Work<void> {
  const keys = JSON.stringify(keysOf(after));
  if (before !== undefined) {
    if (JSON.stringify(keysOf(before)) === keys) return;
    yield* write('DELETE FROM latchkey_role_keys WHERE user_id = ?', [id]);
  }
  // SQLite needs a WHERE between FROM and ON CONFLICT.
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
 * Builds the condition that a key `k` gives a role, by the mappings as they are now. Returns `undefined` if no user can
 * have the role.
 * @param without a group whose mapping in the directory is treated as deleted
 */
export function* holding(dialect: Dialect, holders: RoleHolders, without?: string): Work<Condition | undefined> {
  if (!isStorable(holders.role) || !isAtMost(holders.role, lengths.name)) return undefined;
  const { groups } = yield* withMappings(holders, without);
  return keyed(dialect, [`+${holders.role}`], groups);
}

/** Adds the groups that give the role by the directory's mappings. */
export function* withMappings(holders: RoleHolders, without?: string): Work<RoleHolders> {
  const found = yield* rows(
    'SELECT group_name, roles, note, changed_by, changed_at, version FROM latchkey_group_roles',
  );
  return groupsOf(
    holders,
    found.map(mappingOf).filter(({ group }) => group !== without),
  );
}

/** Builds the condition that a key `k` is that of one of these groups. Patterns match several. */
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

/** The least text that begins as the pattern does, and the least one after all those, in the order of code points. */
function rangeOf(pattern: string): readonly [string, string] {
  const start = pattern.slice(0, pattern.indexOf('*'));
  const characters = [...start];
  // Never empty: a pattern of keys begins with "=".
  while (characters.at(-1) === '\u{10ffff}') characters.pop();
  const last = characters.pop()?.codePointAt(0) ?? 0;
  // Surrogates are no characters.
  return [start, characters.join('') + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1)];
}
