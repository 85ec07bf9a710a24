// own-directory: an alternative for accounts that Latchkey must not write. Latchkey's rows are in its own tables.
import { type Directory, LatchkeyError, type NewUser } from 'latchkey';

/** The host's data about one of its accounts. */
export type HostAccount = Omit<NewUser, 'subject' | 'authMethod'>;

/**
 * A directory that knows the host's accounts. On first use, it adds a local row for a user with an account. So no
 * header can take over the name, and the host's own login can sign the user in. The row keeps the values of that time:
 * report later changes with `auth.users.update` and `auth.users.delete`.
 * @param own the directory of Latchkey's rows, such as `sqlDirectory(pool)`
 * @param account finds an account by its exact login, without writing
 */
export function besideAccounts(
  own: Directory,
  account: (login: string) => Promise<HostAccount | undefined>,
): Directory {
  /** Adds the row if it is missing. Of many concurrent calls, one adds the row and the others find it. */
  async function see(subject: string): Promise<void> {
    if ((await own.findUser(subject)) !== undefined) return;
    const found = await account(subject);
    if (found === undefined) return;
    try {
      await own.createUser({ ...found, subject, authMethod: 'local' });
    } catch (error) {
      if (!(error instanceof LatchkeyError && error.code === 'ERR_SUBJECT_TAKEN')) throw error;
    }
  }

  return {
    ...own,
    async provision(assertion, create) {
      await see(assertion.subject);
      return own.provision(assertion, create);
    },
    async findUser(subject) {
      await see(subject);
      return own.findUser(subject);
    },
    // An administrator can change a user before the first login, and must not add a second user for an account.
    async createUser(user, context) {
      await see(user.subject);
      return own.createUser(user, context);
    },
    async updateUser(subject, change, context) {
      await see(subject);
      return own.updateUser(subject, change, context);
    },
  };
}
