// The SQL directory writes a change and its audit entry together, or neither of them.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type pg from 'pg';
import { migrate } from '../../../src/stores/postgres/migrations.js';
import { sqlDirectory } from '../../../src/stores/postgres/sql-directory.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import type { UserRow } from '../../../src/vocabulary/types.js';
import { refusal } from '../../support/people.js';
import { type PostgresServer, startPostgres } from '../../support/postgres.js';

describe('the audit trail of sqlDirectory', () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  let directory: Directory;
  let ada: UserRow;
  const deviceId = randomUUID();
  const newId = randomUUID();
  const about = { name: 'Phone', clientId: 'app', pairedBy: 'code' } as const;
  const dates = { createdAt: new Date(0), expiresAt: new Date(1000) };

  before(async () => {
    server = await startPostgres();
    pool = await server.database();
    await migrate(pool);
    directory = sqlDirectory(pool);
    ada = await directory.createUser({ subject: 'ada', authMethod: 'local' });
    await directory.createDevice({ id: deviceId, userId: ada.id, ...about, ...dates });
    await directory.putMapping({ group: 'staff', roles: ['reader'] });
    await pool.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
      AS 'BEGIN RAISE EXCEPTION USING ERRCODE = ''disk_full'', MESSAGE = ''no space left''; END'`);
  });
  after(() => server.stop());

  /** All rows that a change could affect. */
  async function everything(): Promise<unknown> {
    const tables = ['users', 'devices', 'group_roles', 'mapping_generation', 'audit'];
    return Promise.all(tables.map(async (table) => (await pool.query(`SELECT * FROM latchkey_${table}`)).rows));
  }

  const changes: readonly (readonly [string, string, () => Promise<unknown>])[] = [
    ['createUser', 'users', () => directory.createUser({ subject: 'eve', authMethod: 'local' })],
    ['updateUser', 'users', () => directory.updateUser('ada', { disabled: true })],
    ['deleteUser', 'users', () => directory.deleteUser('ada')],
    ['putMapping', 'group_roles', () => directory.putMapping({ group: 'staff', roles: ['writer'] })],
    ['deleteMapping', 'group_roles', () => directory.deleteMapping('staff')],
    ['createDevice', 'devices', () => directory.createDevice({ id: newId, userId: ada.id, ...about, ...dates })],
    [
      'createDevice, limited',
      'devices',
      () => directory.createDevice({ id: newId, userId: ada.id, ...about, ...dates }, 5),
    ],
    ['renameDevice', 'devices', () => directory.renameDevice(ada.id, deviceId, 'Tablet')],
    ['revokeDevices', 'devices', () => directory.revokeDevices(ada.id, 'all', new Date(0))],
    [
      'revokeDevices, of a version',
      'devices',
      () => directory.revokeDevices(ada.id, { only: deviceId }, new Date(0), { version: 1 }),
    ],
  ];
  for (const [verb, table, call] of changes) {
    for (const failing of ['audit', table]) {
      it(`contains the change only if it is written: ${verb}, when writes to latchkey_${failing} fail`, async () => {
        const before = await everything();
        await pool.query(`CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE OR DELETE ON latchkey_${failing}
          DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION refuse()`);
        try {
          expect(await refusal(call())).to.equal('ERR_DIRECTORY_REFUSED');
        } finally {
          await pool.query(`DROP TRIGGER refuse ON latchkey_${failing}`);
        }
        expect(await everything()).to.deep.equal(before);
      });
    }
  }
});
