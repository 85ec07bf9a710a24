// Migrations of the SQL directory.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type pg from 'pg';
import { migrate } from '../../../src/stores/postgres/migrations.js';
import { postgresDirectory } from '../../../src/stores/postgres/postgres-directory.js';
import { sqlDirectory } from '../../../src/stores/postgres/sql-directory.js';
import { LatchkeyError } from '../../../src/vocabulary/errors.js';
import { withoutPositions } from '../../contracts/directory-harness.js';
import { pglite, startPglite } from '../../support/pglite.js';
import { type PostgresServer, startPostgres } from '../../support/postgres.js';
import { freePort } from '../../support/processes.js';

const all = [
  '0001-users',
  '0002-mapping',
  '0003-devices',
  '0004-renewal-and-use',
  '0005-administration',
  '0006-journal',
  '0007-ended-logins',
  '0008-size',
  '0009-deleted-in-audit',
  '0010-host-users',
];
const last = '0010-host-users';

describe('migrate', () => {
  let server: PostgresServer;
  let pool: pg.Pool;

  before(async function () {
    await startPglite.call(this);
    server = await startPostgres();
  });
  after(() => server.stop());
  beforeEach(async () => {
    pool = await server.database();
  });

  async function failure(): Promise<Error> {
    return migrate(pool).then(
      () => expect.fail('migrate succeeded'),
      (error: unknown) => error as Error,
    );
  }
  async function tables(): Promise<string[]> {
    const { rows } = await pool.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
    );
    return rows.map((row) => row.name);
  }

  it('creates the tables, records the migrations, and does nothing the second time', async () => {
    expect(await migrate(pool)).to.deep.equal(all);
    const record = 'SELECT * FROM latchkey_migrations ORDER BY position';
    const { rows } = await pool.query(record);
    expect(rows.map((row) => row.name)).to.deep.equal(all);
    expect(rows.map((row) => row.position)).to.deep.equal(all.map((_, position) => position));
    expect(await migrate(pool)).to.deep.equal([]);
    expect((await pool.query(record)).rows).to.deep.equal(rows);
  });

  it('prefixes every table', async () => {
    await migrate(pool);
    expect(await tables()).to.deep.equal([
      'latchkey_audit',
      'latchkey_devices',
      'latchkey_group_roles',
      'latchkey_instances',
      'latchkey_journal',
      'latchkey_journal_head',
      'latchkey_mapping_generation',
      'latchkey_migrations',
      'latchkey_users',
    ]);
  });

  for (const isolation of ['read committed', 'serializable']) {
    it(`applies each migration once in eight concurrent instances, with isolation ${isolation}`, async () => {
      const { database } = pool.options;
      await pool.query(`ALTER DATABASE ${database} SET default_transaction_isolation TO '${isolation}'`);
      const instances = Array.from({ length: 8 }, () => server.pool({ database, max: 1 }));
      // Connects all of them first, so that they really run at once.
      await Promise.all(instances.map((instance) => instance.query('SELECT')));
      const applied = await Promise.all(instances.map((instance) => migrate(instance)));
      expect(applied.filter((names) => names.length > 0)).to.deep.equal([all]);
      expect(await sqlDirectory(pool).mapping()).to.deep.include({ generation: 0, groupRoles: [] });
    });
  }

  it('applies only missing migrations, and keeps the data', async () => {
    await migrate(pool);
    const user = await sqlDirectory(pool).createUser({ subject: 'ada', authMethod: 'local' });
    const device = { id: randomUUID(), userId: user.id, name: 'Phone', clientId: 'app', pairedBy: 'qr' } as const;
    const paired = { ...device, createdAt: new Date(0), expiresAt: new Date(1000) };
    await sqlDirectory(pool).createDevice(paired);
    // The schema of an older version.
    await pool.query(`DROP INDEX latchkey_users_by_role, latchkey_users_by_text, latchkey_users_pending,
      latchkey_users_disabled, latchkey_users_by_method, latchkey_devices_by_text, latchkey_audit_by_group,
      latchkey_audit_by_device, latchkey_audit_by_action`);
    await pool.query('DROP FUNCTION latchkey_search_keys, latchkey_role_keys');
    await pool.query('DROP TABLE latchkey_journal, latchkey_journal_head, latchkey_instances');
    await pool.query(`ALTER TABLE latchkey_users ADD COLUMN managed_roles text[] NOT NULL DEFAULT '{}'`);
    await pool.query(`ALTER TABLE latchkey_users DROP COLUMN ended_logins, DROP COLUMN host_user_id,
      DROP COLUMN former_subjects`);
    await pool.query('DROP TABLE latchkey_audit');
    await pool.query(`ALTER TABLE latchkey_group_roles DROP COLUMN note, DROP COLUMN changed_by, DROP COLUMN changed_at,
      DROP COLUMN version`);
    await pool.query('ALTER TABLE latchkey_mapping_generation DROP COLUMN edits');
    await pool.query('DROP INDEX latchkey_devices_newest_first');
    await pool.query('ALTER TABLE latchkey_devices DROP COLUMN version');
    await pool.query('DELETE FROM latchkey_migrations WHERE position >= 4');
    expect(await migrate(pool)).to.deep.equal(all.slice(4));
    const found = await withoutPositions(sqlDirectory(pool)).findDevice(device.id);
    expect(found).to.deep.equal({ device: { ...paired, subject: 'ada', serial: 1, version: 1 }, user });
  });

  it('renames the actions of the audit trail that older versions stored', async () => {
    await migrate(pool);
    const actions = ['user.created', 'user.removed', 'mapping.set', 'mapping.removed', 'device.revoked'];
    await pool.query(`INSERT INTO latchkey_audit (action, changes) SELECT unnest($1::text[]), '{}'`, [actions]);
    await pool.query('ALTER TABLE latchkey_users DROP COLUMN host_user_id, DROP COLUMN former_subjects');
    await pool.query('DELETE FROM latchkey_migrations WHERE position >= 8');
    expect(await migrate(pool)).to.deep.equal(all.slice(8));
    const entries = await sqlDirectory(pool).listAudit({ limit: 10 });
    expect(entries.map(({ action }) => action).reverse()).to.deep.equal([
      ...['user.created', 'user.deleted', 'mapping.set', 'mapping.deleted', 'device.revoked'],
    ]);
  });

  it('gives each database its own id and first nonce', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 2; round += 1) {
      pool = await server.database();
      await migrate(pool);
      const { rows } = await pool.query(`SELECT h.database, h.nonce FROM latchkey_journal_head h
        JOIN latchkey_journal j ON (j.seq, j.nonce) = (h.seq, h.nonce) WHERE h.seq = 0 AND j.keys = '{}'`);
      expect(rows[0].nonce).to.have.length.greaterThan(32);
      seen.add(rows[0].database).add(rows[0].nonce);
    }
    expect(seen.size).to.equal(4);
  });

  it('refuses a database that a newer version has migrated, and names both', async () => {
    await migrate(pool);
    await pool.query(`INSERT INTO latchkey_migrations VALUES ($1, '9999-later', 'a checksum')`, [all.length]);
    const error = await failure();
    expect(error).to.include({ name: 'LatchkeyError', code: 'ERR_DIRECTORY_SCHEMA' });
    expect(error.message).to.contain('9999-later').and.contain(last);
  });

  it('refuses a database whose migrations were altered, and names both checksums', async () => {
    await migrate(pool);
    await pool.query(`UPDATE latchkey_migrations SET checksum = 'something else' WHERE position = 1`);
    const error = await failure();
    expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
    expect(error.message).to.match(
      /0002-mapping with checksum something else; .* 0002-mapping with checksum [0-9a-f]{64}/,
    );
  });

  it('refuses a database whose migrations have other names', async () => {
    await migrate(pool);
    await pool.query(`UPDATE latchkey_migrations SET name = '0002-other' WHERE position = 1`);
    const error = await failure();
    expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
    expect(error.message).to.contain('0002-other').and.contain('0002-mapping');
  });

  it('changes nothing if one migration fails, and keeps the cause', async () => {
    await pool.query('CREATE TABLE latchkey_devices (mine integer)');
    const error = await failure();
    expect(error).to.include({ code: 'ERR_DIRECTORY_SCHEMA' });
    expect(error.message).to.contain('0003-devices');
    expect(error.cause).to.have.property('code', '42P07');
    expect(await tables()).to.deep.equal(['latchkey_devices']);
    await pool.query('DROP TABLE latchkey_devices');
    expect(await migrate(pool)).to.deep.equal(all);
  });

  it('succeeds for a role without CREATE if no migration is missing', async () => {
    await migrate(pool);
    await pool.query('CREATE ROLE reader LOGIN');
    await pool.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    await pool.query('GRANT SELECT ON latchkey_migrations TO reader');
    const reader = server.pool({ database: pool.options.database, user: 'reader' });
    expect(await migrate(reader)).to.deep.equal([]);
    // It succeeds on a read-only server, too, such as a standby.
    const { database } = pool.options;
    expect(await migrate(server.pool({ database, options: '-c default_transaction_read_only=on' }))).to.deep.equal([]);
  });

  it('rejects with ERR_DIRECTORY_REFUSED for such a role if a migration is missing', async () => {
    await pool.query('CREATE ROLE newcomer LOGIN');
    const { database } = pool.options;
    pool = server.pool({ database, user: 'newcomer' });
    const error = await failure();
    expect(error).to.include({ code: 'ERR_DIRECTORY_REFUSED' });
    expect(error.cause).to.include({ code: '42501' });
  });

  it('creates the tables in the first schema of the search path, even if another one has them', async () => {
    await migrate(pool);
    await pool.query('CREATE SCHEMA "My Music"');
    const { database } = pool.options;
    const other = server.pool({ database, options: '-c search_path="My\\ Music",public' });
    expect(await migrate(other)).to.deep.equal(all);
    expect(await migrate(other)).to.deep.equal([]);
  });

  it('names tables, indexes and functions as the prefix says, so that two directories share a schema', async () => {
    const options = { tablePrefix: 'music_' };
    expect(await migrate(pool, options)).to.deep.equal(all);
    expect(await migrate(pool, options)).to.deep.equal([]);
    const { rows } = await pool.query(`SELECT relname FROM pg_class WHERE relname LIKE '%latchkey%'
      UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE '%latchkey%'
      UNION ALL SELECT conname FROM pg_constraint WHERE conname LIKE '%latchkey%'`);
    expect(rows).to.deep.equal([]);
    expect(await migrate(pool)).to.deep.equal(all);
    const music = postgresDirectory(pool, options);
    await music.provision({ subject: 'latchkey_ada', groups: ['latchkey_staff'] }, 'active');
    await music.putMapping({ group: 'latchkey_*', roles: ['reader'] });
    const role = { role: 'reader', groups: [] };
    expect(await music.listUsers({ role, search: 'latchkey', limit: 10 })).to.have.length(1);
    expect(await postgresDirectory(pool).listUsers({ limit: 10 })).to.deep.equal([]);
    await pool.query('UPDATE music_journal_head SET seq = 0');
    const stale: unknown = await music.deleteUser('latchkey_ada').catch((reason: unknown) => reason);
    expect(stale).to.have.property('message').that.contains('does not match the last row');
    expect(() => postgresDirectory(pool, { tablePrefix: 'a b' }))
      .to.throw(LatchkeyError, /tablePrefix/)
      .with.property('code', 'ERR_CONFIG');
  });

  it('rejects with ERR_DIRECTORY_UNAVAILABLE if the database is unreachable', async () => {
    pool = server.pool({ port: await freePort() });
    expect(await failure()).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE' });
  });

  it('works on PGlite, and on a pool with a single connection', async () => {
    expect(await migrate(await pglite())).to.deep.equal([]);
    expect(await migrate(server.pool({ database: pool.options.database, max: 1 }))).to.deep.equal(all);
  });

  it('has not been edited since its release', async () => {
    await migrate(pool);
    const { rows } = await pool.query('SELECT name, checksum FROM latchkey_migrations ORDER BY position');
    // Do not change these checksums: every existing database would be refused. Add a migration instead.
    expect(rows).to.deep.equal([
      { name: '0001-users', checksum: '96073e8bde5b8bd6eacc59d5f8d9de55fdd68ed8d834f7f507bf23c6d1f28ea7' },
      { name: '0002-mapping', checksum: 'be7296d287833a610862434b1e013cfa84724593fca41a0312a2887ed529f3a8' },
      { name: '0003-devices', checksum: 'b16b9eaeacb2c1db7e9b65cfba49fc50f87b4011ac601135006382d09c34ad2c' },
      { name: '0004-renewal-and-use', checksum: '64e2c2011aeacd4c3f8767d3863f26f91e9abe7452bc08b2e662d0680b536c91' },
      { name: '0005-administration', checksum: '638d69142baf1aa14c311deabf86a45fff38397488e004bd92a09c6ec5311a88' },
      { name: '0006-journal', checksum: 'f4dee1a3db85a1c3c550ae948f8eefc89c45703e29339254d8c5d67fb61e681c' },
      { name: '0007-ended-logins', checksum: '6ce2db34fc6715cdce8c94c536fc8c67b58553ff843488b8e0be824ceb73559a' },
      { name: '0008-size', checksum: '0f6363e82b47c99fd4fb4f17d16e9ebd0cccf7f12e91f92ef6f4aadab476aeae' },
      { name: '0009-deleted-in-audit', checksum: '0f5aeaca530fff20aaf6fa4c8cba43fd4382d75257d7b70be61c59ff493fb40f' },
      { name: last, checksum: 'a12422cb128596d50e6879595c08b0854368539d095f6c8c6472c727cfdd8f58' },
    ]);
  });
});
