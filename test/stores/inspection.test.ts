// The method `inspect` of each SQL directory: whether the tables suit this version, and the database's clock.
import { expect } from 'chai';
import { migrate } from '../../src/stores/migrate.js';
import { mysqlDirectory } from '../../src/stores/mysql/mysql-directory.js';
import { postgresDirectory } from '../../src/stores/postgres/postgres-directory.js';
import { sqliteDirectory } from '../../src/stores/sqlite/sqlite-directory.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import { type MariadbServer, startMariadb } from '../support/mariadb.js';
import { mysqlTables } from '../support/mysql-tables.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { type SqliteFiles, sqliteFiles } from '../support/sqlite.js';

/** An empty database. `migrated` creates the tables and returns the directory. */
interface Opened {
  readonly directory: Directory;
  run(statement: string): Promise<unknown>;
  migrate(): Promise<unknown>;
}

interface Kind {
  readonly name: string;
  start(): Promise<void>;
  open(): Promise<Opened>;
  stop(): Promise<void>;
}

function postgres(): Kind {
  let server: PostgresServer;
  return {
    name: 'Postgres',
    async start() {
      server = await startPostgres();
    },
    async open() {
      const pool = await server.database();
      return {
        directory: postgresDirectory(pool),
        run: (statement) => pool.query(statement),
        migrate: () => migrate(pool),
      };
    },
    stop: () => server.stop(),
  };
}

function sqlite(): Kind {
  let files: SqliteFiles;
  return {
    name: 'SQLite',
    async start() {
      files = await sqliteFiles();
    },
    async open() {
      const database = files.open(files.path());
      return {
        directory: sqliteDirectory(database),
        run: async (statement) => database.exec(statement),
        migrate: () => migrate(database),
      };
    },
    stop: () => files.remove(),
  };
}

function mariadb(): Kind {
  let server: MariadbServer;
  const closes: (() => Promise<void>)[] = [];
  return {
    name: 'MariaDB',
    async start() {
      server = await startMariadb();
    },
    async open() {
      const tables = await mysqlTables(server);
      closes.push(tables.close);
      const { rows } = { rows: ['users', 'role_keys', 'group_roles', 'devices', 'audit', 'instances', 'journal'] };
      const names = [...rows, 'journal_head', 'mapping_generation', 'migrations'].map((table) => `latchkey_${table}`);
      await tables.pool.query(`DROP TABLE ${names.join(', ')}`);
      return {
        directory: mysqlDirectory(tables.pool),
        run: (statement) => tables.pool.query(statement),
        migrate: () => migrate(tables.pool),
      };
    },
    async stop() {
      for (const close of closes) await close();
      await server.stop();
    },
  };
}

for (const kind of [postgres(), sqlite(), mariadb()]) {
  describe(`inspect in ${kind.name}`, () => {
    let opened: Opened;
    before(() => kind.start());
    after(() => kind.stop());
    beforeEach(async () => {
      opened = await kind.open();
    });

    async function failure(): Promise<{ readonly code?: string; readonly message: string }> {
      const { directory } = opened;
      if (directory.inspect === undefined) throw new Error('This directory has the method inspect');
      return directory.inspect().then(
        () => expect.fail('inspect succeeded'),
        (error: unknown) => error as { code?: string; message: string },
      );
    }

    it('returns the time of a database that has all migrations', async () => {
      await opened.migrate();
      const before = Date.now();
      const found = await opened.directory.inspect?.();
      // The clock of the database, on the same machine, has milliseconds or microseconds.
      expect(found?.now.getTime()).to.be.within(before - 1, Date.now() + 1);
    });

    it('refuses a database without tables', async () => {
      const { code, message } = await failure();
      expect(code).to.equal('ERR_DIRECTORY_SCHEMA');
      expect(message).to.match(/migrate/);
    });

    it('refuses a database that lacks the latest migration, and names it', async () => {
      await opened.migrate();
      const last = kind.name === 'Postgres' ? '0010-host-users' : undefined;
      await opened.run(
        kind.name === 'MariaDB'
          ? 'DELETE FROM latchkey_migrations ORDER BY position DESC LIMIT 1'
          : 'DELETE FROM latchkey_migrations WHERE position = (SELECT max(position) FROM latchkey_migrations)',
      );
      const { code, message } = await failure();
      expect(code).to.equal('ERR_DIRECTORY_SCHEMA');
      expect(message).to.match(
        /^The database lacks migration \d{4}-[a-z-]+: run migrate\(\) before the server listens\.$/,
      );
      if (last !== undefined) expect(message).to.contain(last);
    });

    it('refuses a database that a newer version has migrated', async () => {
      await opened.migrate();
      await opened.run(
        {
          Postgres: `INSERT INTO latchkey_migrations VALUES (99, '9999-later', 'a checksum')`,
          SQLite: `INSERT INTO latchkey_migrations VALUES (99, '9999-later', 'a checksum', 1)`,
          MariaDB: `INSERT INTO latchkey_migrations VALUES (99, '9999-later', 'a checksum', 1, 1)`,
        }[kind.name] ?? '',
      );
      const { code, message } = await failure();
      expect(code).to.equal('ERR_DIRECTORY_SCHEMA');
      expect(message).to.contain('9999-later').and.contain('newer version');
    });
  });
}

describe('inspect in MariaDB, after an interrupted migration', () => {
  const kind = mariadb();
  before(() => kind.start());
  after(() => kind.stop());

  it('refuses the database', async () => {
    const { directory, run, migrate: migrateIt } = await kind.open();
    await migrateIt();
    await run('UPDATE latchkey_migrations SET applied_at = NULL ORDER BY position DESC LIMIT 1');
    const error = await directory.inspect?.().catch((thrown: unknown) => thrown as { code: string });
    expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
  });
});
