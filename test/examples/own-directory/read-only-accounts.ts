// own-directory: the other way, for accounts that must not be written at all. Latchkey's rows are in tables of its own.
import { type Directory, LatchkeyError, type NewUser } from 'latchkey';

/** What the host knows of an account of its own. */
export type HostAccount = Omit<NewUser, 'subject' | 'authMethod'>;

/**
 * A directory that knows of the host's accounts: whoever has one gets a local row on first sight, so that no header takes
 * the name, and the host's own login can sign them in. What is in that row is as of then; the host tells of later changes
 * by `auth.users.update` and `auth.users.delete`.
 * @param own where Latchkey's rows are, as `sqlDirectory(pool)`
 * @param account looks an account up by its exact login, without writing
 */
export function besideAccounts(
  own: Directory,
  account: (login: string) => Promise<HostAccount | undefined>,
): Directory {
  /** Of any number at once one makes the row, and the others find it. */
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
    // An administrator may be about somebody who has not come yet, and must not hand out their name either.
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
