// examples: a users table that was there before Latchkey, in a real MariaDB, keeps the contract of Directory.
import { directoryContract } from 'latchkey/contracts';
import { type MariadbServer, startMariadb } from '../support/mariadb.js';
import { type OwnAccounts, ownAccounts } from '../support/own-accounts.js';
import { freePort } from '../support/processes.js';
import { accountsDirectory } from './own-directory/accounts-directory.js';
import { accountsPool } from './own-directory/database.js';

describe('a users table of one’s own', () => {
  let server: MariadbServer;
  let accounts: OwnAccounts;

  before(async () => {
    server = await startMariadb();
    accounts = await ownAccounts(server);
  });
  after(async () => {
    await accounts?.close();
    await server?.stop();
  });

  directoryContract(
    'accountsDirectory',
    {
      async open() {
        await accounts.empty();
        return accountsDirectory(accounts.pool);
      },
      async openUnreachable() {
        return accountsDirectory(accountsPool({ host: server.host, port: await freePort(), user: server.user }));
      },
    },
    { describe, it, before, after, beforeEach },
  );
});
