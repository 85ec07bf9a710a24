// The databases of the growth measurements, with many rows, and the plans of their statements.
import type Database from 'libsql';
import type mysql from 'mysql2/promise';
import type pg from 'pg';
import { migrate } from '../../src/stores/migrate.js';
import { mysqlDirectory } from '../../src/stores/mysql/mysql-directory.js';
import type { MysqlPromisePool } from '../../src/stores/mysql/pool-shapes.js';
import type { SqlPool, SqlRunner } from '../../src/stores/postgres/pool.js';
import { postgresDirectory } from '../../src/stores/postgres/postgres-directory.js';
import type { SqliteDatabase } from '../../src/stores/sqlite/database-shapes.js';
import { sqliteDirectory } from '../../src/stores/sqlite/sqlite-directory.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import { startMariadb } from '../../test/support/mariadb.js';
import { mysqlTables } from '../../test/support/mysql-tables.js';
import { fillMariadb, fillSqlite } from '../../test/support/plans.js';
import { startPostgres } from '../../test/support/postgres.js';
import { fillTables } from '../../test/support/size.js';
import { sqliteFiles } from '../../test/support/sqlite.js';

/** A database with many rows. */
export interface Filled {
  readonly directory: Directory;
  /** Runs the work, and returns the plan of each statement that the work sent, as text. */
  plansOf(work: () => Promise<unknown>): Promise<readonly string[]>;
  /** Returns the tables that this plan reads completely. */
  scanned(plan: string): readonly string[];
  /** Returns the size of each table with its indexes, in bytes, or of the whole file. */
  sizes(): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<void>;
}

/** A kind of database. `fill` starts it with this many users, devices and audit entries. */
export interface Kind {
  readonly name: string;
  fill(rows: number): Promise<Filled>;
}

interface Sent {
  readonly text: string;
  readonly params: unknown[];
}

const isPlanned = (text: string): boolean => /^\s*(?:SELECT|WITH|UPDATE|DELETE|INSERT)\b/i.test(text);

const postgres: Kind = {
  name: 'Postgres',
  async fill(rows) {
    const server = await startPostgres();
    const pool: pg.Pool = await server.database({ max: 4 });
    await pool.query(`SET maintenance_work_mem = '512MB'`);
    await migrate(pool);
    await fillTables(pool, { users: rows, devices: rows, entries: rows });
    let sent: Sent[] | undefined;
    const noted = (runner: SqlRunner): SqlRunner => ({
      query(text, params = []) {
        if (isPlanned(text)) sent?.push({ text, params });
        return runner.query(text, params);
      },
    });
    const noting: SqlPool = {
      ...noted(pool),
      async connect() {
        const connection = await pool.connect();
        return {
          ...noted(connection),
          on: (event, listener) => connection.on(event, listener),
          off: (event, listener) => connection.off(event, listener),
          release: (destroy) => connection.release(destroy),
        };
      },
    };
    return {
      directory: postgresDirectory(noting),
      async plansOf(work) {
        sent = [];
        await work();
        const statements = sent;
        sent = undefined;
        return Promise.all(
          statements.map(async ({ text, params }) => {
            const { rows: lines } = await pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, params);
            return lines.map((line) => line['QUERY PLAN']).join('\n');
          }),
        );
      },
      // Small tables, such as the head of the journal, may be read completely.
      scanned: (plan) =>
        [...plan.matchAll(/Seq Scan on latchkey_(users|devices|audit)\b/g)].map(([, table]) => table ?? ''),
      async sizes() {
        const { rows: found } = await pool.query<{ name: string; bytes: string }>(
          `SELECT c.relname AS name, pg_relation_size(c.oid) AS bytes FROM pg_class c
          WHERE c.relname LIKE 'latchkey_%' AND c.relkind IN ('r', 'i') AND pg_relation_size(c.oid) > 1000000`,
        );
        return Object.fromEntries(found.map(({ name, bytes }) => [name, Number(bytes)]));
      },
      stop: () => server.stop(),
    };
  },
};

