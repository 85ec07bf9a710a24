// The directory in MySQL on pools and sessions as hosts configure them, on a real MariaDB server.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import mysqlWithCallbacks from 'mysql2';
import type mysql from 'mysql2/promise';
import { mysqlDirectory } from '../../../src/stores/mysql/mysql-directory.js';
import type { MysqlPool } from '../../../src/stores/mysql/pool-shapes.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { type MariadbServer, startMariadb } from '../../support/mariadb.js';
import { emptyMysql, type MysqlTables, mysqlTables } from '../../support/mysql-tables.js';
import { refusal } from '../../support/people.js';

describe('mysqlDirectory, on a pool as a host has it', () => {
  let server: MariadbServer;
  let tables: MysqlTables;
  before(async () => {
    server = await startMariadb();
    tables = await mysqlTables(server);
  });
  after(async () => {
    await tables?.close();
    await server?.stop();
  });
  beforeEach(() => emptyMysql(tables.pool));

  /** Writes and reads what settings could spoil: odd text, numbers, flags, instants and lists. */
  async function tour(directory: Directory): Promise<void> {
    const odd = `o'h"a\\ra 🎵 é `;
    const profile = { subject: odd, displayName: '\\', email: `"%_!'`, groups: [odd, `"`, '\\n', 'line\nbreak'] };
    const created = await directory.provision(profile, 'pending');
    expect(created).to.have.property('outcome', 'created');
    const user = (await directory.findUser(odd)) ?? expect.fail();
    expect(user).to.deep.include({ ...profile, groups: profile.groups.toSorted(), pending: true, disabled: false });
    expect(user.createdAt.getTime()).to.be.closeTo(Date.now(), 60_000);
    const change = { pending: false, addRoles: [odd] };
    expect(await directory.updateUser(odd, change, { actor: { subject: odd } })).to.deep.include({ version: 2 });
    await directory.putMapping({ group: `*\\*`, roles: [odd], note: '\\' });
    const holders = { role: { role: odd, groups: [`*"*`] }, search: 'O\'H"', limit: 10 };
    expect(await directory.listUsers(holders)).to.have.length(1);
    const about = { userId: user.id, name: odd, clientId: 'app', pairedBy: 'qr', lastAddress: '192.0.2.1' } as const;
    const dates = { createdAt: new Date('2026-03-29T01:30:00.123Z'), expiresAt: new Date('2099-12-31T23:59:59.999Z') };
    const id = randomUUID();
    await directory.createDevice({ id, ...about, ...dates }, 1);
    await directory.touchDevices([{ id, lastUsedAt: new Date(1), lastAddress: odd }]);
    const { device } = (await directory.findDevice(id)) ?? expect.fail();
    expect(device).to.deep.include({ ...dates, name: odd, lastUsedAt: new Date(1), lastAddress: odd, serial: 1 });
    const entries = await directory.listAudit({ subject: odd, limit: 10 });
    expect(entries.map(({ action }) => action)).to.deep.equal(['device.paired', 'user.changed']);
    expect(entries[1]).to.deep.include({ actor: { subject: odd, address: undefined } });
    expect(entries[1]?.changes).to.deep.include({ pending: { from: true, to: false } });
    const note = (await directory.journal?.note([odd])) ?? expect.fail();
    expect((await directory.mapping()).position).to.deep.equal(note);
    await directory.journal?.prune(3600);
    expect(await directory.deleteUser(odd)).to.equal(true);
    expect(await directory.deleteMapping(`*\\*`)).to.have.deep.property('groupRoles', []);
  }

  const pools: readonly (readonly [string, mysql.PoolOptions])[] = [
    ['dateStrings and another time zone', { dateStrings: true, timezone: '+09:30' }],
    ['numbers as text', { supportBigNumbers: true, bigNumberStrings: true, decimalNumbers: true }],
    ['typeCast off', { typeCast: false }],
    ['a typeCast of its own', { typeCast: (field, next) => (field.type === 'LONGLONG' ? 'mine' : next()) }],
    ['named placeholders', { namedPlaceholders: true }],
    ['rows as arrays', { rowsAsArray: true }],
    ['nested tables', { nestTables: true } as mysql.PoolOptions],
    ['multiple statements', { multipleStatements: true }],
    ['a single connection', { connectionLimit: 1 }],
    ['static parsers', { disableEval: true }],
  ];
  for (const [title, options] of pools) {
    it(`works with ${title}`, () => tour(mysqlDirectory(tables.another(options))));
  }

  /** A pool whose sessions run this first. */
  const sessions = (statement: string, options: mysql.PoolOptions = {}): mysql.Pool => {
    const pool = tables.another(options);
    pool.pool.on('connection', (connection) => connection.query(statement));
    return pool;
  };
  const modes = [
    `''`,
    `'TRADITIONAL'`,
    `'ANSI'`,
    `'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE,HIGH_NOT_PRECEDENCE,PAD_CHAR_TO_FULL_LENGTH'`,
    `'ORACLE'`,
  ];
  for (const mode of modes) {
    it(`works with the sql_mode ${mode}`, () => tour(mysqlDirectory(sessions(`SET SESSION sql_mode = ${mode}`))));
  }

  it('works with a pool with callbacks', async () => {
    const { host, port, user } = server;
    const pool = mysqlWithCallbacks.createPool({ host, port, user, database: tables.database });
    await tour(mysqlDirectory(pool));
    await new Promise((resolve) => pool.end(resolve));
  });

  it('works where the host’s default isolation level is another one', () =>
    tour(mysqlDirectory(sessions('SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE'))));

  const refused: readonly (readonly [string, () => mysql.Pool, RegExp])[] = [
    [
      'the charset latin1',
      () => tables.another({ charset: 'latin1' }),
      /charset utf8mb4.*utf8mb4'|utf8mb4, saw latin1/,
    ],
    ['utf8 with three bytes', () => sessions('SET NAMES utf8mb3'), /utf8mb4, saw utf8mb3/],
    ['autocommit off', () => sessions('SET autocommit = 0'), /autocommit/],
    ['empty texts as NULL', () => sessions(`SET sql_mode = 'EMPTY_STRING_IS_NULL'`), /EMPTY_STRING_IS_NULL/],
  ];
  for (const [title, pool, message] of refused) {
    it(`refuses ${title} with ERR_CONFIG, and writes nothing`, async () => {
      const directory = mysqlDirectory(pool());
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const error: unknown = await directory
          .provision({ subject: 'ada' }, 'active')
          .catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(LatchkeyError).with.property('code', 'ERR_CONFIG');
        expect((error as LatchkeyError).message).to.match(message);
      }
      expect(await mysqlDirectory(tables.pool).listUsers({ limit: 1 })).to.deep.equal([]);
    });
  }

  it('leaves the host’s limits as they were, after a change and after a refusal', async () => {
    const pool = sessions('SET SESSION wait_timeout = 1234, SESSION innodb_lock_wait_timeout = 77', {
      connectionLimit: 1,
    });
    const directory = mysqlDirectory(pool);
    const limits = async () =>
      (await pool.query('SELECT @@wait_timeout AS wait, @@innodb_lock_wait_timeout AS locks, @@autocommit AS auto'))[0];
    await directory.createUser({ subject: 'ada', authMethod: 'local' });
    expect(await limits()).to.deep.equal([{ wait: 1234, locks: 77, auto: 1 }]);
    expect(await refusal(directory.createUser({ subject: 'ada', authMethod: 'local' }))).to.equal('ERR_SUBJECT_TAKEN');
    expect(await limits()).to.deep.equal([{ wait: 1234, locks: 77, auto: 1 }]);
  });

  it('cuts off no text where the sql_mode would let the server do so', async () => {
    const directory = mysqlDirectory(sessions(`SET SESSION sql_mode = ''`));
    expect(await refusal(directory.provision({ subject: 'a'.repeat(513) }, 'active'))).to.equal('ERR_DIRECTORY_VALUE');
    const long = '🎵'.repeat(512);
    await directory.provision({ subject: long, displayName: '🎻'.repeat(16_000) }, 'active');
    expect((await directory.findUser(long))?.displayName).to.have.length(32_000);
    expect(await directory.listUsers({ limit: 10 })).to.have.length(1);
  });

  it('refuses at once what is no pool of mysql2', () => {
    const mariadb = { getConnection() {}, execute() {}, batch() {} };
    const wrong: readonly [unknown, string][] = [
      ['mysql://root@localhost/music', 'a string'],
      [mariadb, 'another object'],
      [{ getConnection() {} }, 'another object'],
    ];
    for (const [pool, saw] of wrong) {
      expect(() => mysqlDirectory(pool as MysqlPool))
        .to.throw(LatchkeyError, `mysqlDirectory() expected a pool of mysql2 (createPool({ uri })), saw ${saw}.`)
        .with.property('code', 'ERR_CONFIG');
    }
  });
});
