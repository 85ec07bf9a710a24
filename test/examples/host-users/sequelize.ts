// host-users: the rows of the host's model `User`, by Sequelize.
import type { HostUser, HostUsers } from 'latchkey';
import type { Model, ModelStatic } from 'sequelize';

/** What Latchkey needs of the model. `latchkeyId` is the column that you add. */
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
      // '!' is the hash of no password. If there is a row of this name meanwhile, it stays as it is.
      const row = { ...names, passwordHash: '!', role: 'listener', latchkeyId: userId };
      const [user] = await User.findOrCreate({ where: { username: subject }, defaults: row });
      return rowOf(user);
    },
  };
}
