// Fills Latchkey's tables with many rows, always the same ones.
import type { SqlPool } from '../../src/stores/postgres/pool.js';

/**
 * Fills the empty tables and analyzes them. All users are in `staff`, in one of 200 departments and in one of 5,000
 * teams. The last two users are in `owners`. One of 50,000 users is in `operators`, one of 100,000 was granted `admin`,
 * one of 1,000 is disabled, and one of 20,000 is pending. A quarter of the devices is revoked. One of 30,000 entries is
 * about a removed mapping.
 */
export async function fillTables(
  pool: SqlPool,
  { users, devices, entries }: { readonly users: number; readonly devices: number; readonly entries: number },
): Promise<void> {
  const { rows: indexes } = await pool.query(
    `SELECT c.oid::regclass::text AS name, pg_get_indexdef(c.oid) AS definition
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid IN ('latchkey_users'::regclass, 'latchkey_devices'::regclass, 'latchkey_audit'::regclass)
      AND NOT i.indisunique`,
  );
  const secondary = indexes as readonly { readonly name: string; readonly definition: string }[];
  // Builds each index in one step, as a migration does, not row by row.
  await pool.query(`DROP INDEX ${secondary.map(({ name }) => name).join(', ')}`);
  await pool.query(
    `INSERT INTO latchkey_users (id, subject, auth_method, display_name, email, groups, granted_roles, disabled, pending)
    SELECT md5('user-' || n)::uuid, 'user-' || lpad(n::text, 7, '0'), CASE WHEN n % 50 = 17 THEN 'local' ELSE 'proxy' END,
      'Person ' || md5(n::text), 'person.' || n || '@example.com',
      ARRAY['staff', 'dept-' || n % 200, 'team-' || n % 5000] ||
        CASE WHEN n > $1::integer - 2 THEN '{owners}'::text[] WHEN n % 50000 = 49999 THEN '{operators}' ELSE '{}' END,
      CASE WHEN n % 100000 = 1 THEN '{admin}'::text[] WHEN n % 10 = 3 THEN '{editor}'::text[] ELSE '{}' END,
      n % 1000 = 7, n % 20000 = 11
    FROM generate_series(1, $1::integer) n`,
    [users],
  );
  await pool.query(
    `INSERT INTO latchkey_group_roles (group_name, roles) VALUES ('team-49*9', '{auditor}'), ('staff', '{member}')`,
  );
  await pool.query(
    `INSERT INTO latchkey_devices (id, user_id, name, client_id, paired_by, created_at, expires_at, revoked_at)
    SELECT md5('device-' || n)::uuid, md5('user-' || n * $2::bigint / $1::integer)::uuid, 'Phone ' || md5('d' || n),
      'app-' || n % 3, 'qr', to_timestamp(1700000000 + n), to_timestamp(1900000000), CASE WHEN n % 4 = 0 THEN now() END
    FROM generate_series(1, $1::integer) n`,
    [devices, users],
  );
  await pool.query(
    `INSERT INTO latchkey_audit (actor, action, subject, group_name, device_id, changes)
    SELECT 'user-' || lpad((n % 20 * 50000 + 1)::text, 7, '0'),
      CASE WHEN n % 30000 = 5 THEN 'mapping.deleted' WHEN n % 1000 = 9 THEN 'mapping.set'
        WHEN n % 2 = 0 THEN 'device.paired' ELSE 'user.changed' END,
      CASE WHEN n % 30000 = 5 OR n % 1000 = 9 THEN NULL ELSE 'user-' || lpad((n * 3)::text, 7, '0') END,
      CASE WHEN n % 30000 = 5 OR n % 1000 = 9 THEN 'dept-' || n % 200 END,
      CASE WHEN n % 2 = 0 THEN md5('device-' || n / 2)::uuid END, '{}'
    FROM generate_series(1, $1::integer) n`,
    [entries],
  );
  for (const { definition } of secondary) {
    await pool.query(definition);
  }
  await pool.query('VACUUM ANALYZE');
}
