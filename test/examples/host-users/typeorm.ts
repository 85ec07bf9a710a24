// host-users: the rows of the host's entity `User`, by TypeORM.
import type { HostUser, HostUsers } from 'latchkey';
import type { Repository } from 'typeorm';

/** The columns of the entity that the adapter uses. You add the column `latchkeyId`. */
export interface UserEntity {
  id: number;
  username: string;
  fullName: string | null;
  email: string | null;
  passwordHash: string;
  role: string;
  latchkeyId: string | null;
}

export function typeormHostUsers(users: Repository<UserEntity>): HostUsers {
  const rowOf = ({ id, latchkeyId }: UserEntity): HostUser => ({ id, createdFor: latchkeyId });
  return {
    async find(username) {
      const user = await users.findOneBy({ username });
      return user && rowOf(user);
    },
    async create({ userId, subject, displayName, email }) {
      const names = { username: subject, fullName: displayName ?? null, email: email ?? null };
      // No password has the hash '!'. If a row with this name exists by then, it stays unchanged.
      const row = { ...names, passwordHash: '!', role: 'listener', latchkeyId: userId };
      await users.createQueryBuilder().insert().values(row).orIgnore().execute();
      return rowOf(await users.findOneByOrFail({ username: subject }));
    },
  };
}
