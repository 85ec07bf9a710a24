// host-users: the rows of the host's table `users`, by knex.
import type { Knex } from 'knex';
import type { HostUser, HostUsers } from 'latchkey';

export function knexHostUsers(knex: Knex): HostUsers {
  const find = (username: string): Promise<HostUser | undefined> =>
    knex('users').where({ username }).first('id', 'latchkey_id as createdFor');
  return {
    find,
    async create({ userId, subject, displayName, email }) {
      const names = { username: subject, full_name: displayName ?? null, email: email ?? null };
      // No password has the hash '!'. If a row with this name exists by then, it stays unchanged.
      const row = { ...names, password_hash: '!', role: 'listener', latchkey_id: userId };
      await knex('users').insert(row).onConflict('username').ignore();
      return find(subject);
    },
  };
}
