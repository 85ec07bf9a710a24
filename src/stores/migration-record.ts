// The bookkeeping of migrations, which all databases share: each migration is applied once, in order, and recorded.
import { createHash } from 'node:crypto';
import { LatchkeyError } from '../vocabulary/errors.js';

/** A change of the schema, applied once. */
export interface Migration {
  readonly name: string;
  readonly statements: readonly string[];
}

/** A migration that a database says it has. */
export interface RecordedMigration {
  readonly name: string;
  readonly checksum: string;
}

/**
 * Compares what the database has with what this version knows.
 * @returns the migrations that the database lacks
 * @throws {LatchkeyError} `ERR_DIRECTORY_SCHEMA` when a newer or an altered version of Latchkey migrated the database
 */
export function missingMigrations(
  known: readonly Migration[],
  recorded: readonly RecordedMigration[],
): readonly Migration[] {
  for (const [index, { name, checksum: seen }] of recorded.entries()) {
    const migration = known[index];
    if (migration === undefined) {
      const last = known.at(-1)?.name;
      const detail = `The database has migration ${name}; this version of Latchkey knows only those up to ${last}.`;
      throw new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail: `${detail} Install a newer version of Latchkey.` });
    }
    const expected = checksum(migration);
    if (name !== migration.name || seen !== expected) {
      const there = `The database has migration ${name} with checksum ${seen}`;
      const detail = `${there}; this version of Latchkey expects ${migration.name} with checksum ${expected}.`;
      throw new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail });
    }
  }
  return known.slice(recorded.length);
}

/** The checksum of a migration. It covers the statements as they are written here, with the default prefix. */
export function checksum(migration: Migration): string {
  return createHash('sha256').update(migration.statements.join(';\n')).digest('hex');
}

/** The error for a migration that the database did not accept. */
export function migrationFailed(migration: Migration, outcome: string, cause: unknown): LatchkeyError {
  const detail = `Migration ${migration.name} failed and ${outcome}; see the cause.`;
  return new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail, cause });
}
