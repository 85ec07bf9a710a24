// Migrations of the directory in MySQL, on a real MariaDB server, and the prefix of its tables.
import { expect } from 'chai';
import mysql from 'mysql2/promise';
import { migrate } from '../../../src/stores/migrate.js';
import { mysqlDirectory } from '../../../src/stores/mysql/mysql-directory.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import { type MariadbServer, startMariadb } from '../../support/mariadb.js';
import { refusal } from '../../support/people.js';
import { freePort } from '../../support/processes.js';
import { outcomesOf, runWorkers } from '../../support/store-workers.js';

const all = ['0001-tables', '0002-journal', '0003-host-users'];

describe('migrate, in MariaDB', () => {
  let server: MariadbServer;
  let database: string;
  let pool: mysql.Pool;
  const pools: mysql.Pool[] = [];
  before(async () => {
    server = await startMariadb();
  });
  after(async () => {
    await Promise.all(pools.map((each) => each.end()));
    await server?.stop();
  });
  beforeEach(async () => {
    database = await server.database();
    pool = poolOf({});
  });

  function poolOf(options: mysql.PoolOptions): mysql.Pool {
    const { host, port, user } = server;
    const made = mysql.createPool({ host, port, user, database, connectionLimit: 3, ...options });
    pools.push(made);
    return made;
  }
  const place = () => ({ host: server.host, port: server.port, user: server.user, database });
  const column = async (statement: string): Promise<readonly unknown[]> =>
    (await pool.query<mysql.RowDataPacket[]>(statement))[0].map((row) => Object.values(row)[0]);
  const tables = () => column('SHOW TABLES');
  const failure = async (by: mysql.Pool = pool): Promise<LatchkeyError> => {
    const error: unknown = await migrate(by).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(LatchkeyError);
    return error as LatchkeyError;
  };

  it('makes the tables, records what it did, and does nothing the second time', async () => {
    expect(await migrate(pool)).to.deep.equal(all);
    expect(await column('SELECT name FROM latchkey_migrations ORDER BY position')).to.deep.equal(all);
    expect(await migrate(pool)).to.deep.equal([]);
    expect(await tables()).to.have.length(10);
    // Whatever the server's default is, spaces at the end count.
    const collations = await column(`SELECT DISTINCT table_collation FROM information_schema.tables
      WHERE table_schema = DATABASE() AND table_name <> 'latchkey_migrations'`);
    expect(collations).to.deep.equal(['utf8mb4_nopad_bin']);
  });

  it('is run by eight processes at once, and applied by one', async () => {
    const applied = await outcomesOf(8, { place: place(), count: 1, task: 'migrate' });
    expect(applied).to.deep.equal(all);
    expect(await mysqlDirectory(pool).mapping()).to.deep.include({ generation: 0, groupRoles: [] });
  });

  it('continues where a process was killed, at whichever statement that was', async function () {
    this.timeout(400_000);
    const counted: number[] = [];
    for (let dieAt = 1; ; dieAt += 1) {
      database = await server.database();
      pool = poolOf({});
      const [result] = await runWorkers(1, { place: place(), count: 1, task: 'migrate', dieAt });
      if (result === undefined || 'outcomes' in result) break;
      const applied = await migrate(pool);
      expect(all.slice(-applied.length)).to.deep.equal(applied);
      expect(await tables()).to.have.length(10);
      expect(await column('SELECT COUNT(*) FROM latchkey_mapping_generation')).to.deep.equal([1]);
      expect(await mysqlDirectory(pool).journal?.note(['a'])).to.have.property('seq', 1);
      expect(await column('SELECT COUNT(*) FROM latchkey_journal')).to.deep.equal([2]);
      counted.push(applied.length);
      await pool.end();
      pools.splice(pools.indexOf(pool), 1);
    }
    // Twelve statements and as many notes, and the beginning and the end of each migration.
    expect(counted.length).to.be.greaterThan(24);
  });

  it('gives each database an id and a beginning of its own', async () => {
    const seen = new Set<unknown>();
    for (let round = 0; round < 2; round += 1) {
      database = await server.database();
      pool = poolOf({});
      await migrate(pool);
      for (const what of ['database_id', 'nonce']) {
        for (const value of await column(`SELECT ${what} FROM latchkey_journal_head`)) seen.add(value);
      }
    }
    expect(seen.size).to.equal(4);
  });

  it('refuses a database that a newer version has migrated, and names both', async () => {
    await migrate(pool);
    await pool.query(`INSERT INTO latchkey_migrations VALUES (${all.length}, '9999-later', 'a checksum', 1, 1)`);
    const error = await failure();
    expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
    expect(error.message).to.contain('9999-later').and.contain(all.at(-1));
  });

  it('refuses a database whose migrations were altered, also one that was interrupted', async () => {
    await migrate(pool);
    await pool.query(`UPDATE latchkey_migrations SET checksum = 'something else' WHERE position = 1`);
    expect((await failure()).message).to.match(/0002-journal with checksum something else; .*[0-9a-f]{64}/);
    await pool.query('UPDATE latchkey_migrations SET applied_at = NULL WHERE position = 1');
    expect((await failure()).message).to.match(/0002-journal with checksum something else; .*[0-9a-f]{64}/);
  });

  it('takes no table of the host’s for its own, keeps the cause, and continues when the table is gone', async () => {
    await pool.query('CREATE TABLE latchkey_devices (mine INTEGER)');
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const error = await failure();
      expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
      expect(error.message).to.contain('0001-tables').and.contain('continued by the next call');
      expect(error.cause).to.include({ code: 'ER_TABLE_EXISTS_ERROR' });
    }
    await pool.query('DROP TABLE latchkey_devices');
    expect(await migrate(pool)).to.deep.equal(all);
    expect(await mysqlDirectory(pool).searchDevices({ now: new Date(0), limit: 1 })).to.deep.equal([]);
  });

  it('passes as a user who may create nothing where nothing is to be done, and is refused otherwise', async () => {
    await pool.query(`CREATE USER reader_${database} IDENTIFIED BY ''`);
    await pool.query(`GRANT SELECT ON ${database}.* TO reader_${database}`);
    const reader = poolOf({ user: `reader_${database}` });
    expect(await failure(reader)).to.include({ code: 'ERR_DIRECTORY_REFUSED' });
    await migrate(pool);
    expect(await migrate(reader)).to.deep.equal([]);
  });

  it('names the tables as the prefix says, so that two directories share a database', async () => {
    const options = { tablePrefix: 'music_' };
    expect(await migrate(pool, options)).to.deep.equal(all);
    expect(await refusal(mysqlDirectory(pool).findUser('ada'))).to.equal('ERR_DIRECTORY_SCHEMA');
    expect(await migrate(pool)).to.deep.equal(all);
    await mysqlDirectory(pool, options).provision({ subject: 'latchkey_ada' }, 'active');
    expect(await mysqlDirectory(pool, options).findUser('latchkey_ada')).to.include({ subject: 'latchkey_ada' });
    expect(await mysqlDirectory(pool).listUsers({ limit: 10 })).to.deep.equal([]);
    expect(() => mysqlDirectory(pool, { tablePrefix: 'a b' })).to.throw(LatchkeyError, /tablePrefix/);
  });

  it('refuses a pool without a database, and a server that is not there', async () => {
    const { host, port, user } = server;
    const none = mysql.createPool({ host, port, user });
    pools.push(none);
    expect(await failure(none)).to.include({ code: 'ERR_CONFIG' });
    expect(await failure(poolOf({ port: await freePort() }))).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
  });

  it('has not been edited since its release', async () => {
    await migrate(pool);
    const [found] = await pool.query('SELECT name, checksum FROM latchkey_migrations ORDER BY position');
    // Other checksums here mean that every database there is would be refused: add a migration instead.
    expect(found).to.deep.equal([
      { name: '0001-tables', checksum: 'feb7129a778fd2c127e195fee2ee0df40a97b44529db8c81b4046560c3f19272' },
      { name: '0002-journal', checksum: 'f71d5857cf21d0c2bdd717aa8d30351a71a31755f2d4bbd599ed50557a49eda7' },
      { name: '0003-host-users', checksum: 'cdb8efd9b250fdabb1f1fb33fbc979730e88a5a5186c9df984deaf810b7f5fa6' },
    ]);
  });
});
