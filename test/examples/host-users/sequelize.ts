// host-users: the rows of the host's model `User`, by Sequelize.
import type { HostUser, HostUsers } from 'latchkey';
import type { Model, ModelStatic } from 'sequelize';

/** The columns of the model that Latchkey needs. You add the column `latchkeyId`. */
export interface UserModel extends Model {
  readonly id: number;
  readonly latchkeyId: string | null;
}

export function sequelizeHostUsers(User: ModelStatic<UserModel>): HostUsers {
  const find = async (username: string): Promise<HostUser | undefined> => {
    const user = await User.findOne({ where: { username } });
    return user === null ? undefined : { id: user.id, createdFor: user.latchkeyId };
  };
  return {
    find,
    async create({ userId, subject, displayName, email }) {
      const names = { username: subject, fullName: displayName ?? null, email: email ?? null };
      // No password has the hash '!'. If a row with this name exists by then, it stays unchanged. (On SQLite,
      // `findOrCreate` fails if it runs for several users at once.)
      const row = { ...names, passwordHash: '!', role: 'listener', latchkeyId: userId };
      await User.bulkCreate([row], { ignoreDuplicates: true });
      return find(subject);
    },
  };
}
