// Measures how long Postgres takes with a million users. Prints a table. Run it with `npm run measure:size`.
import pg from 'pg';
import { migrate } from '../src/stores/postgres/migrations.js';
import { postgresDirectory } from '../src/stores/postgres/postgres-directory.js';
import type { Directory } from '../src/vocabulary/ports.js';
import { startPostgres } from '../test/support/postgres.js';
import { fillTables } from '../test/support/size.js';

const sizes = { users: 1_000_000, devices: 200_000, entries: 300_000 };
const rounds = 5;
// Each scan reads the table from its beginning, not from the place where the previous one ended.
const options = '-c synchronize_seqscans=off';
const keeping = { role: 'admin', groups: ['operators'] };

const asked: readonly (readonly [string, (directory: Directory) => Promise<unknown>])[] = [
  ['users with a role: 30, by group or granted', (d) => d.listUsers({ role: keeping, limit: 100 })],
  ['users with a role: 2,000, by a pattern', (d) => d.listUsers({ role: role('auditor'), limit: 100 })],
  ['users with a role: nearly all', (d) => d.listUsers({ role: role('member'), limit: 100 })],
  ['users with a role: nobody', (d) => d.listUsers({ role: role('nothing'), limit: 100 })],
  ['users pending: 50', (d) => d.listUsers({ pending: true, limit: 100 })],
  ['users disabled: 1,000', (d) => d.listUsers({ disabled: true, limit: 100 })],
  ['user search: one', (d) => d.listUsers({ search: 'person.777777@', limit: 100 })],
  ['user search: 250', (d) => d.listUsers({ search: 'a1b2c', limit: 100 })],
  ['user search: all', (d) => d.listUsers({ search: 'person', limit: 100 })],
  ['user search: none', (d) => d.listUsers({ search: 'no such person', limit: 100 })],
  ['device search: one', (d) => d.searchDevices({ search: 'phone 1777', now: new Date(0), limit: 100 })],
  ['device search: one owner’s', (d) => d.searchDevices({ search: 'user-0077775', now: new Date(0), limit: 100 })],
  ['device search: none', (d) => d.searchDevices({ search: 'no such device', now: new Date(0), limit: 100 })],
  ['entries about a group', (d) => d.listAudit({ group: 'dept-5', limit: 100 })],
  ['entries about a device', (d) => d.listAudit({ deviceId: device, limit: 100 })],
  ['entries of an action: 10', (d) => d.listAudit({ action: 'mapping.deleted', limit: 100 })],
  ['preview of a mapping: 200 users', async (d) => d.countGroupSets('team-77')],
  ['disable and enable one of two administrators, guarded', (d) => disabledAndEnabled(d, 'user-1000000')],
  ['disable and enable another user, guarded', (d) => disabledAndEnabled(d, 'user-0000002')],
  ['login that changes nothing', (d) => d.provision({ subject: 'user-0000004' }, 'never')],
  [
    'login with another group',
    (d) => d.provision({ subject: 'user-0000004', groups: [`group-${Math.random()}`] }, 'never'),
  ],
];

function role(name: string): { readonly role: string; readonly groups: readonly string[] } {
  return { role: name, groups: [] };
}

async function disabledAndEnabled(directory: Directory, subject: string): Promise<void> {
  const guarded = { keeping: { role: 'owner', groups: ['owners'] } };
  await directory.updateUser(subject, { disabled: true }, guarded);
  await directory.updateUser(subject, { disabled: false }, guarded);
}

let device = '';

const scans =
  /Seq Scan on (latchkey_(?:users|devices|audit))\b|(?:Bitmap Index Scan on|Index.* Scan.* using) latchkey_(\w+)/g;

/** `MEASURE_DATABASE`: the address of a database whose tables are already filled. */
async function main(): Promise<void> {
  const address = process.env['MEASURE_DATABASE'];
  if (address !== undefined) {
    const pool = new pg.Pool({ connectionString: address, options });
    await measure(pool);
    await pool.end();
    return;
  }
  const server = await startPostgres();
  try {
    const pool = await server.database({ options });
    await migrate(pool);
    console.log('Filling the tables. This takes some minutes.');
    await fillTables(pool, sizes);
    await measure(pool);
  } finally {
    await server.stop();
  }
}

async function measure(pool: pg.Pool): Promise<void> {
  device = String(
    (await pool.query('SELECT device_id FROM latchkey_audit WHERE device_id IS NOT NULL LIMIT 1')).rows[0].device_id,
  );
  const directory = postgresDirectory(pool);
  const plans = new Set<string>();
  // Also explains every query. The times are those of the plain statements.
  const explained = postgresDirectory({
    async query(text, params) {
      const { rows } = await pool.query(`EXPLAIN (ANALYZE, TIMING OFF) ${text}`, params);
      const plan = rows.map((row) => String(row['QUERY PLAN'])).join('\n');
      for (const [, table, index] of plan.matchAll(scans)) plans.add(index ?? `all of ${table}`);
      return pool.query(text, params);
    },
    connect: () => pool.connect(),
  });
  const table = [];
  for (const [what, ask] of asked) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const began = performance.now();
      await ask(directory);
      times.push(performance.now() - began);
    }
    plans.clear();
    // A change cannot be made twice.
    if (!what.startsWith('disable')) await ask(explained);
    table.push({ what, 'best ms': Number(Math.min(...times).toFixed(1)), scans: [...plans].join('; ') });
  }
  for (const { what, 'best ms': best, scans } of table)
    console.log(`${String(best).padStart(9)} ms  ${what}  [${scans}]`);
  const { rows } = await pool.query(
    `SELECT relname, pg_size_pretty(pg_relation_size(oid)) AS size FROM pg_class
    WHERE relname LIKE 'latchkey\\_%' AND pg_relation_size(oid) > 1000000 ORDER BY pg_relation_size(oid) DESC`,
  );
  console.log(rows.map(({ relname, size }) => `${relname} ${size}`).join(', '));
}

await main();
