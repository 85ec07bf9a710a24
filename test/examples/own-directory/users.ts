// own-directory: provisioning and finding users.
import { randomUUID } from 'node:crypto';
import { type Assertion, type Directory, journalKeys, LatchkeyError, type UserQuery, type UserRow } from 'latchkey';
import { type Database, limited, type Parameter, type Session } from './database.js';
import { givingRole, holderParams, holdsRole } from './holders.js';
import { append, head } from './journal.js';
import { textsOf, userColumns, userOf } from './rows.js';
import { dateTime, isId, isStorable, latestOf, likeAnywhere, requireStorable, same, sortedSet } from './values.js';

type Users = Pick<Directory, 'provision' | 'findUser' | 'findUserById' | 'listUsers' | 'touchUsers' | 'endLogin'>;

/** Reads the row of this subject. */
export async function findUser(session: Session, subject: string): Promise<UserRow | undefined> {
  const [row] = await session.rows(`SELECT ${userColumns} FROM accounts AS a WHERE a.login = ?`, [subject]);
  return row && userOf(row);
}

/** Reads and locks the row of this subject. No other transaction can change it until this one ends. */
export async function lockUser(session: Session, subject: string): Promise<UserRow | undefined> {
  const [row] = await session.rows(`SELECT ${userColumns} FROM accounts AS a WHERE a.login = ? FOR UPDATE`, [subject]);
  return row && userOf(row);
}

/** Reads the row that this session has just written. */
export async function writtenUser(session: Session, subject: string): Promise<UserRow> {
  const user = await findUser(session, subject);
  if (user === undefined) throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE', { detail: 'A row has vanished.' });
  return user;
}

/** Adds an account that the host's code can use. Returns `false` if a unique key of the table conflicts. */
export async function insertUser(
  session: Session,
  user: Pick<UserRow, 'subject' | 'authMethod'> & Partial<UserRow>,
): Promise<boolean> {
  const id = randomUUID();
  // Keeps and locks a conflicting row. Not INSERT IGNORE, which also ignores values that are too long. The returned id
  // shows whether the row is new. The count of rows does not, because the driver counts an unchanged row, too.
  const [row] = await session.rows(
    `INSERT INTO accounts (latchkey_id, login, full_name, mail, rights, latchkey_method, latchkey_pending,
      latchkey_groups, password_hash)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, '!')
    ON DUPLICATE KEY UPDATE id = id
    RETURNING latchkey_id`,
    [
      id,
      user.subject,
      user.displayName ?? '',
      user.email ?? null,
      JSON.stringify(user.grantedRoles ?? []),
      user.authMethod,
      user.pending ?? false,
      JSON.stringify(user.groups ?? []),
      // '!' is not the hash of any password. A careless comparison could accept an empty text.
    ],
  );
  return row?.['latchkey_id'] === id;
}

