// The tables of the Postgres directory, as migrations. Each migration is applied once, in order, and is recorded.
import { driverError } from '../driver-error.js';
import {
  checksum,
  type Migration,
  migrationFailed,
  missingMigrations,
  recordedMigration,
} from '../migration-record.js';
import { type TableOptions, tableNames } from '../table-prefix.js';
import { sizeMigration } from './index-migration.js';
import { checkPool, type Run, type SqlPool, sql, sqlState } from './pool.js';

// Never edit a released migration, because deployed databases contain its checksum. Add a new migration instead.
/** All migrations of the Postgres directory, in order. */
export const migrations: readonly Migration[] = [
  {
    name: '0001-users',
    statements: [
      // COLLATE "C" sorts lists of users by code points, regardless of the database's locale.
      `CREATE TABLE latchkey_users (
        id uuid PRIMARY KEY,
        subject text COLLATE "C" NOT NULL,
        auth_method text NOT NULL,
        display_name text,
        email text,
        groups text[] NOT NULL DEFAULT '{}',
        managed_roles text[] NOT NULL DEFAULT '{}',
        granted_roles text[] NOT NULL DEFAULT '{}',
        disabled boolean NOT NULL DEFAULT false,
        pending boolean NOT NULL DEFAULT false,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT latchkey_users_one_per_subject UNIQUE (subject),
        CONSTRAINT latchkey_users_subject_length CHECK (char_length(subject) BETWEEN 1 AND 512),
        CONSTRAINT latchkey_users_auth_method CHECK (auth_method IN ('proxy', 'local')),
        CONSTRAINT latchkey_users_groups CHECK (array_position(groups, NULL) IS NULL),
        CONSTRAINT latchkey_users_managed_roles CHECK (array_position(managed_roles, NULL) IS NULL),
        CONSTRAINT latchkey_users_granted_roles CHECK (array_position(granted_roles, NULL) IS NULL),
        CONSTRAINT latchkey_users_version CHECK (version > 0)
      )`,
    ],
  },
  {
    name: '0002-mapping',
    statements: [
      `CREATE TABLE latchkey_group_roles (
        group_name text COLLATE "C" PRIMARY KEY,
        roles text[] NOT NULL,
        CONSTRAINT latchkey_group_roles_group_length CHECK (char_length(group_name) BETWEEN 1 AND 512),
        CONSTRAINT latchkey_group_roles_some CHECK (cardinality(roles) > 0 AND array_position(roles, NULL) IS NULL)
      )`,
      `CREATE TABLE latchkey_mapping_generation (
        only_row boolean PRIMARY KEY DEFAULT true,
        generation integer NOT NULL,
        CONSTRAINT latchkey_mapping_generation_only_row CHECK (only_row),
        CONSTRAINT latchkey_mapping_generation_counts CHECK (generation >= 0)
      )`,
      'INSERT INTO latchkey_mapping_generation (generation) VALUES (0)',
    ],
  },
  {
    name: '0003-devices',
    statements: [
      `CREATE TABLE latchkey_devices (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES latchkey_users (id) ON DELETE CASCADE,
        name text NOT NULL,
        client_id text NOT NULL,
        paired_by text NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        last_used_at timestamptz,
        revoked_at timestamptz,
        CONSTRAINT latchkey_devices_name_length CHECK (char_length(name) BETWEEN 1 AND 64),
        CONSTRAINT latchkey_devices_client_id_length CHECK (char_length(client_id) BETWEEN 1 AND 64),
        CONSTRAINT latchkey_devices_paired_by CHECK (paired_by IN ('code', 'qr'))
      )`,
      'CREATE INDEX latchkey_devices_by_user ON latchkey_devices (user_id)',
    ],
  },
  {
    name: '0004-renewal-and-use',
    statements: [
      'ALTER TABLE latchkey_users ADD COLUMN last_asserted_at timestamptz',
      `ALTER TABLE latchkey_devices
        ADD COLUMN app_version text,
        ADD COLUMN platform text,
        ADD COLUMN last_address text,
        ADD COLUMN serial integer NOT NULL DEFAULT 1,
        ADD COLUMN renewed_at timestamptz,
        ADD COLUMN previous_until timestamptz,
        ADD CONSTRAINT latchkey_devices_app_version_length CHECK (char_length(app_version) BETWEEN 1 AND 64),
        ADD CONSTRAINT latchkey_devices_platform_length CHECK (char_length(platform) BETWEEN 1 AND 64),
        ADD CONSTRAINT latchkey_devices_last_address_length CHECK (char_length(last_address) BETWEEN 1 AND 64),
        ADD CONSTRAINT latchkey_devices_serial CHECK (serial > 0),
        DROP CONSTRAINT latchkey_devices_paired_by,
        ADD CONSTRAINT latchkey_devices_paired_by CHECK (paired_by IN ('code', 'qr', 'user-code'))`,
    ],
  },
  {
    name: '0005-administration',
    statements: [
      `ALTER TABLE latchkey_group_roles
        ADD COLUMN note text,
        ADD COLUMN changed_by text,
        ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now(),
        ADD COLUMN version integer NOT NULL DEFAULT 1,
        ADD CONSTRAINT latchkey_group_roles_note_length CHECK (char_length(note) BETWEEN 1 AND 500),
        ADD CONSTRAINT latchkey_group_roles_version CHECK (version > 0)`,
      'ALTER TABLE latchkey_mapping_generation ADD COLUMN edits integer NOT NULL DEFAULT 1',
      `ALTER TABLE latchkey_devices
        ADD COLUMN version integer NOT NULL DEFAULT 1,
        ADD CONSTRAINT latchkey_devices_version CHECK (version > 0)`,
      'CREATE INDEX latchkey_devices_newest_first ON latchkey_devices (created_at DESC, id)',
      // The column `at` has a precision of milliseconds, like JavaScript dates. So a filter by the exact time of an
      // entry finds that entry.
      `CREATE TABLE latchkey_audit (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        actor text COLLATE "C",
        address text,
        action text NOT NULL,
        subject text COLLATE "C",
        group_name text COLLATE "C",
        device_id uuid,
        changes jsonb NOT NULL
      )`,
      'CREATE INDEX latchkey_audit_by_actor ON latchkey_audit (actor, id)',
      'CREATE INDEX latchkey_audit_by_subject ON latchkey_audit (subject, id)',
      'CREATE INDEX latchkey_audit_by_instant ON latchkey_audit (at)',
    ],
  },
  {
    name: '0006-journal',
    statements: [
      // Managed roles are computed from groups and mappings at each read.
      'ALTER TABLE latchkey_users DROP COLUMN managed_roles',
      // The pages are only half filled, because each change and each heartbeat adds a new row version.
      `CREATE TABLE latchkey_journal_head (
        only_row boolean PRIMARY KEY DEFAULT true,
        database text NOT NULL,
        seq bigint NOT NULL,
        nonce text NOT NULL,
        CONSTRAINT latchkey_journal_head_only_row CHECK (only_row)
      ) WITH (fillfactor = 50)`,
      `CREATE TABLE latchkey_journal (
        seq bigint PRIMARY KEY,
        nonce text NOT NULL,
        keys text[] NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT latchkey_journal_keys CHECK (array_position(keys, NULL) IS NULL)
      )`,
      `CREATE TABLE latchkey_instances (
        id text COLLATE "C" PRIMARY KEY,
        beat bigint NOT NULL,
        acknowledged bigint NOT NULL,
        wait_milliseconds integer NOT NULL
      ) WITH (fillfactor = 50)`,
      `INSERT INTO latchkey_journal_head (database, seq, nonce)
      VALUES (gen_random_uuid()::text, 0, gen_random_uuid()::text || gen_random_uuid()::text)`,
      `INSERT INTO latchkey_journal (seq, nonce, keys) SELECT seq, nonce, '{}' FROM latchkey_journal_head`,
    ],
  },
  {
    name: '0007-ended-logins',
    statements: [`ALTER TABLE latchkey_users ADD COLUMN ended_logins text[] COLLATE "C" NOT NULL DEFAULT '{}'`],
  },
  sizeMigration,
  {
    name: '0009-deleted-in-audit',
    statements: [
      `UPDATE latchkey_audit SET action = replace(action, 'removed', 'deleted')
      WHERE action IN ('user.removed', 'mapping.removed')`,
    ],
  },
  {
    name: '0010-host-users',
    statements: [
      `ALTER TABLE latchkey_users
        ADD COLUMN host_user_id text COLLATE "C",
        ADD COLUMN former_subjects text[] COLLATE "C" NOT NULL DEFAULT '{}',
        ADD CONSTRAINT latchkey_users_host_user_length CHECK (char_length(host_user_id) BETWEEN 1 AND 255),
        ADD CONSTRAINT latchkey_users_one_per_host_user UNIQUE (host_user_id)`,
      // The collation of the column is C, so lower() changes A to Z only.
      'CREATE INDEX latchkey_users_by_lower_subject ON latchkey_users (lower(subject))',
    ],
  },
];

