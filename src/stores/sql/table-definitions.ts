// The tables in SQLite and MySQL, as migrations. One description produces the statements for both databases.
import type { Migration } from '../migration-record.js';
import type { ColumnTypes, Dialect } from './dialect.js';

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** Maps the name of each index to its columns. */
  readonly indexes?: Readonly<Record<string, string>> | undefined;
}

/**
 * Returns the migrations. Never edit a released migration, because deployed databases contain its checksum. Add a new
 * migration instead.
 *
 * The tables have no foreign keys, because SQLite checks foreign keys only if the connection enables this check.
 * Instead, `deleteUser` deletes the user's devices, and no method returns a device whose owner is missing.
 */
export function sqlMigrations({ columns: type, now }: Dialect): readonly Migration[] {
  const tables = [users(type), roleKeys(type), mappings(type), devices(type), audit(type)];
  return [
    {
      name: '0001-tables',
      statements: [
        ...[...tables, ...counters(type)].flatMap((table) => creation(table, type)),
        'INSERT INTO latchkey_mapping_generation (only_row, generation, edits) VALUES (1, 0, 1)',
      ],
    },
    {
      name: '0002-journal',
      statements: [
        ...journal(type).flatMap((table) => creation(table, type)),
        // Latchkey replaces each `{random}` with random text: the database's id and the first nonce. See `freshNonce`.
        'INSERT INTO latchkey_journal_head (only_row, database_id, seq, nonce) VALUES (1, {random}, 0, {random})',
        `INSERT INTO latchkey_journal (seq, nonce, changed_keys, at) SELECT seq, nonce, '[]', ${now} FROM latchkey_journal_head`,
      ],
    },
    {
      name: '0003-host-users',
      statements: [
        `ALTER TABLE latchkey_users ADD COLUMN host_user_id ${type.text(255)}`,
        // NULL means that there are no former subjects. MySQL accepts no default value for this column type.
        `ALTER TABLE latchkey_users ADD COLUMN former_subjects ${type.json}`,
        'CREATE UNIQUE INDEX latchkey_users_by_host_user ON latchkey_users (host_user_id)',
        ...type.lowerSubjects,
      ],
    },
  ];
}

function creation({ name, columns, indexes = {} }: Table, type: ColumnTypes): readonly string[] {
  const entries = Object.entries(indexes);
  const inline = type.inlineIndexes ? entries.map(([index, on]) => `KEY ${index} (${on})`) : [];
  const separate = type.inlineIndexes ? [] : entries.map(([index, on]) => `CREATE INDEX ${index} ON ${name} (${on})`);
  return [`CREATE TABLE ${name} (\n  ${[...columns, ...inline].join(',\n  ')}\n)${type.table}`, ...separate];
}

function users({ id, text, longText, json, integer, bigInteger, length }: ColumnTypes): Table {
  return {
    name: 'latchkey_users',
    columns: [
      `id ${id} NOT NULL PRIMARY KEY`,
      `subject ${text(512)} NOT NULL`,
      `auth_method ${text(8)} NOT NULL`,
      `display_name ${longText}`,
      `email ${longText}`,
      `asserted_groups ${json} NOT NULL`,
      `granted_roles ${json} NOT NULL`,
      `disabled ${integer} NOT NULL`,
      `pending ${integer} NOT NULL`,
      `version ${integer} NOT NULL`,
      `created_at ${bigInteger} NOT NULL`,
      `updated_at ${bigInteger} NOT NULL`,
      `last_asserted_at ${bigInteger}`,
      `ended_logins ${json} NOT NULL`,
      'CONSTRAINT latchkey_users_one_per_subject UNIQUE (subject)',
      `CONSTRAINT latchkey_users_subject_length CHECK (${length}(subject) BETWEEN 1 AND 512)`,
      `CONSTRAINT latchkey_users_auth_method CHECK (auth_method IN ('proxy', 'local'))`,
      'CONSTRAINT latchkey_users_version CHECK (version > 0)',
    ],
    indexes: {
      latchkey_users_by_method: 'auth_method, subject',
      latchkey_users_by_disabled: 'disabled, subject',
      latchkey_users_by_pending: 'pending, subject',
    },
  };
}

/** See role-keys.ts. */
function roleKeys({ id, text }: ColumnTypes): Table {
  return {
    name: 'latchkey_role_keys',
    columns: [`role_key ${text(513)} NOT NULL`, `user_id ${id} NOT NULL`, 'PRIMARY KEY (role_key, user_id)'],
    indexes: { latchkey_role_keys_by_user: 'user_id' },
  };
}

