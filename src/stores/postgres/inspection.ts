// Checks the migrations of a Postgres database, and reads the database's clock.
import type { Directory } from '../../vocabulary/ports.js';
import { recordedMigration, requireMigrations } from '../migration-record.js';
import { migrations } from './migrations.js';
import type { Sql } from './pool.js';

const statement = `SELECT name, checksum, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now
  FROM latchkey_migrations ORDER BY position`;

/** Creates the method `inspect`. */
export function sqlInspection({ run }: Sql): Required<Pick<Directory, 'inspect'>> {
  return {
    async inspect() {
      const found = await run(statement);
      requireMigrations(migrations, found.map(recordedMigration));
      return { now: new Date(Number(found[0]?.['now'])) };
    },
  };
}
