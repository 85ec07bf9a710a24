// The own-directory example on a real MariaDB: the contract of Directory, races, server settings, query costs.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Directory } from 'latchkey';
import { directoryContract } from 'latchkey/contracts';
import type { RowDataPacket } from 'mysql2/promise';
import { type MariadbServer, startMariadb } from '../support/mariadb.js';
import { type OwnAccounts, ownAccounts } from '../support/own-accounts.js';
import { refusal } from '../support/people.js';
import { freePort } from '../support/processes.js';
import { accountsDirectory } from './own-directory/accounts-directory.js';
import { accountsPool, database } from './own-directory/database.js';

describe('a directory over the host’s own users table', () => {
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

  async function open(): Promise<Directory> {
    await accounts.empty();
    return accountsDirectory(accounts.pool);
  }
  const openUnreachable = async () =>
    accountsDirectory(accountsPool({ host: server.host, port: await freePort(), user: server.user }));
  directoryContract('accountsDirectory', { open, openUnreachable }, { describe, it, before, after, beforeEach });

  /** Reads rows with the host's own connection. */
  async function hostRows(statement: string): Promise<readonly RowDataPacket[]> {
    return (await accounts.host.query<RowDataPacket[]>(statement))[0];
  }

  for (const count of [20, 200]) {
    describe(`with ${count} concurrent calls of two processes`, () => {
      let both: readonly [Directory, Directory];
      let another: ReturnType<typeof accountsPool>;
      before(() => {
        another = accounts.another();
      });
      after(() => another.end());
      beforeEach(async () => {
        both = [await open(), accountsDirectory(another)];
      });
      const atOnce = (call: (directory: Directory, index: number) => Promise<unknown>) =>
        Promise.all(
          Array.from({ length: count }, async (_, index) => {
            for (;;) {
              const outcome = await refusal(call(both[index % 2 === 0 ? 0 : 1], index));
              // On a busy computer, the last calls wait too long for the lock and fail without a change.
              if (outcome !== 'ERR_DIRECTORY_UNAVAILABLE') return outcome;
            }
          }),
        );
      const carriedOut = (outcomes: readonly (string | undefined)[]) =>
        outcomes.filter((outcome) => outcome === undefined);

      it('creates one account for one new subject', async () => {
        const outcomes = await atOnce((directory) => directory.provision({ subject: 'ada' }, 'active'));
        expect(carriedOut(outcomes)).to.have.length(count);
        expect(await hostRows('SELECT login FROM accounts')).to.deep.equal([{ login: 'ada' }]);
      });

      it('makes one change to each version of a user, a mapping and a device', async () => {
        const [directory] = both;
        const user = await directory.createUser({ subject: 'ada', authMethod: 'local' });
        const id = randomUUID();
        const about = { userId: user.id, name: 'Phone', clientId: 'app', pairedBy: 'qr' } as const;
        await directory.createDevice({ id, ...about, createdAt: new Date(0), expiresAt: new Date(1000) });
        const grants = atOnce((by, index) => by.updateUser('ada', { addRoles: [`role-${index}`] }, { version: 1 }));
        const puts = atOnce((by, index) =>
          by.putMapping({ group: 'staff', roles: [`role-${index}`] }, { version: 'none' }),
        );
        const names = atOnce((by, index) => by.renameDevice(user.id, id, `Phone ${index}`, { version: 1 }));
        for (const outcomes of await Promise.all([grants, puts, names])) {
          expect(carriedOut(outcomes)).to.have.length(1);
          expect(new Set(outcomes)).to.deep.equal(new Set([undefined, 'ERR_VERSION']));
        }
      });

      it('leaves one administrator when all are disabled, demoted or deleted', async () => {
        const [directory] = both;
        await directory.putMapping({ group: 'operators', roles: ['admin'] });
        for (let index = 0; index < count; index += 1) {
          await directory.provision({ subject: `user-${index}`, groups: ['operators'] }, 'active');
        }
        const keeping = { keeping: { role: 'admin', groups: [] } };
        const outcomes = await atOnce((by, index) => {
          if (index % 3 === 0) return by.updateUser(`user-${index}`, { disabled: true }, keeping);
          if (index % 3 === 1) return by.updateUser(`user-${index}`, { authMethod: 'local' }, keeping);
          return by.deleteUser(`user-${index}`, keeping);
        });
        expect(carriedOut(outcomes)).to.have.length(count - 1);
        expect(outcomes.filter((outcome) => outcome === 'ERR_LAST_ADMINISTRATOR')).to.have.length(1);
        expect(await directory.listUsers({ role: keeping.keeping, disabled: false, limit: 10 })).to.have.length(1);
      });
    });
  }

  describe('on a server with careless defaults', () => {
    it('refuses text that is too long, which the server would truncate', async () => {
      const directory = await open();
      const long = 'a'.repeat(256);
      expect(await refusal(directory.provision({ subject: long }, 'active'))).to.equal('ERR_DIRECTORY_VALUE');
      expect(await hostRows('SELECT login FROM accounts')).to.deep.equal([]);
    });

    it('distinguishes characters of four bytes', async () => {
      const directory = await open();
      for (const subject of ['ada 🎵', 'ada 🎻']) await directory.provision({ subject }, 'active');
      expect((await directory.listUsers({ limit: 10 })).map(({ subject }) => subject)).to.deep.equal([
        'ada 🎵',
        'ada 🎻',
      ]);
    });

    it('reads and writes exact times, beyond 2038 and in any time zone of the server', async () => {
      const directory = await open();
      const user = await directory.createUser({ subject: 'ada', authMethod: 'local' });
      const [row] = await hostRows('SELECT UNIX_TIMESTAMP(created_at) AS seconds FROM accounts');
      expect(user.createdAt.getTime()).to.equal(row?.['seconds'] * 1000);
      const about = { userId: user.id, name: 'Phone', clientId: 'app', pairedBy: 'qr' } as const;
      const dates = {
        createdAt: new Date('2026-03-29T01:30:00.123Z'),
        expiresAt: new Date('2099-12-31T23:59:59.999Z'),
      };
      await directory.createDevice({ id: randomUUID(), ...about, ...dates });
      expect((await directory.listDevices(user.id, dates.createdAt))[0]).to.deep.include(dates);
      const [device] = await hostRows('SELECT CAST(created_at AS CHAR) AS at FROM latchkey_devices');
      expect(device?.['at']).to.equal('2026-03-29 01:30:00.123');
    });

    it('rejects with ERR_DIRECTORY_SCHEMA if a table is missing', async () => {
      const outdated = await ownAccounts(server);
      await outdated.host.query('DROP TABLE latchkey_mappings');
      expect(await refusal(accountsDirectory(outdated.pool).mapping())).to.equal('ERR_DIRECTORY_SCHEMA');
      await outdated.close();
    });
  });

  it('reads one position and one row for a login that changes nothing, without a transaction', async () => {
    await open();
    const pool = accounts.another({ connectionLimit: 1 });
    const directory = accountsDirectory(pool);
    const login = () => directory.provision({ subject: 'ada', groups: ['staff'] }, 'active');
    const counted = async () =>
      (
        await pool.query<RowDataPacket[]>(`SHOW SESSION STATUS WHERE Variable_name IN ('Com_begin', 'Com_select')`)
      )[0].map((row) => Number(row['Value']));
    await login();
    const [transactions = 0, selects = 0] = await counted();
    expect(await login()).to.have.property('outcome', 'unchanged');
    expect(await counted()).to.deep.equal([transactions, selects + 2]);
    await pool.end();
  });

  describe('with many accounts and mappings', () => {
    const count = 500;
    const keeping = { role: 'admin', groups: ['admins'] };
    let pool: ReturnType<typeof accountsPool>;
    let directory: Directory;
    beforeEach(async () => {
      await open();
      pool = accounts.another({ connectionLimit: 1 });
      directory = accountsDirectory(pool);
      await accounts.host.query(`INSERT INTO accounts (login, password_hash, latchkey_method, latchkey_groups)
        SELECT CONCAT('user-', seq), '!', 'proxy', JSON_ARRAY('everyone', 'staff') FROM seq_1_to_${count}`);
      for (let index = 0; index < 40; index += 1) {
        await directory.putMapping({ group: `team-${index}`, roles: ['member'] });
      }
      await directory.putMapping({ group: 'operators', roles: ['admin'] });
      // These are the last rows of the table, so that a scan for them reads all others.
      for (const subject of ['zoe', 'zora']) await directory.provision({ subject, groups: ['operators'] }, 'active');
    });
    afterEach(() => pool.end());

    /** Returns how many rows the server reads for the work, including those of JSON_TABLE. */
    async function rowsRead(work: () => Promise<unknown>): Promise<number> {
      const read = async () =>
        (await pool.query<RowDataPacket[]>(`SHOW SESSION STATUS LIKE 'Handler_read%'`))[0].reduce(
          (sum, row) => sum + Number(row['Value']),
          0,
        );
      const before = await read();
      await work();
      return (await read()) - before;
    }

    it('reads only one account if it does not have the role', async () => {
      const disabling = () => directory.updateUser('user-7', { disabled: true }, { keeping });
      const deleting = () => directory.deleteUser('user-8', { keeping });
      expect(await rowsRead(disabling)).to.be.lessThan(count);
      expect(await rowsRead(deleting)).to.be.lessThan(count);
      const edit = () => directory.putMapping({ group: 'team-1', roles: ['guest'] }, { keeping });
      expect(await rowsRead(edit)).to.be.lessThan(count);
    });

    it('reads the mappings once when it looks through accounts for a role', async () => {
      const disabling = () => directory.updateUser('zoe', { disabled: true }, { keeping });
      expect(await rowsRead(disabling)).to.be.lessThan(20 * count);
      const listing = () => directory.listUsers({ role: keeping, limit: 10 });
      expect(await rowsRead(listing)).to.be.lessThan(20 * count);
      expect(await refusal(directory.deleteUser('zora', { keeping }))).to.equal('ERR_LAST_ADMINISTRATOR');
    });
  });

  describe('transactions', () => {
    it('are retried after a deadlock', async () => {
      const directory = await open();
      for (const subject of ['ada', 'grace']) await directory.createUser({ subject, authMethod: 'local' });
      const maria = database(accounts.pool);
      let runs = 0;
      let meet = (): void => {};
      const met = new Promise<void>((resolve) => {
        meet = resolve;
      });
      const update = 'UPDATE accounts SET theme = CONCAT(theme, ?) WHERE login = ?';
      const crossing = (first: string, second: string) =>
        maria.transaction(async (session) => {
          await session.write(update, ['-', first]);
          runs += 1;
          if (runs === 2) meet();
          await met;
          await session.write(update, ['-', second]);
        });
      await Promise.all([crossing('ada', 'grace'), crossing('grace', 'ada')]);
      expect(runs).to.equal(3);
      expect(await hostRows('SELECT DISTINCT theme FROM accounts')).to.deep.equal([{ theme: 'dark--' }]);
    });

    it('are retried while many others hold the lock in turn, but not without end', async () => {
      const maria = database(accounts.pool);
      const waiting = (timeouts: number) => {
        let runs = 0;
        return maria.transaction(async () => {
          runs += 1;
          if (runs <= timeouts) throw Object.assign(new Error('Lock wait timeout exceeded'), { errno: 1205 });
          return runs;
        });
      };
      expect(await waiting(5)).to.equal(6);
      expect(await refusal(waiting(6))).to.equal('ERR_DIRECTORY_UNAVAILABLE');
    });

    it('leave nothing behind if the work throws', async () => {
      const directory = await open();
      const actor = { subject: 'no\0body' };
      expect(await refusal(directory.createUser({ subject: 'ada', authMethod: 'local' }, { actor }))).to.equal(
        'ERR_DIRECTORY_VALUE',
      );
      expect(await hostRows('SELECT login FROM accounts')).to.deep.equal([]);
    });
  });
});
