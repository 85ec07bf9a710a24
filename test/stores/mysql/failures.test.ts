// The directory in MySQL when the server, its tables, its rights or the network fail, on a real MariaDB server.
import { expect } from 'chai';
import type mysql from 'mysql2/promise';
import { mysqlDirectory } from '../../../src/stores/mysql/mysql-directory.js';
import { mysqlError } from '../../../src/stores/mysql/mysql-errors.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { type MariadbServer, startMariadb } from '../../support/mariadb.js';
import { emptyMysql, type MysqlTables, mysqlTables } from '../../support/mysql-tables.js';
import { refusal } from '../../support/people.js';
import { until } from '../../support/processes.js';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';

async function failure(promise: Promise<unknown>): Promise<LatchkeyError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(LatchkeyError);
  return error as LatchkeyError;
}

describe('mysqlDirectory, when something fails', () => {
  let server: MariadbServer;
  let tables: MysqlTables;
  let proxy: TcpProxy;
  let directory: Directory;
  before(async () => {
    server = await startMariadb();
    tables = await mysqlTables(server);
    proxy = await startTcpProxy(server);
  });
  after(async () => {
    await tables?.close();
    await proxy?.stop();
    await server?.stop();
  });
  beforeEach(async () => {
    await emptyMysql(tables.pool);
    directory = mysqlDirectory(tables.pool);
  });

  const login = (groups: readonly string[] = ['staff']) => directory.provision({ subject: 'ada', groups }, 'active');
  const asking = async (statement: string): Promise<readonly mysql.RowDataPacket[]> =>
    (await tables.pool.query<mysql.RowDataPacket[]>(statement))[0];

  /** Waits until a transaction waits for a lock. INNODB_TRX does not tell: it is a cache while it is being read. */
  const somebodyWaits = () =>
    until('a transaction waits for a lock', async () => {
      const [row] = await asking(`SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'`);
      return Number(row?.['Value']) === 1;
    });

  it('says what to run where the tables are missing, and where a column is', async () => {
    const broken = await mysqlTables(server);
    await broken.pool.query('ALTER TABLE latchkey_users DROP COLUMN last_asserted_at');
    const error = await failure(mysqlDirectory(broken.pool).findUser('ada'));
    expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA', status: 503 });
    expect(error.message).to.contain('run migrate(pool)');
    expect(error.cause).to.include({ code: 'ER_BAD_FIELD_ERROR' });
    await broken.pool.query('DROP TABLE latchkey_group_roles');
    expect((await failure(mysqlDirectory(broken.pool).mapping())).cause).to.include({ code: 'ER_NO_SUCH_TABLE' });
    await broken.close();
  });

  it('carries no change out without its row of the journal, and tells no values', async () => {
    const broken = await mysqlTables(server);
    const by = mysqlDirectory(broken.pool);
    await by.createUser({ subject: 'ada', authMethod: 'proxy' });
    await by.journal?.note(['a']);
    for (const statement of ['UPDATE latchkey_journal_head SET seq = 0', 'DELETE FROM latchkey_journal_head']) {
      await broken.pool.query(statement);
      for (const change of [
        () => by.updateUser('ada', { disabled: true }),
        () => by.putMapping({ group: 'a', roles: ['b'] }),
      ]) {
        const error = await failure(change());
        expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
        expect(error.message).to.contain('latchkey_journal_head').and.contain('invalidateAll()');
        expect(String((error.cause as Error | undefined)?.message)).to.not.contain('Duplicate entry');
      }
    }
    await broken.pool.query('DELETE FROM latchkey_mapping_generation');
    const guarded = { keeping: { role: 'admin', groups: [] } };
    const lost = await failure(by.updateUser('ada', { disabled: true }, guarded));
    expect(lost).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
    expect(lost.message).to.contain('latchkey_mapping_generation');
    expect((await broken.pool.query('SELECT version FROM latchkey_users'))[0]).to.deep.equal([{ version: 1 }]);
    await broken.close();
  });

  it('refuses a user without rights, and a server that only reads', async () => {
    await login();
    await asking(`CREATE USER powerless IDENTIFIED BY ''`);
    await asking(`GRANT SELECT ON ${tables.database}.* TO powerless`);
    const by = mysqlDirectory(tables.another({ user: 'powerless' }));
    expect(await by.findUser('ada')).to.include({ subject: 'ada' });
    const error = await failure(by.updateUser('ada', { disabled: true }));
    expect(error).to.include({ code: 'ERR_DIRECTORY_REFUSED', retryAfterSeconds: undefined });
    await asking(`GRANT ALL ON ${tables.database}.* TO powerless`);
    await asking('SET GLOBAL read_only = 1');
    try {
      const readonly = await failure(by.deleteUser('ada'));
      expect(readonly).to.include({ code: 'ERR_DIRECTORY_REFUSED' });
      expect(readonly.cause).to.include({ code: 'ER_OPTION_PREVENTS_STATEMENT' });
    } finally {
      await asking('SET GLOBAL read_only = 0');
    }
    expect(await failure(mysqlDirectory(tables.another({ user: 'nobody' })).findUser('ada'))).to.include({
      code: 'ERR_DIRECTORY_REFUSED',
    });
    expect(await failure(mysqlDirectory(tables.another({ database: 'nowhere' })).findUser('ada'))).to.include({
      code: 'ERR_DIRECTORY_REFUSED',
    });
  });

  it('rejects while connections break, keeps the cause, and works again after', async () => {
    directory = mysqlDirectory(tables.another({ host: proxy.host, port: proxy.port }));
    await login();
    proxy.cut();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const error = await failure(directory.findUser('ada'));
      expect(error).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE', status: 503, retryAfterSeconds: 2 });
      expect(error.cause).to.be.instanceOf(Error);
      expect(await failure(login(['others']))).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
    }
    proxy.heal();
    await until('it works again', async () => (await refusal(directory.findUser('ada'))) === undefined);
    expect(await directory.findUser('ada')).to.deep.include({ subject: 'ada', groups: ['staff'] });
  });

  it('ends the transaction of a process that falls silent while it holds the head, so that others go on', async () => {
    await login();
    const silent = mysqlDirectory(tables.another({ host: proxy.host, port: proxy.port, connectionLimit: 1 }));
    const neighbour = await tables.pool.getConnection();
    await neighbour.beginTransaction();
    await neighbour.query('SELECT seq FROM latchkey_journal_head FOR UPDATE');
    // It waits for the head, and is given it when nobody hears it any more.
    const change = refusal(silent.updateUser('ada', { addRoles: ['lost'] }));
    await somebodyWaits();
    proxy.stall();
    await neighbour.commit();
    neighbour.release();
    expect(await directory.updateUser('ada', { addRoles: ['kept'] })).to.deep.include({ grantedRoles: ['kept'] });
    proxy.cut();
    expect(await change).to.equal('ERR_DIRECTORY_UNAVAILABLE');
    proxy.heal();
  });

  it('runs a change again that the server undid for a deadlock', async () => {
    await login();
    // The neighbour takes the head first and then the row, the wrong way round.
    const neighbour = await tables.pool.getConnection();
    await neighbour.beginTransaction();
    await neighbour.query('SELECT seq FROM latchkey_journal_head FOR UPDATE');
    const change = directory.updateUser('ada', { addRoles: ['editor'] });
    await somebodyWaits();
    const outcome = await refusal(neighbour.query(`UPDATE latchkey_users SET disabled = 1 WHERE subject = 'ada'`));
    // The server chooses one of the two.
    if (outcome !== undefined) expect(outcome).to.equal('ER_LOCK_DEADLOCK');
    await neighbour.rollback();
    neighbour.release();
    expect(await change).to.deep.include({ grantedRoles: ['editor'], version: 2, disabled: false });
  });

  it('rejects with ERR_DIRECTORY_UNAVAILABLE when the server is stopped', async () => {
    const other = await startMariadb();
    const there = await mysqlTables(other);
    const by = mysqlDirectory(there.pool);
    await by.createUser({ subject: 'ada', authMethod: 'local' });
    await other.stop();
    for (const call of [by.findUser('ada'), by.updateUser('ada', { disabled: true }), by.mapping()]) {
      expect(await failure(call)).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
    }
    await there.close();
  });
});

