// Fills the tables of SQLite or MariaDB with many rows, and reads the plans of statements about them.
import type Database from 'libsql';
import type mysql from 'mysql2/promise';
import type { MysqlPromisePool } from '../../src/stores/mysql/pool-shapes.js';
import type { SqliteDatabase, SqliteStatement } from '../../src/stores/sqlite/database-shapes.js';

/** The rows of each table. */
export const manyRows = 100_000;

/** The SQL that the two databases spell differently. */
interface Spelling {
  /** A table `numbers` with a column `n` from 1 to this number. */
  numbers(count: number): string;
  /** A text of these expressions, in this order. */
  joined(...parts: readonly string[]): string;
  /** A number with leading zeros, seven characters long. */
  padded(expression: string): string;
}

/** Returns the statements that fill the tables: each user has one device and one audit entry. */
function fillings({ numbers, joined, padded }: Spelling, rows: number): readonly string[] {
  const from = `FROM (${numbers(rows)}) numbers`;
  const id = (first: string): string => joined(`'${first}-0000-4000-8000-00000'`, padded('n'));
  const subject = joined(`'user-'`, padded('n'));
  const team = joined(`'team-'`, 'n % 5000');
  return [
    `INSERT INTO latchkey_users (id, subject, auth_method, display_name, email, asserted_groups, granted_roles, disabled,
      pending, version, created_at, updated_at, ended_logins)
    SELECT ${id('00000001')}, ${subject}, CASE WHEN n % 1000 = 17 THEN 'local' ELSE 'proxy' END, 'Person',
      ${joined(`'person.'`, 'n', `'@example.com'`)}, ${joined(`'["staff","'`, team, `'"]'`)}, '[]',
      n % 1000 = 7, n % 20000 = 11, 1, n, n, '[]' ${from}`,
    `INSERT INTO latchkey_role_keys (role_key, user_id)
    SELECT '=staff', ${id('00000001')} ${from} WHERE n % 1000 <> 17`,
    `INSERT INTO latchkey_role_keys (role_key, user_id)
    SELECT ${joined(`'='`, team)}, ${id('00000001')} ${from} WHERE n % 1000 <> 17`,
    `INSERT INTO latchkey_devices (id, user_id, name, client_id, paired_by, created_at, expires_at, serial, version)
    SELECT ${id('00000002')}, ${id('00000001')}, 'Phone', 'app', 'qr', n, 9000000, 1, 1 ${from}`,
    `INSERT INTO latchkey_audit (at, actor, action, subject, changes)
    SELECT n, ${joined(`'actor-'`, 'n % 50')}, CASE WHEN n % 1000 = 5 THEN 'user.deleted' ELSE 'user.changed' END,
      ${subject}, '{}' ${from}`,
  ];
}

/** Fills the empty tables of a SQLite file. There can be at most 9,999,999 rows. */
export function fillSqlite(database: Database.Database, rows: number = manyRows): void {
  const statements = fillings(
    {
      numbers: (count) =>
        `WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ${count}) SELECT n FROM counted`,
      joined: (...parts) => parts.map((part) => `(${part})`).join(' || '),
      padded: (expression) => `printf('%07d', ${expression})`,
    },
    rows,
  );
  database.exec('BEGIN');
  for (const statement of statements) database.exec(statement);
  database.exec('COMMIT');
}

/** Fills the empty tables of a MariaDB, and analyzes them. There can be at most 9,999,999 rows. */
export async function fillMariadb(pool: mysql.Pool, rows: number = manyRows): Promise<void> {
  const statements = fillings(
    {
      numbers: (count) => `SELECT seq AS n FROM seq_1_to_${count}`,
      joined: (...parts) => `CONCAT(${parts.join(', ')})`,
      padded: (expression) => `LPAD(${expression}, 7, '0')`,
    },
    rows,
  );
  for (const statement of statements) await pool.query(statement);
  await pool.query('ANALYZE TABLE latchkey_users, latchkey_role_keys, latchkey_devices, latchkey_audit');
}

const isList = (text: string): boolean => /^SELECT\b.*\b(?:LIMIT \d+|GROUP BY u\.asserted_groups)$/s.test(text);

/** A handle that adds the plan of each read with a limit to the list. */
export function planningSqlite(database: Database.Database, plans: string[]): SqliteDatabase {
  return {
    exec: (text) => database.exec(text),
    prepare(text): SqliteStatement {
      const prepared = database.prepare(text);
      const explained = isList(text) ? database.prepare(`EXPLAIN QUERY PLAN ${text}`) : undefined;
      return {
        all(...params) {
          const steps = explained?.all(...params) as readonly { readonly detail: string }[] | undefined;
          if (steps !== undefined) plans.push(steps.map(({ detail }) => detail).join('\n'));
          return prepared.all(...params);
        },
        run: (...params) => prepared.run(...params),
      };
    },
  };
}

/** How MariaDB reads one table of a statement. */
interface MariadbStep {
  readonly table: string;
  readonly type: string;
  readonly key: string | null;
  readonly Extra: string;
}

/** A pool that adds the plan of each read with a limit, and the rows that the read touched, to the list. */
export function planningMariadb(pool: mysql.Pool, plans: string[]): MysqlPromisePool & Pick<mysql.Pool, 'execute'> {
  return {
    execute: pool.execute.bind(pool),
    async getConnection() {
      const connection = await pool.getConnection();
      return {
        connection: connection.connection,
        async execute(statement) {
          const values = [...(statement.values ?? [])];
          if (!isList(statement.sql)) return connection.execute({ ...statement, values });
          const [steps] = await connection.query<(mysql.RowDataPacket & MariadbStep)[]>(
            `EXPLAIN ${statement.sql}`,
            values,
          );
          const lines = steps.map(
            ({ table, type, key, Extra }) => `${type} ${table} USING ${key ?? 'nothing'} (${Extra})`,
          );
          await connection.query('FLUSH STATUS');
          const result = await connection.execute({ ...statement, values });
          const [counts] = await connection.query<mysql.RowDataPacket[]>(`SHOW SESSION STATUS LIKE 'Handler_read%'`);
          const read = counts.reduce((sum, row) => sum + Number(row['Value']), 0);
          plans.push([...lines, `READ ${read}`].join('\n'));
          return result;
        },
        query: (statement) => connection.query({ ...statement, values: [...(statement.values ?? [])] }),
        release: () => connection.release(),
        destroy: () => connection.destroy(),
      };
    },
  };
}