/** The users in the table `accounts`. */
export function users(database: Database): Users {
  return {
    async provision({ subject, ...said }, create) {
      requireStorable(subject, said.displayName, said.email, said.groups);
      const asserted = assertedOf(said);
      // Read before the row that carries it.
      const position = await head(database);
      // Most requests change nothing. A plain read is enough to know that. It locks nothing, and it uses no
      // AUTO_INCREMENT value, as every INSERT … ON DUPLICATE KEY does, even one that inserts nothing.
      const seen = await findUser(database, subject);
      if (seen !== undefined && !alters(seen, asserted)) return { outcome: 'unchanged', user: seen, position };
      if (seen === undefined && create === 'never') return { outcome: 'absent' };

      return database.transaction(async (session) => {
        let present = await lockUser(session, subject);
        if (present === undefined) {
          if (create === 'never') return { outcome: 'absent' };
          const row = { subject, authMethod: 'proxy', pending: create === 'pending', ...asserted } as const;
          if (await insertUser(session, row)) {
            return { outcome: 'created', user: await writtenUser(session, subject), position };
          }
          // Another process has just created the row, or another unique key conflicts. Then the row is another user's.
          present = await lockUser(session, subject);
          if (present === undefined) {
            throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'Another account is in the way of this one.' });
          }
        }
        // Compared here, not in SQL, where the host's collation would treat "ada" and "Ada" as the same name.
        if (!alters(present, asserted)) return { outcome: 'unchanged', user: present, position };
        await writeAsserted(session, { ...present, ...asserted });
        const user = await writtenUser(session, subject);
        return { outcome: 'updated', user, position: await append(session, [journalKeys.user(subject)]) };
      });
    },

    async findUser(subject) {
      if (!isStorable(subject)) return undefined;
      const position = await head(database);
      const user = await findUser(database, subject);
      return user && { ...user, position };
    },

    async findUserById(id) {
      if (!isId(id)) return undefined;
      const [row] = await database.rows(`SELECT ${userColumns} FROM accounts AS a WHERE a.latchkey_id = ?`, [id]);
      return row && userOf(row);
    },

    async listUsers(query) {
      requireStorable(query.after?.subject);
      const filters = filtersOf(query);
      if (filters === undefined) return [];
      const rows = await database.rows(
        `${filters.before} SELECT ${userColumns} FROM accounts AS a WHERE ${['TRUE', ...filters.conditions].join(' AND ')}
        ORDER BY a.login ${limited(query.limit)}`,
        filters.params,
      );
      return rows.map(userOf);
    },

    async touchUsers(uses) {
      const latest = latestOf(uses.map(({ userId, lastAssertedAt }) => ({ id: userId, at: lastAssertedAt })));
      if (latest.length === 0) return;
      // Sets updated_at to itself. Otherwise MariaDB would update the host's column, but a login is not a change.
      await database.write(
        `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
          id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin PATH '$.id', at DATETIME(3) PATH '$.at'
        )) AS used STRAIGHT_JOIN accounts AS a ON a.latchkey_id = used.id
        SET a.latchkey_asserted_at = used.at, a.updated_at = a.updated_at
        WHERE a.latchkey_asserted_at IS NULL OR a.latchkey_asserted_at < used.at`,
        [JSON.stringify(latest.map(({ id, at }) => ({ id, at: dateTime(at) })))],
      );
    },

    async endLogin(userId, login, keep) {
      if (!isId(userId)) return false;
      return database.transaction(async (session) => {
        // Locks the row, so that logins that end at the same time are processed one after the other.
        const [row] = await session.rows(
          'SELECT login, latchkey_ended_logins FROM accounts WHERE latchkey_id = ? FOR UPDATE',
          [userId],
        );
        if (row === undefined) return false;
        const before = textsOf(row['latchkey_ended_logins']);
        const kept = sortedSet([...before, login]).slice(-keep);
        await session.write(
          'UPDATE accounts SET latchkey_ended_logins = ?, updated_at = updated_at WHERE latchkey_id = ?',
          [JSON.stringify(kept), userId],
        );
        if (!before.includes(login)) await append(session, [journalKeys.user(String(row['login']))]);
        return true;
      });
    },
  };
}

type Asserted = Partial<Pick<UserRow, 'displayName' | 'email' | 'groups'>>;

/** The values that an assertion gives the row. */
function assertedOf({ displayName, email, groups }: Omit<Assertion, 'subject'>): Asserted {
  return {
    // In the host's table, '' means "no name", so an empty name is treated as missing.
    ...(displayName === undefined || displayName === '' ? {} : { displayName }),
    ...(email === undefined || email === '' ? {} : { email }),
    ...(groups === undefined ? {} : { groups: sortedSet(groups) }),
  };
}

/** Whether the assertion changes the row. It never changes a local account. */
function alters(user: UserRow, asserted: Asserted): boolean {
  return user.authMethod === 'proxy' && !same(user, { ...user, ...asserted });
}

// The table's trigger increments the version, and the definition of updated_at updates it.
async function writeAsserted(session: Session, user: UserRow): Promise<void> {
  await session.write('UPDATE accounts SET full_name = ?, mail = ?, latchkey_groups = ? WHERE latchkey_id = ?', [
    user.displayName ?? '',
    user.email ?? null,
    JSON.stringify(user.groups),
    user.id,
  ]);
}

/** The conditions of a query with their parameters. `undefined` if the query cannot match any user. */
function filtersOf(
  query: UserQuery,
):
  | { readonly before: string; readonly conditions: readonly string[]; readonly params: readonly Parameter[] }
  | undefined {
  const { search, authMethod, role, disabled, pending, after } = query;
  const holders = role && holderParams(role);
  if ((role !== undefined && holders === undefined) || (search !== undefined && !isStorable(search))) return undefined;
  const anywhere = search === undefined ? [] : [likeAnywhere(search)];
  const found = ['login', 'full_name', 'mail'].map((column) => `LOWER(a.${column}) LIKE LOWER(?) ESCAPE '!'`);
  const filters: readonly (readonly [string, readonly Parameter[] | undefined])[] = [
    ['a.login > ?', after === undefined ? undefined : [after.subject]],
    [`(${found.join(' OR ')})`, search === undefined ? undefined : found.flatMap(() => anywhere)],
    ['a.latchkey_method = ?', authMethod && [authMethod]],
    ['a.is_active = ?', disabled === undefined ? undefined : [!disabled]],
    ['a.latchkey_pending = ?', pending === undefined ? undefined : [pending]],
    [holdsRole, holders?.holds],
  ];
  const given = filters.filter((filter): filter is readonly [string, readonly Parameter[]] => filter[1] !== undefined);
  return {
    before: holders === undefined ? '' : givingRole,
    conditions: given.map(([condition]) => condition),
    params: [...(holders?.giving ?? []), ...given.flatMap(([, params]) => params)],
  };
}
