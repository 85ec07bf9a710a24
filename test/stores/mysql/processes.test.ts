// Several processes on one MariaDB server.
import { mysqlDirectory } from '../../../src/stores/mysql/mysql-directory.js';
import { type MariadbServer, startMariadb } from '../../support/mariadb.js';
import { emptyMysql, type MysqlTables, mysqlTables } from '../../support/mysql-tables.js';
import { storeRaces } from '../store-races.js';

describe('mysqlDirectory in several processes', () => {
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

  storeRaces({
    async open() {
      await emptyMysql(tables.pool);
      return mysqlDirectory(tables.pool);
    },
    place: () => ({ host: server.host, port: server.port, user: server.user, database: tables.database }),
    // The row, its keys twice, the entry, the head, the journal's row, and COMMIT.
    steps: 7,
  });
});
