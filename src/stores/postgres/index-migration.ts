// The migration that adds indexes for large tables. text-search.ts and role-holders.ts build the queries that use them.
import type { Migration } from '../migration-record.js';

/** The migration `0008-size`. Do not reformat the SQL, because the checksum covers white space, too. */
export const sizeMigration: Migration = {
  name: '0008-size',
  statements: [
    // PARALLEL RESTRICTED prevents parallel workers, because a query that uses these indexes takes less time than
    // starting the workers. The function splits text into pieces of three characters, and puts a mark before each
    // piece. The function does not use pg_trgm, because some databases do not permit extensions. The function converts
    // the text to lower case with both collations that likeWhateverCase uses, so that the index misses no match.
    `CREATE OR REPLACE FUNCTION latchkey_search_keys(mark text, searched text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL RESTRICTED
    RETURN ARRAY(
      SELECT mark || substr(lowered.text, n, 3) FROM (
        SELECT CASE WHEN a_to_z = locale COLLATE "C" THEN a_to_z ELSE a_to_z || chr(10) || locale COLLATE "C" END AS text
        FROM (SELECT lower(searched COLLATE "C") AS a_to_z, lower(searched COLLATE "default") AS locale OFFSET 0) AS ways
      ) AS lowered, generate_series(1, length(lowered.text) - 2) AS n
    )`,
    // The keys by which users with a role are found: '+' followed by a granted role, and '=' followed by a group. For
    // mappings with '*', there are also keys for pieces of three characters of each group, with marks for the beginning
    // and the end of the group.
    `CREATE OR REPLACE FUNCTION latchkey_role_keys(groups text[], granted_roles text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL RESTRICTED
    RETURN ARRAY(
      SELECT '+' || role FROM unnest(granted_roles) AS role
      UNION ALL SELECT '=' || name FROM unnest(groups) AS name
      UNION ALL SELECT substr(marked.name, n, 3)
        FROM (SELECT chr(1) || name || chr(1) AS name FROM unnest(groups) AS name) AS marked,
          generate_series(1, length(marked.name) - 2) AS n
    )`,
    // Every database role that writes a row calls these functions, and some databases do not permit this by default.
    'GRANT EXECUTE ON FUNCTION latchkey_search_keys(text, text), latchkey_role_keys(text[], text[]) TO PUBLIC',
    // This index finds the users with a role, for lists and for the last-administrator check. A long pending list of
    // the index slows down every read. A list of 256 KiB is long enough for a few hundred logins.
    `CREATE INDEX latchkey_users_by_role ON latchkey_users
      USING gin ((latchkey_role_keys(groups, granted_roles) COLLATE "C")) WITH (gin_pending_list_limit = 256)`,
    // The subject has its own mark, because a search for devices compares the owner's subject, but not the owner's name
    // or email address.
    `CREATE INDEX latchkey_users_by_text ON latchkey_users USING gin ((
      (latchkey_search_keys('s', subject)
        || latchkey_search_keys('', coalesce(display_name, '') || chr(10) || coalesce(email, ''))) COLLATE "C"
    )) WITH (gin_pending_list_limit = 256)`,
    // Few users are pending or disabled, so these partial indexes are small. Their order is the order of the list.
    'CREATE INDEX latchkey_users_pending ON latchkey_users (subject) WHERE pending',
    'CREATE INDEX latchkey_users_disabled ON latchkey_users (subject) WHERE disabled',
    'CREATE INDEX latchkey_users_by_method ON latchkey_users (auth_method, subject)',
    `CREATE INDEX latchkey_devices_by_text ON latchkey_devices
      USING gin ((latchkey_search_keys('', name || chr(10) || client_id) COLLATE "C"))
      WITH (gin_pending_list_limit = 256) WHERE revoked_at IS NULL`,
    // Most audit entries have no group, and half of them have no device.
    'CREATE INDEX latchkey_audit_by_group ON latchkey_audit (group_name, id) WHERE group_name IS NOT NULL',
    'CREATE INDEX latchkey_audit_by_device ON latchkey_audit (device_id, id) WHERE device_id IS NOT NULL',
    'CREATE INDEX latchkey_audit_by_action ON latchkey_audit (action, id)',
  ],
};
