// Creates and updates the tables in MySQL and MariaDB. These servers commit each CREATE TABLE separately, so the next
// call continues an interrupted migration where it stopped.
import { createHash } from 'node:crypto';
import { LatchkeyError } from '../../vocabulary/errors.js';
import { freshNonce } from '../journal-head.js';
import { checksum, type Migration, migrationFailed, missingMigrations } from '../migration-record.js';
import { mysqlDialect } from '../sql/dialect.js';
import type { SqlRow, SqlValue } from '../sql/statement.js';
import { sqlMigrations } from '../sql/table-definitions.js';
import { type TableOptions, tableNames } from '../table-prefix.js';
import { ask, connections } from './connections.js';
import { errorNumber, mysqlError } from './mysql-errors.js';
import { checkMysqlPool, type MysqlPool } from './pool-shapes.js';

const migrations = sqlMigrations(mysqlDialect);

/** The maximum number of seconds that a call waits while another instance migrates. */
const longestWait = 60;

type Run = (text: string, params?: readonly SqlValue[]) => Promise<readonly SqlRow[]>;

/** Creates or updates the tables in MySQL or MariaDB. See `migrate`. */
export async function migrateMysql(pool: MysqlPool, options?: TableOptions): Promise<readonly string[]> {
  const named = tableNames('migrate()', options);
  const onConnection = connections(checkMysqlPool('migrate()', pool));
  return onConnection(async (connection) => {
    const run: Run = (text, params = []) =>
      ask(connection, { text: named(text), params, reads: /^\s*(?:SELECT|DO)\b/.test(text) });
    const [server] = await run('SELECT DATABASE() AS name, VERSION() AS version');
    if (server?.['name'] === null) {
      throw new LatchkeyError('ERR_CONFIG', { detail: 'migrate() expected a pool with a database, saw one without.' });
    }
    if ((await recorded(run, named)).every(({ finished }) => finished) && (await lacking(run, named)).length === 0) {
      return [];
    }
    // All databases of a server share one namespace for locks, so the name of the lock contains a hash of the
    // database's name.
    const lock = named(`latchkey_${createHash('sha256').update(String(server?.['name'])).digest('hex').slice(0, 24)}`);
    const [locked] = await run(`SELECT GET_LOCK(?, ${longestWait}) AS got`, [lock]);
    if (Number(locked?.['got']) !== 1) {
      const detail = `Another instance has been migrating for ${longestWait} seconds.`;
      throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE', { detail });
    }
    try {
      return await apply(run, named, collationOf(String(server?.['version'])));
    } finally {
      await run('SELECT RELEASE_LOCK(?) AS released', [lock]);
    }
  });
}

/**
 * Returns the name of the collation that compares by code points, including spaces at the end. MySQL and MariaDB have
 * different names for this collation.
 */
function collationOf(version: string): string {
  return /mariadb/i.test(version) ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
}

interface Recorded {
  readonly name: string;
  readonly checksum: string;
  /** The number of statements of the migration that were started. */
  readonly begun: number;
  readonly finished: boolean;
}

async function recorded(run: Run, named: (text: string) => string): Promise<readonly Recorded[]> {
  // This look-up comes first, because CREATE TABLE IF NOT EXISTS requires the right to create tables even if the table
  // exists.
  const there = await run(
    'SELECT 1 AS there FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?',
    [named('latchkey_migrations')],
  );
  if (there.length === 0) return [];
  const found = await run('SELECT name, checksum, begun, applied_at FROM latchkey_migrations ORDER BY position');
  return found.map((row) => ({
    name: String(row['name']),
    checksum: String(row['checksum']),
    begun: Number(row['begun']),
    finished: row['applied_at'] !== null,
  }));
}

async function lacking(run: Run, named: (text: string) => string): Promise<readonly Migration[]> {
  return missingMigrations(
    migrations,
    (await recorded(run, named)).filter(({ finished }) => finished),
  );
}

async function apply(run: Run, named: (text: string) => string, collation: string): Promise<readonly string[]> {
  await run(`CREATE TABLE IF NOT EXISTS latchkey_migrations (
    position INT NOT NULL PRIMARY KEY,
    name VARCHAR(64) NOT NULL UNIQUE,
    checksum CHAR(64) NOT NULL,
    begun INT NOT NULL,
    applied_at BIGINT
  ) ENGINE=InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin`);
  // This version of Latchkey must know every migration that was started, even if it was interrupted.
  missingMigrations(migrations, await recorded(run, named));
  const missing = await lacking(run, named);
  for (const migration of missing) {
    const interrupted = (await recorded(run, named)).find(({ name }) => name === migration.name);
    await applyOne(run, migration, collation, interrupted);
  }
  return missing.map(({ name }) => name);
}

async function applyOne(
  run: Run,
  migration: Migration,
  collation: string,
  interrupted: Recorded | undefined,
): Promise<void> {
  const { name } = migration;
  if (interrupted === undefined) {
    await run('INSERT INTO latchkey_migrations (position, name, checksum, begun) VALUES (?, ?, ?, 0)', [
      migrations.indexOf(migration),
      name,
      checksum(migration),
    ]);
  }
  const begun = interrupted?.begun ?? 0;
  const noteBegun = (count: number): Promise<unknown> =>
    run('UPDATE latchkey_migrations SET begun = ? WHERE name = ?', [count, name]);
  for (const [index, statement] of migration.statements.entries()) {
    // All statements before the last statement that was started are complete.
    if (index + 1 < begun) continue;
    await noteBegun(index + 1);
    try {
      await run(statement.replaceAll('{collation}', collation).replaceAll('{random}', () => `'${freshNonce()}'`));
    } catch (error) {
      // ER_TABLE_EXISTS_ERROR, ER_DUP_ENTRY, ER_DUP_FIELDNAME or ER_DUP_KEYNAME: the statement was complete before the
      // interruption.
      if (index + 1 === begun && [1050, 1062, 1060, 1061].includes(errorNumber(error))) continue;
      await noteBegun(index);
      throw blamed(migration, error);
    }
  }
  await run(`UPDATE latchkey_migrations SET applied_at = ${mysqlDialect.now} WHERE name = ?`, [name]);
}

/**
 * Returns the error to throw. A missing right, a full disk or a lost connection is not a failure of the migration
 * itself.
 */
function blamed(migration: Migration, error: unknown): LatchkeyError {
  const failure = mysqlError(error);
  const number = errorNumber(error);
  const elsewhere = ['ERR_DIRECTORY_REFUSED', 'ERR_DIRECTORY_UNAVAILABLE'].includes(failure.code) && number !== 1050;
  if (elsewhere) return failure;
  return migrationFailed(migration, 'will be continued by the next call', failure.cause);
}
