// Creates and updates the tables in SQLite, in one transaction.
import { freshNonce } from '../journal-head.js';
import {
  checksum,
  type Migration,
  migrationFailed,
  missingMigrations,
  recordedMigration,
} from '../migration-record.js';
import { sqliteDialect } from '../sql/dialect.js';
import { rows, type Work, write } from '../sql/statement.js';
import { sqlMigrations } from '../sql/table-definitions.js';
import { type TableOptions, tableNames } from '../table-prefix.js';
import { checkSqliteDatabase, type SqliteDatabase } from './database-shapes.js';
import { isBusy, resultCode, sqliteError } from './sqlite-errors.js';
import { transactions, withRetry } from './transactions.js';

const migrations = sqlMigrations(sqliteDialect);

/** Creates or updates the tables in SQLite. See `migrate`. */
export async function migrateSqlite(database: SqliteDatabase, options?: TableOptions): Promise<readonly string[]> {
  checkSqliteDatabase('migrate()', database);
  const transact = transactions(database, tableNames('migrate()', options));
  // The first transaction takes no write lock, so that a read-only handle is accepted if there is nothing to do.
  const missing = await withRetry(() => transact('DEFERRED', lacking));
  return missing.length === 0 ? [] : withRetry(() => transact('IMMEDIATE', apply));
}

function* lacking(): Work<readonly Migration[]> {
  const there = yield* rows(
    `SELECT 1 AS there FROM sqlite_master WHERE type = 'table' AND name = 'latchkey_migrations'`,
  );
  if (there.length === 0) return migrations;
  const recorded = yield* rows('SELECT name, checksum FROM latchkey_migrations ORDER BY position');
  return missingMigrations(migrations, recorded.map(recordedMigration));
}

function* apply(): Work<readonly string[]> {
  yield* write(`CREATE TABLE IF NOT EXISTS latchkey_migrations (
    position INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    checksum TEXT NOT NULL,
    applied_at INTEGER NOT NULL
  ) STRICT`);
  const missing = yield* lacking();
  for (const migration of missing) {
    for (const statement of migration.statements) {
      try {
        yield* write(statement.replaceAll('{random}', () => `'${freshNonce()}'`));
      } catch (error) {
        throw blamed(migration, error);
      }
    }
    yield* write(
      `INSERT INTO latchkey_migrations (position, name, checksum, applied_at) VALUES (?, ?, ?, ${sqliteDialect.now})`,
      [migrations.indexOf(migration), migration.name, checksum(migration)],
    );
  }
  return missing.map(({ name }) => name);
}

/** Returns the error to throw. A lock, a full disk or a read-only file is not a failure of the migration itself. */
function blamed(migration: Migration, error: unknown): unknown {
  if (isBusy(error)) return error;
  const failure = sqliteError(error);
  const atFault = resultCode(error) === 'SQLITE_ERROR' || failure.code === 'ERR_DIRECTORY_VALUE';
  return atFault ? migrationFailed(migration, 'changed nothing', failure.cause) : error;
}
