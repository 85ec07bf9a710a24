// Checks the migrations of a SQLite, MySQL or MariaDB database, and reads the database's clock.
import type { Directory } from '../../vocabulary/ports.js';
import { recordedMigration, requireMigrations } from '../migration-record.js';
import type { Dialect } from './dialect.js';
import { firstRow, rows, type SqlSession, type Work } from './statement.js';
import { sqlMigrations } from './table-definitions.js';

/** Creates the method `inspect`. */
export function sqlInspection(dialect: Dialect, session: SqlSession): Required<Pick<Directory, 'inspect'>> {
  const migrations = sqlMigrations(dialect);

  function* inspect(): Work<{ readonly now: Date }> {
    // In MySQL and MariaDB, an interrupted migration has no date.
    const finished = 'SELECT name, checksum FROM latchkey_migrations WHERE applied_at IS NOT NULL ORDER BY position';
    requireMigrations(migrations, (yield* rows(finished)).map(recordedMigration));
    const row = yield* firstRow(`SELECT ${dialect.now} AS now`);
    return { now: new Date(Number(row?.['now'])) };
  }

  return { inspect: () => session.read(inspect) };
}
