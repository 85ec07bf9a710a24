// How many statements each method of the SQL directory sends, and which of them write or lock.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { sqlDirectory } from '../../../src/stores/postgres/sql-directory.js';
import type { Position } from '../../../src/vocabulary/journal.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import type { UserRow } from '../../../src/vocabulary/types.js';
import { type CountingPool, countingPool } from '../../support/counting-pool.js';
import { pglite, startPglite } from '../../support/pglite.js';

describe('the statements of sqlDirectory', () => {
  let counter: CountingPool;
  let directory: Directory;
  let ada: UserRow;
  const deviceId = randomUUID();

  before(startPglite);
  beforeEach(async () => {
    counter = await countingPool(await pglite());
    directory = sqlDirectory(counter.pool);
    await directory.provision({ subject: 'ada', groups: ['staff'] }, 'active');
    ada = (await directory.updateUser('ada', { addRoles: ['auditor'] })) ?? expect.fail();
    const dates = { createdAt: new Date(0), expiresAt: new Date(1000) };
    await directory.createDevice({
      id: deviceId,
      userId: ada.id,
      name: 'Phone',
      clientId: 'app',
      pairedBy: 'qr',
      ...dates,
    });
    await directory.putMapping({ group: 'staff', roles: ['reader'] });
    await counter.clear();
  });

  const journal = () => directory.journal ?? expect.fail();

  /** Joins the journal as instance `a`, without counting the statements. Returns its position. */
  async function joined(): Promise<Position> {
    const { rows } = await journal().join('a', 3000, 1);
    await counter.clear();
    return rows[0] ?? expect.fail();
  }

  /** The location, the creating and the locking transaction of each row: a write or a lock changes one of these. */
  async function rowVersion(): Promise<unknown> {
    return (await counter.unseen.query('SELECT ctid, xmin, xmax FROM latchkey_users')).rows;
  }

  const reads: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['provision, unchanged', () => directory.provision({ subject: 'ada', groups: ['staff'] }, 'active')],
    ['provision, absent', () => directory.provision({ subject: 'grace' }, 'never')],
    ['updateUser, to what is', () => directory.updateUser('ada', { disabled: false, addRoles: ['auditor'] })],
    ['updateUser, nobody', () => directory.updateUser('grace', { disabled: true })],
    ['findUser', () => directory.findUser('ada')],
    ['findUserById', () => directory.findUserById(ada.id)],
    ['listUsers', () => directory.listUsers({ limit: 10 })],
    ['mapping', () => directory.mapping()],
    ['findDevice', () => directory.findDevice(deviceId)],
    ['listDevices', () => directory.listDevices(ada.id, new Date(0))],
    ['renameDevice, to what is', () => directory.renameDevice(ada.id, deviceId, 'Phone')],
    ['renameDevice, none', () => directory.renameDevice(ada.id, randomUUID(), 'Phone')],
    [
      'listUsers, filtered',
      () => directory.listUsers({ search: 'a', role: { role: 'admin', groups: ['ops-*'] }, limit: 5 }),
    ],
    ['countGroupSets', () => directory.countGroupSets('st*')],
    ['searchDevices', () => directory.searchDevices({ search: 'phone', now: new Date(0), limit: 5 })],
    ['listAudit', () => directory.listAudit({ subject: 'ada', limit: 5 })],
    ['renewDevice, of another serial', () => directory.renewDevice(deviceId, 2, new Date(0), new Date(2000))],
    ['revokeDevices, of none', () => directory.revokeDevices(ada.id, { except: deviceId }, new Date(0))],
    ['journal.instances', () => journal().instances()],
    ['journal.beat, of a place that is not there', () => journal().beat('a', { seq: 0, nonce: 'a' })],
    ['journal.leave, of nobody', () => journal().leave('b')],
  ];
  for (const [verb, call] of reads) {
    it(`are one read, without a write or lock: ${verb}`, async () => {
      const before = await rowVersion();
      await counter.clear();
      await call();
      expect(counter.statements).to.have.length(1);
      expect(await counter.writes()).to.equal(0);
      expect(await rowVersion()).to.deep.equal(before);
    });
  }

  const keeping = { role: 'admin', groups: [] };
  const writes: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['provision, created', () => directory.provision({ subject: 'grace' }, 'active')],
    ['provision, updated', () => directory.provision({ subject: 'ada', groups: [] }, 'active')],
    ['revokeDevices', () => directory.revokeDevices(ada.id, 'all', new Date(0))],
    ['touchDevices', () => directory.touchDevices([{ id: deviceId, lastUsedAt: new Date(0) }])],
    ['touchUsers', () => directory.touchUsers([{ userId: ada.id, lastAssertedAt: new Date(0) }])],
    ['renewDevice', () => directory.renewDevice(deviceId, 1, new Date(0), new Date(2000))],
    [
      'confirmRenewal',
      async () => {
        await directory.renewDevice(deviceId, 1, new Date(0), new Date(2000));
        await counter.clear();
        return directory.confirmRenewal(deviceId, 2, new Date(0));
      },
    ],
    ['journal.note', () => journal().note(['u:ada'])],
    ['journal.beat', async () => journal().beat('a', await joined())],
    [
      'journal.leave',
      async () => {
        await joined();
        return journal().leave('a');
      },
    ],
    ['journal.prune', () => journal().prune(-60)],
  ];
  for (const [verb, call] of writes) {
    it(`are one write: ${verb}`, async () => {
      await call();
      expect(counter.statements).to.have.length(1);
      expect(await counter.writes()).to.equal(1);
    });
  }

  it('change a mapping in one transaction', async () => {
    await directory.putMapping({ group: 'staff', roles: ['writer'] });
    expect(await counter.writes()).to.equal(1);
    await directory.deleteMapping('staff');
    expect(await counter.writes()).to.equal(2);
  });

  const changes: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['createUser', () => directory.createUser({ subject: 'grace', authMethod: 'local' })],
    ['updateUser', () => directory.updateUser('ada', { disabled: true })],
    ['updateUser, guarded', () => directory.updateUser('ada', { disabled: true }, { keeping })],
    ['deleteUser', () => directory.deleteUser('ada')],
    ['renameDevice', () => directory.renameDevice(ada.id, deviceId, 'Tablet')],
    ['journal.join', () => journal().join('a', 3000, 10)],
    [
      'revokeDevices, of a version',
      () => directory.revokeDevices(ada.id, { only: deviceId }, new Date(0), { version: 1 }),
    ],
  ];
  for (const [verb, call] of changes) {
    it(`are one transaction: ${verb}`, async () => {
      await call();
      expect(await counter.writes()).to.equal(1);
    });
  }

  /** The statements about users, without locks and the transaction around them. */
  const aboutUsers = () => counter.statements.filter((text) => text.includes('latchkey_users'));

  it('read a row once for a change, or not at all if the caller passes it', async () => {
    await directory.updateUser('ada', { disabled: true });
    expect(counter.statements).to.have.length(2);
    const user = (await directory.findUser('ada')) ?? expect.fail();
    await counter.clear();
    await directory.updateUser('ada', { disabled: false }, { current: user, version: user.version, userId: user.id });
    expect(counter.statements).to.have.length(1);
  });

  it('read one more row for a guarded change, and others only if it takes the role from a user', async () => {
    await directory.updateUser('ada', { disabled: true }, { keeping });
    // Reads the row, checks whether Ada has the role, writes the row.
    expect(aboutUsers()).to.have.length(3);
    await directory.updateUser('ada', { disabled: false, addRoles: ['admin'] }, { keeping });
    await directory.createUser({ subject: 'grace', authMethod: 'local', grantedRoles: ['admin'] });
    await counter.clear();
    await directory.updateUser('ada', { disabled: true }, { keeping });
    // Two more: who else has the role, and whether one of them still has it.
    expect(aboutUsers()).to.have.length(5);
  });

  it('look for users with the role once if a guarded change takes it from nobody', async () => {
    await directory.createUser({ subject: 'grace', authMethod: 'local', grantedRoles: ['admin'] });
    const asked = () => counter.statements.filter((text) => text.includes('giving')).length;
    await directory.updateUser('ada', { disabled: true }, { keeping });
    expect(asked()).to.equal(1);
    await directory.putMapping({ group: 'staff', roles: ['writer'] }, { keeping });
    expect(asked()).to.equal(1);
  });

  it('add a device with a maximum in one transaction', async () => {
    const about = { id: randomUUID(), userId: ada.id, name: 'Phone', clientId: 'app', pairedBy: 'qr' } as const;
    await directory.createDevice({ ...about, createdAt: new Date(0), expiresAt: new Date(1000) }, 2);
    expect(await counter.writes()).to.equal(1);
  });

  it('are none for text that no row can contain', async () => {
    await directory.findUser('ada\0');
    await directory.findUserById('ada');
    await directory.findDevice('phone');
    await directory.touchDevices([{ id: 'phone', lastUsedAt: new Date(0) }]);
    await directory.touchUsers([{ userId: 'ada', lastAssertedAt: new Date(0) }]);
    await directory.renewDevice('phone', 1, new Date(0), new Date(1));
    await directory.renewDevice(deviceId, 1.5, new Date(0), new Date(1));
    await directory.confirmRenewal('phone', 1, new Date(0));
    await directory.confirmRenewal(deviceId, 2 ** 31, new Date(0));
    expect(counter.statements).to.deep.equal([]);
  });
});
