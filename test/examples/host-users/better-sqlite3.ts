// host-users: the rows of the host's table `users`, by better-sqlite3, libsql or node:sqlite.
import type { HostUser, HostUsers, SqliteDatabase } from 'latchkey';

export function sqliteHostUsers(database: SqliteDatabase): HostUsers {
  const byName = database.prepare('SELECT id, latchkey_id AS createdFor FROM users WHERE username = ?');
  // No password has the hash '!'. If a row with this name exists by then, it stays unchanged.
  const insert = database.prepare(
    `INSERT INTO users (username, full_name, email, password_hash, role, latchkey_id)
    VALUES (?, ?, ?, '!', 'listener', ?) ON CONFLICT DO NOTHING`,
  );
  const find = (username: string) => byName.all(username)[0] as HostUser | undefined;
  return {
    find,
    create({ userId, subject, displayName, email }) {
      insert.run(subject, displayName ?? null, email ?? null, userId);
      return find(subject);
    },
  };
}