describe('mysqlError', () => {
  const said = (errno: number, code: string) =>
    Object.assign(new Error(`said by the server about 'secret'`), { errno, code, sql: 'secret', sqlMessage: 'secret' });
  const cases: readonly (readonly [number, string, string])[] = [
    [1146, 'ER_NO_SUCH_TABLE', 'ERR_DIRECTORY_SCHEMA'],
    [1054, 'ER_BAD_FIELD_ERROR', 'ERR_DIRECTORY_SCHEMA'],
    [1406, 'ER_DATA_TOO_LONG', 'ERR_DIRECTORY_VALUE'],
    [3819, 'ER_CHECK_CONSTRAINT_VIOLATED', 'ERR_DIRECTORY_VALUE'],
    [4025, 'ER_CONSTRAINT_FAILED', 'ERR_DIRECTORY_VALUE'],
    [1045, 'ER_ACCESS_DENIED_ERROR', 'ERR_DIRECTORY_REFUSED'],
    [1290, 'ER_OPTION_PREVENTS_STATEMENT', 'ERR_DIRECTORY_REFUSED'],
    [1114, 'ER_RECORD_FILE_FULL', 'ERR_DIRECTORY_REFUSED'],
    [1021, 'ER_DISK_FULL', 'ERR_DIRECTORY_REFUSED'],
    [1665, 'ER_BINLOG_STMT_MODE_AND_ROW_ENGINE', 'ERR_DIRECTORY_REFUSED'],
    [1040, 'ER_CON_COUNT_ERROR', 'ERR_DIRECTORY_UNAVAILABLE'],
    [1213, 'ER_LOCK_DEADLOCK', 'ERR_DIRECTORY_UNAVAILABLE'],
    [1205, 'ER_LOCK_WAIT_TIMEOUT', 'ERR_DIRECTORY_UNAVAILABLE'],
    [-111, 'ECONNREFUSED', 'ERR_DIRECTORY_UNAVAILABLE'],
    [0, 'SELF_SIGNED_CERT_IN_CHAIN', 'ERR_DIRECTORY_REFUSED'],
  ];
  for (const [errno, code, expected] of cases) {
    it(`takes ${code} for ${expected}`, () => {
      const error = mysqlError(said(errno, code));
      expect(error).to.include({ code: expected });
      expect(error.cause).to.include({ code });
      expect(Object.keys(error.cause as object)).to.deep.equal(['code']);
    });
  }

  it('keeps no value in the cause, where the server writes it into the message', () => {
    for (const [errno, code] of [
      [1062, 'ER_DUP_ENTRY'],
      [1366, 'ER_TRUNCATED_WRONG_VALUE_FOR_FIELD'],
    ] as const) {
      const { cause } = mysqlError(said(errno, code)) as { cause: Error };
      expect(cause).to.include({ code });
      expect(`${cause.message}${cause.stack}`).to.not.contain('secret');
    }
  });
});
