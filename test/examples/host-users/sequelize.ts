// host-users: the rows of the host's model `User`, by Sequelize.
import type { HostUser, HostUsers } from 'latchkey';
import type { Model, ModelStatic } from 'sequelize';

/** The columns of the model that Latchkey needs. You add the column `latchkeyId`. */
export interface UserModel extends Model {
  readonly id: number;
  readonly latchkeyId: string | null;
}

export function sequelizeHostUsers(User: ModelStatic<UserModel>): HostUsers {
  const rowOf = ({ id, latchkeyId }: UserModel): HostUser => ({ id, createdFor: latchkeyId });
  return {
    async find(username) {
      const user = await User.findOne({ where: { username } });
      return user && rowOf(user);
    },
    async create({ userId, subject, displayName, email }) {
      const names = { fullName: displayName ?? null, email: email ?? null };
      // No password has the hash '!'. If a row with this name exists by then, it stays unchanged.
      const row = { ...names, passwordHash: '!', role: 'listener', latchkeyId: userId };
      const [user] = await User.findOrCreate({ where: { username: subject }, defaults: row });
      return rowOf(user);
    },
  };
}
