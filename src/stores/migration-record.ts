// The record of applied migrations, for all databases. Each migration is applied once, in order.
import { createHash } from 'node:crypto';
import { LatchkeyError } from '../vocabulary/errors.js';

/** A schema change that is applied once. */
export interface Migration {
  readonly name: string;
  readonly statements: readonly string[];
}

/** A migration that is recorded in the database. */
export interface RecordedMigration {
  readonly name: string;
  readonly checksum: string;
}

/**
 * Compares the migrations that the database has with the migrations that this version of Latchkey knows.
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

/**
 * Checks that the database has all migrations that this version of Latchkey knows, and no others.
 * @throws {LatchkeyError} `ERR_DIRECTORY_SCHEMA` when a migration is missing, or when a newer or an altered version of
 * Latchkey migrated the database
 */
export function requireMigrations(known: readonly Migration[], recorded: readonly RecordedMigration[]): void {
  const [first] = missingMigrations(known, recorded);
  if (first === undefined) return;
  const detail = `The database lacks migration ${first.name}: run migrate() before the server listens.`;
  throw new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail });
}

/** Reads a migration from a row with the columns `name` and `checksum`. */
export function recordedMigration(row: Readonly<Record<string, unknown>>): RecordedMigration {
  return { name: String(row['name']), checksum: String(row['checksum']) };
}

/**
 * Returns the checksum of a migration. The checksum covers the statements as written in the source, with the default
 * table prefix.
 */
export function checksum(migration: Migration): string {
  return createHash('sha256').update(migration.statements.join(';\n')).digest('hex');
}

/** Returns the error for a migration that failed. */
export function migrationFailed(migration: Migration, outcome: string, cause: unknown): LatchkeyError {
  const detail = `Migration ${migration.name} failed and ${outcome}; see the cause.`;
  return new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail, cause });
}