function mappings({ text, json, integer, bigInteger, length }: ColumnTypes): Table {
  return {
    name: 'latchkey_group_roles',
    columns: [
      `group_name ${text(512)} NOT NULL PRIMARY KEY`,
      `roles ${json} NOT NULL`,
      `note ${text(500)}`,
      `changed_by ${text(512)}`,
      `changed_at ${bigInteger} NOT NULL`,
      `version ${integer} NOT NULL`,
      `CONSTRAINT latchkey_group_roles_group_length CHECK (${length}(group_name) BETWEEN 1 AND 512)`,
      `CONSTRAINT latchkey_group_roles_note_length CHECK (${length}(note) BETWEEN 1 AND 500)`,
      'CONSTRAINT latchkey_group_roles_version CHECK (version > 0)',
    ],
  };
}

function devices({ id, text, integer, bigInteger, length }: ColumnTypes): Table {
  const labels = ['name', 'client_id', 'app_version', 'platform', 'last_address'];
  return {
    name: 'latchkey_devices',
    columns: [
      `id ${id} NOT NULL PRIMARY KEY`,
      `user_id ${id} NOT NULL`,
      `name ${text(64)} NOT NULL`,
      `client_id ${text(64)} NOT NULL`,
      `app_version ${text(64)}`,
      `platform ${text(64)}`,
      `paired_by ${text(16)} NOT NULL`,
      `created_at ${bigInteger} NOT NULL`,
      `expires_at ${bigInteger} NOT NULL`,
      `last_used_at ${bigInteger}`,
      `last_address ${text(64)}`,
      `serial ${integer} NOT NULL`,
      `renewed_at ${bigInteger}`,
      `previous_until ${bigInteger}`,
      `revoked_at ${bigInteger}`,
      `version ${integer} NOT NULL`,
      ...labels.map(
        (label) => `CONSTRAINT latchkey_devices_${label}_length CHECK (${length}(${label}) BETWEEN 1 AND 64)`,
      ),
      `CONSTRAINT latchkey_devices_paired_by CHECK (paired_by IN ('code', 'qr', 'user-code'))`,
      'CONSTRAINT latchkey_devices_serial CHECK (serial > 0)',
      'CONSTRAINT latchkey_devices_version CHECK (version > 0)',
    ],
    indexes: { latchkey_devices_by_user: 'user_id', latchkey_devices_newest_first: 'created_at DESC, id' },
  };
}

function audit({ growingKey, id, text, json, bigInteger }: ColumnTypes): Table {
  return {
    name: 'latchkey_audit',
    columns: [
      `id ${growingKey}`,
      `at ${bigInteger} NOT NULL`,
      `actor ${text(512)}`,
      `address ${text(512)}`,
      `action ${text(32)} NOT NULL`,
      `subject ${text(512)}`,
      `group_name ${text(512)}`,
      `device_id ${id}`,
      `changes ${json} NOT NULL`,
    ],
    indexes: {
      latchkey_audit_by_instant: 'at',
      latchkey_audit_by_actor: 'actor, id',
      latchkey_audit_by_action: 'action, id',
      latchkey_audit_by_subject: 'subject, id',
      latchkey_audit_by_group: 'group_name, id',
      latchkey_audit_by_device: 'device_id, id',
    },
  };
}

function counters({ integer }: ColumnTypes): readonly Table[] {
  return [
    {
      name: 'latchkey_mapping_generation',
      columns: [
        `only_row ${integer} NOT NULL PRIMARY KEY`,
        `generation ${integer} NOT NULL`,
        `edits ${integer} NOT NULL`,
        'CONSTRAINT latchkey_mapping_generation_only_row CHECK (only_row = 1)',
        'CONSTRAINT latchkey_mapping_generation_counts CHECK (generation >= 0)',
      ],
    },
  ];
}

function journal({ text, json, integer, bigInteger }: ColumnTypes): readonly Table[] {
  return [
    {
      name: 'latchkey_journal_head',
      columns: [
        `only_row ${integer} NOT NULL PRIMARY KEY`,
        `database_id ${text(64)} NOT NULL`,
        `seq ${bigInteger} NOT NULL`,
        `nonce ${text(64)} NOT NULL`,
        'CONSTRAINT latchkey_journal_head_only_row CHECK (only_row = 1)',
      ],
    },
    {
      name: 'latchkey_journal',
      columns: [
        `seq ${bigInteger} NOT NULL PRIMARY KEY`,
        `nonce ${text(64)} NOT NULL`,
        `changed_keys ${json} NOT NULL`,
        `at ${bigInteger} NOT NULL`,
      ],
    },
    {
      name: 'latchkey_instances',
      columns: [
        `id ${text(64)} NOT NULL PRIMARY KEY`,
        `beat ${bigInteger} NOT NULL`,
        `acknowledged ${bigInteger} NOT NULL`,
        `wait_milliseconds ${integer} NOT NULL`,
      ],
    },
  ];
}
