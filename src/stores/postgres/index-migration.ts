// The migration that finds few among many. What asks by these indexes is in text-search.ts and role-holders.ts.

/** A step of the schema, applied once. */
export interface Migration {
  readonly name: string;
  readonly statements: readonly string[];
}

/** Its spaces are in the checksum, too. */
export const sizeMigration: Migration = {
  name: '0008-size',
  statements: [
    // PARALLEL RESTRICTED: to start workers takes longer than what is found by these indexes.
    // Text in pieces of three characters, each behind a mark. Not by pg_trgm: a database may refuse an extension. In
    // lower case both ways, as likeWhateverCase asks, so that no row is missed that it would find.
    `CREATE OR REPLACE FUNCTION latchkey_search_keys(mark text, searched text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL RESTRICTED
    RETURN ARRAY(
      SELECT mark || substr(lowered.text, n, 3) FROM (
        SELECT CASE WHEN a_to_z = locale COLLATE "C" THEN a_to_z ELSE a_to_z || chr(10) || locale COLLATE "C" END AS text
        FROM (SELECT lower(searched COLLATE "C") AS a_to_z, lower(searched COLLATE "default") AS locale OFFSET 0) AS ways
      ) AS lowered, generate_series(1, length(lowered.text) - 2) AS n
    )`,
    // What may give somebody a role: '+' and a granted role; '=' and a group; and, for mappings with '*', each group in
    // pieces of three characters, between marks that say where it begins and ends.
    `CREATE OR REPLACE FUNCTION latchkey_role_keys(groups text[], granted_roles text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL RESTRICTED
    RETURN ARRAY(
      SELECT '+' || role FROM unnest(granted_roles) AS role
      UNION ALL SELECT '=' || name FROM unnest(groups) AS name
      UNION ALL SELECT substr(marked.name, n, 3)
        FROM (SELECT chr(1) || name || chr(1) AS name FROM unnest(groups) AS name) AS marked,
          generate_series(1, length(marked.name) - 2) AS n
    )`,
    // Whoever writes a row calls them, also where a database grants nothing by itself.
    'GRANT EXECUTE ON FUNCTION latchkey_search_keys(text, text), latchkey_role_keys(text[], text[]) TO PUBLIC',
    // Who has a role, for lists and for the guard of the last administrator. A list of new keys that is not short makes
    // each reader of the index wait: 256 KiB are a few hundred logins.
    `CREATE INDEX latchkey_users_by_role ON latchkey_users
      USING gin ((latchkey_role_keys(groups, granted_roles) COLLATE "C")) WITH (gin_pending_list_limit = 256)`,
    // Apart from the rest of the text, the subject is also what devices are searched by.
    `CREATE INDEX latchkey_users_by_text ON latchkey_users USING gin ((
      (latchkey_search_keys('s', subject)
        || latchkey_search_keys('', coalesce(display_name, '') || chr(10) || coalesce(email, ''))) COLLATE "C"
    )) WITH (gin_pending_list_limit = 256)`,
    // Of these there are few among many, in the order of the pages. A row that is none of them costs nothing here.
    'CREATE INDEX latchkey_users_pending ON latchkey_users (subject) WHERE pending',
    'CREATE INDEX latchkey_users_disabled ON latchkey_users (subject) WHERE disabled',
    'CREATE INDEX latchkey_users_by_method ON latchkey_users (auth_method, subject)',
    `CREATE INDEX latchkey_devices_by_text ON latchkey_devices
      USING gin ((latchkey_search_keys('', name || chr(10) || client_id) COLLATE "C"))
      WITH (gin_pending_list_limit = 256) WHERE revoked_at IS NULL`,
    // Most entries are about no group; half of them about no device.
    'CREATE INDEX latchkey_audit_by_group ON latchkey_audit (group_name, id) WHERE group_name IS NOT NULL',
    'CREATE INDEX latchkey_audit_by_device ON latchkey_audit (device_id, id) WHERE device_id IS NOT NULL',
    'CREATE INDEX latchkey_audit_by_action ON latchkey_audit (action, id)',
  ],
};
