// The SQL directory leaves nothing behind when the commit of a change fails after its audit entry and its journal row
// were written.
import { randomUUID } from 'node:crypto';
import type { PGlite } from '@electric-sql/pglite';
import { expect } from 'chai';
import { sqlDirectory } from '../../../src/stores/postgres/sql-directory.js';
import type { NewDevice } from '../../../src/vocabulary/port-values.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import type { UserRow } from '../../../src/vocabulary/types.js';
import { refusal } from '../../support/people.js';
import { pglite, startPglite } from '../../support/pglite.js';

const tables = [
  'latchkey_users',
  'latchkey_devices',
  'latchkey_group_roles',
  'latchkey_mapping_generation',
  'latchkey_journal_head',
  'latchkey_journal',
  'latchkey_instances',
];

describe('sqlDirectory, when a commit fails', () => {
  let database: PGlite;
  let directory: Directory;
  let ada: UserRow;
  const device = randomUUID();
  /** A device with an unconfirmed renewal. */
  const renewed = randomUUID();

  const phone = (id: string): NewDevice => {
    const about = { id, userId: ada.id, name: 'Phone', clientId: 'app', pairedBy: 'qr' } as const;
    return { ...about, createdAt: new Date(0), expiresAt: new Date(1) };
  };

  before(startPglite);
  beforeEach(async () => {
    database = await pglite();
    directory = sqlDirectory(database);
    ada = await directory.createUser({ subject: 'ada', authMethod: 'proxy' });
    await directory.createDevice(phone(device));
    await directory.createDevice(phone(renewed));
    await directory.renewDevice(renewed, 1, new Date(0), new Date(2));
    await directory.putMapping({ group: 'staff', roles: ['reader'] });
    await database.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN RAISE EXCEPTION 'refused by the test'; END $$`);
  });
  afterEach(() => database.query('DROP FUNCTION refuse CASCADE'));

  /** All rows of all tables. */
  async function everything(): Promise<unknown> {
    const contents = [...tables, 'latchkey_audit'].map(
      async (table) => (await database.query(`SELECT * FROM ${table} ORDER BY 1`)).rows,
    );
    return Promise.all(contents);
  }

  const changes: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['createUser', () => directory.createUser({ subject: 'eve', authMethod: 'local' })],
    ['provision', () => directory.provision({ subject: 'ada', groups: ['staff'] }, 'never')],
    ['updateUser', () => directory.updateUser('ada', { disabled: true })],
    ['deleteUser', () => directory.deleteUser('ada')],
    ['putMapping, of another group', () => directory.putMapping({ group: 'ops', roles: ['admin'] })],
    ['putMapping, of other roles', () => directory.putMapping({ group: 'staff', roles: ['writer'] })],
    ['putMapping, of a note', () => directory.putMapping({ group: 'staff', roles: ['reader'], note: 'why' })],
    ['deleteMapping', () => directory.deleteMapping('staff')],
    ['createDevice', () => directory.createDevice(phone(randomUUID()))],
    ['createDevice, with a maximum', () => directory.createDevice(phone(randomUUID()), 5)],
    ['renameDevice', () => directory.renameDevice(ada.id, device, 'Tablet')],
    ['renewDevice', () => directory.renewDevice(device, 1, new Date(0), new Date(2))],
    ['confirmRenewal', () => directory.confirmRenewal(renewed, 2, new Date(1))],
    ['journal.join', () => directory.journal?.join(randomUUID(), 3000, 1) ?? expect.fail()],
    ['journal.note', () => directory.journal?.note(['anything']) ?? expect.fail()],
    ['revokeDevices', () => directory.revokeDevices(ada.id, 'all', new Date(0))],
    [
      'revokeDevices, of a version',
      () => directory.revokeDevices(ada.id, { only: device }, new Date(0), { version: 1 }),
    ],
  ];

  for (const [verb, change] of changes) {
    it(`leaves no change, audit entry or journal row: ${verb}`, async () => {
      for (const table of tables) {
        // Deferred, so that the commit fails, when the audit entry has already been written.
        await database.query(`CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE OR DELETE ON ${table}
          DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()`);
      }
      const before = await everything();
      expect(await refusal(change())).to.equal('ERR_DIRECTORY_UNAVAILABLE');
      expect(await everything()).to.deep.equal(before);
    });
  }

  it('writes no audit entry for changes that only follow from the proxy', async () => {
    await database.query(
      'CREATE TRIGGER refuse BEFORE INSERT ON latchkey_audit FOR EACH ROW EXECUTE FUNCTION refuse()',
    );
    expect(await directory.provision({ subject: 'grace' }, 'active')).to.include({ outcome: 'created' });
    expect(await directory.provision({ subject: 'ada', groups: ['staff'] }, 'never')).to.include({
      outcome: 'updated',
    });
    await directory.touchUsers([{ userId: ada.id, lastAssertedAt: new Date(0) }]);
    await directory.touchDevices([{ id: device, lastUsedAt: new Date(0) }]);
    expect(await directory.renewDevice(device, 1, new Date(0), new Date(1))).to.include({ serial: 1 });
    expect(await directory.confirmRenewal(device, 2, new Date(1))).to.include({ serial: 2 });
  });
});
