// Finds single users and pages of users in SQLite and MySQL, and counts the sets of groups that users have.
import type { Positioned } from '../../vocabulary/journal.js';
import type { GroupSet, UserQuery } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { UserRow } from '../../vocabulary/types.js';
import { isId, isStorable, requireStorable } from '../storable-text.js';
import { wholeNumber } from './audit-verbs.js';
import type { Dialect } from './dialect.js';
import { head } from './journal-verbs.js';
import { findBySubject } from './login-verbs.js';
import { type Condition, holding, inGroups } from './role-keys.js';
import { textsOf, userColumns, userOf } from './row-values.js';
import { firstRow, rows, type SqlRow, type SqlSession, type SqlValue, type Work } from './statement.js';

/** Look-ups of users. */
export function sqlUserLists(
  dialect: Dialect,
  session: SqlSession,
): Pick<Directory, 'findUser' | 'findUserById' | 'listUsers' | 'countGroupSets'> {
  /** Builds the conditions of a list, apart from the role. `compared` returns the text of a column with few values. */
  function filtersOf(
    { search, authMethod, disabled, pending, after }: UserQuery,
    compared: (column: string) => string,
  ): Condition {
    // No subject is empty, so every subject sorts after ''.
    const conditions: Condition[] = [{ text: 'u.subject > ?', params: [after?.subject ?? ''] }];
    const equals = (column: string, value: SqlValue | undefined): void => {
      if (value !== undefined) conditions.push({ text: `${compared(column)} = ?`, params: [value] });
    };
    equals('u.auth_method', authMethod);
    equals('u.disabled', disabled === undefined ? undefined : Number(disabled));
    equals('u.pending', pending === undefined ? undefined : Number(pending));
    if (search !== undefined) {
      const columns = ['u.subject', 'u.display_name', 'u.email'];
      const text = columns.map((column) => dialect.contains(column)).join(' OR ');
      conditions.push({ text: `(${text})`, params: columns.map(() => search) });
    }
    return both(conditions);
  }

  function* list(query: UserQuery): Work<readonly SqlRow[]> {
    const { role, limit } = query;
    const held = role && (yield* holding(dialect, role));
    if (role !== undefined && held === undefined) return [];
    const plain = filtersOf(query, (column) => column);
    const page = `ORDER BY u.subject LIMIT ${wholeNumber(limit)}`;
    if (held === undefined) {
      return yield* rows(`SELECT ${userColumns} FROM latchkey_users u WHERE ${plain.text} ${page}`, plain.params);
    }
    // If many users have the role, the matches among the first users of the list fill the page. If few users have the
    // role, the role keys find them.
    const nearby = 1000 + 10 * wholeNumber(limit);
    const near = yield* rows(
      `SELECT ${userColumns} FROM (
        SELECT * FROM latchkey_users u WHERE ${plain.text} ORDER BY u.subject LIMIT ${nearby}
      ) u WHERE EXISTS (SELECT 1 FROM latchkey_role_keys k WHERE k.user_id = u.id AND ${held.text}) ${page}`,
      [...plain.params, ...held.params],
    );
    const further = `SELECT u.id FROM latchkey_users u WHERE ${plain.text} ORDER BY u.subject LIMIT 1 OFFSET ${nearby}`;
    if (near.length >= limit || (yield* firstRow(further, plain.params)) === undefined) return near;
    // Without statistics, SQLite would prefer the index of a filter, although almost every user may match the filter.
    const anywhere = both([filtersOf(query, dialect.withoutIndex), among(held)]);
    return yield* rows(`SELECT ${userColumns} FROM latchkey_users u WHERE ${anywhere.text} ${page}`, anywhere.params);
  }

  return {
    async findUser(subject: string): Promise<Positioned<UserRow> | undefined> {
      if (!isStorable(subject)) return undefined;
      return session.read(function* (): Work<Positioned<UserRow> | undefined> {
        const position = yield* head();
        const user = yield* findBySubject(subject);
        return user && { ...user, position };
      });
    },

    async findUserById(id: string): Promise<UserRow | undefined> {
      if (!isId(id)) return undefined;
      const row = await session.read(() =>
        firstRow(`SELECT ${userColumns} FROM latchkey_users u WHERE u.id = ?`, [id]),
      );
      return row && userOf(row);
    },

    async listUsers(query: UserQuery): Promise<readonly UserRow[]> {
      requireStorable(query.after?.subject);
      if (query.search !== undefined && !isStorable(query.search)) return [];
      return (await session.read(() => list(query))).map(userOf);
    },

    async countGroupSets(group: string): Promise<readonly GroupSet[]> {
      if (!isStorable(group)) return [];
      const members = among(inGroups(dialect, [group]));
      const found = await session.read(() =>
        rows(
          // Only proxy users have keys of groups.
          `SELECT u.asserted_groups, COUNT(*) AS users FROM latchkey_users u WHERE ${members.text}
          GROUP BY u.asserted_groups`,
          members.params,
        ),
      );
      return merged(found);
    },
  };
}

function both(conditions: readonly Condition[]): Condition {
  return {
    text: conditions.map(({ text }) => text).join(' AND '),
    params: conditions.flatMap(({ params }) => params),
  };
}

function among({ text, params }: Condition): Condition {
  return { text: `u.id IN (SELECT k.user_id FROM latchkey_role_keys k WHERE ${text})`, params };
}

/**
 * Adds up the numbers of users in rows with the same set of groups. MySQL may return several rows for one set, because
 * it compares only the first bytes when it sorts long text.
 */
function merged(found: readonly SqlRow[]): readonly GroupSet[] {
  const sets = new Map<string, GroupSet>();
  for (const row of found) {
    const groups = textsOf(row['asserted_groups']);
    const key = JSON.stringify(groups);
    sets.set(key, { groups, users: (sets.get(key)?.users ?? 0) + Number(row['users']) });
  }
  return [...sets.values()];
}