/** Creates or updates the tables in Postgres, all in one transaction. See `migrate` in ../migrate.ts. */
export async function migrate(pool: SqlPool, options?: TableOptions): Promise<readonly string[]> {
  checkPool('migrate()', pool);
  return sql(pool, tableNames('migrate()', options)).transaction(async (run) => {
    await run(`SELECT pg_advisory_xact_lock(hashtextextended('latchkey_migrations', 0))`);
    // This look-up comes first, because CREATE TABLE IF NOT EXISTS requires the right to create tables even if the
    // table exists.
    const [there] = await run(
      `SELECT to_regclass(quote_ident(current_schema()) || '.latchkey_migrations') IS NOT NULL AS made`,
    );
    if (there?.['made'] !== true) {
      await run(`CREATE TABLE IF NOT EXISTS latchkey_migrations (
        position integer PRIMARY KEY,
        name text NOT NULL UNIQUE,
        checksum text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
      )`);
    }
    const recorded = await run('SELECT name, checksum FROM latchkey_migrations ORDER BY position');
    const missing = missingMigrations(migrations, recorded.map(recordedMigration));
    for (const [index, migration] of missing.entries()) {
      await apply(run, recorded.length + index, migration);
    }
    return missing.map((migration) => migration.name);
  });
}

async function apply(run: Run, position: number, migration: Migration): Promise<void> {
  try {
    for (const statement of migration.statements) {
      await run(statement);
    }
  } catch (error) {
    // The migration is not the cause of errors in the classes 08, 28, 53 and 57 (connection, login, resources,
    // operator) or of error 42501 (permissions).
    if (/^(?!08|28|53|57|42501)/.test(sqlState(error) ?? '08')) {
      throw migrationFailed(migration, 'changed nothing', driverError(error));
    }
    throw error;
  }
  await run('INSERT INTO latchkey_migrations (position, name, checksum) VALUES ($1::integer, $2::text, $3::text)', [
    position,
    migration.name,
    checksum(migration),
  ]);
}
