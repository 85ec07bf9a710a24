// The directory in MySQL, on a real MariaDB server with careless defaults.
import mysql from 'mysql2/promise';
import { mysqlDirectory } from '../../../src/stores/mysql/mysql-directory.js';
import { directoryContract } from '../../contracts/index.js';
import { type MariadbServer, startMariadb } from '../../support/mariadb.js';
import { emptyMysql, type MysqlTables, mysqlTables } from '../../support/mysql-tables.js';
import { freePort } from '../../support/processes.js';

const runner = { describe, it, before, after, beforeEach };

describe('mysqlDirectory', () => {
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

  async function open() {
    await emptyMysql(tables.pool);
    return mysqlDirectory(tables.pool);
  }
  const openUnreachable = async () =>
    mysqlDirectory(mysql.createPool({ host: server.host, port: await freePort(), user: server.user }));
  directoryContract('MariaDB', { open, openUnreachable }, runner);
});