const sqlite: Kind = {
  name: 'SQLite',
  async fill(rows) {
    const files = await sqliteFiles();
    const path = files.path();
    const database: Database.Database = files.open(path);
    database.exec('PRAGMA journal_mode = WAL');
    await migrate(database);
    database.exec('PRAGMA cache_size = -262144');
    fillSqlite(database, rows);
    // Uses a separate handle, because libsql does not end the plan of a statement that writes.
    const explaining = files.open(path);
    let sent: Sent[] | undefined;
    const noting: SqliteDatabase = {
      exec: (text) => database.exec(text),
      prepare(text) {
        const prepared = database.prepare(text);
        const note = (params: unknown[]): void => {
          if (isPlanned(text)) sent?.push({ text, params });
        };
        return {
          all(...params) {
            note(params);
            return prepared.all(...params);
          },
          run(...params) {
            note(params);
            return prepared.run(...params);
          },
        };
      },
    };
    return {
      directory: sqliteDirectory(noting),
      async plansOf(work) {
        sent = [];
        await work();
        const statements = sent;
        sent = undefined;
        return statements.map(({ text, params }) => {
          const steps = explaining.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...params) as readonly {
            readonly detail: string;
          }[];
          return steps.map(({ detail }) => detail).join('\n');
        });
      },
      scanned(plan) {
        // A part of the statement gives the rows of a CO-ROUTINE. The audit trail is read by its key, up to the limit.
        const given = [...plan.matchAll(/^(?:CO-ROUTINE|MATERIALIZE) (\w+)$/gm)].map(([, table]) => table);
        const tables = [...plan.matchAll(/^SCAN (?:latchkey_)?(u|d|users|devices|audit|role_keys)$/gm)];
        const isRead = (table: string): boolean =>
          !given.includes(table) && (table !== 'audit' || plan.includes('TEMP'));
        return tables.map(([, table]) => table ?? '').filter(isRead);
      },
      async sizes() {
        const [pages] = database.prepare('PRAGMA page_count').all() as { page_count: number }[];
        const [size] = database.prepare('PRAGMA page_size').all() as { page_size: number }[];
        return { file: (pages?.page_count ?? 0) * (size?.page_size ?? 0) };
      },
      stop: () => files.remove(),
    };
  },
};

const mariadb: Kind = {
  name: 'MariaDB',
  async fill(rows) {
    const server = await startMariadb();
    const tables = await mysqlTables(server);
    const { pool } = tables;
    await pool.query('SET GLOBAL innodb_buffer_pool_size = 1073741824');
    await fillMariadb(pool, rows);
    let sent: Sent[] | undefined;
    const noting: MysqlPromisePool & Pick<mysql.Pool, 'execute'> = {
      execute: pool.execute.bind(pool),
      async getConnection() {
        const connection = await pool.getConnection();
        return {
          connection: connection.connection,
          execute(statement) {
            const values = [...(statement.values ?? [])];
            if (isPlanned(statement.sql)) sent?.push({ text: statement.sql, params: values });
            return connection.execute({ ...statement, values });
          },
          query: (statement) => connection.query({ ...statement, values: [...(statement.values ?? [])] }),
          release: () => connection.release(),
          destroy: () => connection.destroy(),
        };
      },
    };
    return {
      directory: mysqlDirectory(noting),
      async plansOf(work) {
        sent = [];
        await work();
        const statements = sent.filter(({ text }) => !text.includes('@@SESSION'));
        sent = undefined;
        const plans: string[] = [];
        for (const { text, params } of statements) {
          const [steps] = await pool.query<mysql.RowDataPacket[]>(`EXPLAIN ${text}`, params);
          plans.push(
            steps.map((step) => `${step['type']} ${step['table']} key=${step['key']} rows=${step['rows']}`).join('\n'),
          );
        }
        return plans;
      },
      scanned: (plan) =>
        // The plan of an INSERT names the table without a number of rows.
        [...plan.matchAll(/^ALL (?:latchkey_)?(u|d|users|devices|audit|role_keys) key=\w+ rows=\d/gm)].map(
          ([, table]) => table ?? '',
        ),
      async sizes() {
        const [found] = await pool.query<mysql.RowDataPacket[]>(
          `SELECT table_name AS name, data_length + index_length AS bytes FROM information_schema.tables
          WHERE table_schema = DATABASE() AND data_length + index_length > 1000000`,
        );
        return Object.fromEntries(found.map((row) => [String(row['name']), Number(row['bytes'])]));
      },
      async stop() {
        await tables.close();
        await server.stop();
      },
    };
  },
};

/** All databases. */
export const kinds: readonly Kind[] = [postgres, mariadb, sqlite];
