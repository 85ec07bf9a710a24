// The devices of the SQL directory while another transaction is open.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { refusal } from '../../support/people.js';
import { sqlNeighbour } from '../../support/sql-neighbour.js';

describe('sqlDirectory, while another transaction writes devices', () => {
  let directory: Directory;
  const neighbour = sqlNeighbour();
  const { meanwhile } = neighbour;

  before(neighbour.start);
  after(neighbour.stop);
  beforeEach(async () => {
    directory = await neighbour.directory();
  });

  /** Adds a user with a device. `add` adds another device with an id. */
  async function owner(subject = 'ada') {
    const user = await directory.createUser({ subject, authMethod: 'local' });
    const about = { userId: user.id, name: 'Phone', clientId: 'app', pairedBy: 'code' } as const;
    const add = (id: string, maximum?: number) =>
      directory.createDevice({ id, ...about, createdAt: new Date(0), expiresAt: new Date(1) }, maximum);
    const id = randomUUID();
    await add(id);
    return { userId: user.id, id, add };
  }

  it('rejects a device whose owner is deleted at the same time', async () => {
    const { add } = await owner();
    const id = randomUUID();
    expect(await meanwhile('DELETE FROM latchkey_users', () => refusal(add(id)))).to.equal('ERR_USER_UNKNOWN');
    expect(await directory.findDevice(id)).to.equal(undefined);
  });

  it('locks the devices that it touches in the order of their ids, to avoid deadlocks', async () => {
    const user = await directory.createUser({ subject: 'ada', authMethod: 'local' });
    const about = { userId: user.id, name: 'Phone', clientId: 'app', pairedBy: 'code' } as const;
    const [low, high] = [randomUUID(), randomUUID()].sort() as [string, string];
    // The greater id comes first both on disk and in the call.
    for (const id of [high, low]) {
      await directory.createDevice({ id, ...about, createdAt: new Date(0), expiresAt: new Date(1) });
    }
    const free: unknown[] = [];
    const seeWhatIsFree = async () => {
      const { rows } = await neighbour.pool().query('SELECT id FROM latchkey_devices FOR UPDATE SKIP LOCKED');
      free.push(...rows.map((row) => row.id));
    };
    await meanwhile(
      `SELECT FROM latchkey_devices WHERE id = '${low}' FOR UPDATE`,
      () => directory.touchDevices([high, low].map((id) => ({ id, lastUsedAt: new Date(0) }))),
      'COMMIT',
      seeWhatIsFree,
    );
    expect(free).to.deep.equal([high]);
  });

  /** The statement of `createDevice` with a maximum. */
  const pairing = `WITH locked AS (SELECT id FROM latchkey_users FOR NO KEY UPDATE)
    INSERT INTO latchkey_devices SELECT gen_random_uuid(), id, 'Phone', 'app', 'qr', to_timestamp(0), to_timestamp(1)
    FROM locked`;

  it('counts the device that the other transaction adds first, and refuses the one beyond the limit', async () => {
    const { userId, add } = await owner();
    expect(await meanwhile(pairing, () => refusal(add(randomUUID(), 2)))).to.equal('ERR_DEVICE_LIMIT');
    expect(await directory.listDevices(userId, new Date(0))).to.have.length(2);
  });

  it('adds a device if the other transaction rolls back', async () => {
    const { add } = await owner();
    expect(await meanwhile(pairing, () => refusal(add(randomUUID(), 2)), 'ROLLBACK')).to.equal(undefined);
  });

  it('lets the owner log in, and other owners pair, during a pairing', async () => {
    const [{ userId }, { add }] = [await owner(), await owner('grace')];
    await neighbour.query('BEGIN');
    await neighbour.query('SELECT FROM latchkey_users WHERE id = $1 FOR NO KEY UPDATE', [userId]);
    await add(randomUUID(), 2);
    expect(await directory.provision({ subject: 'ada' }, 'never')).to.include({ outcome: 'unchanged' });
    await neighbour.query('ROLLBACK');
  });

  it('rejects a device with a maximum whose owner is deleted at the same time', async () => {
    const { add } = await owner();
    const call = () => refusal(add(randomUUID(), 5));
    expect(await meanwhile('DELETE FROM latchkey_users', call)).to.equal('ERR_USER_UNKNOWN');
  });

  it('returns the renewal that the other transaction began first, and does not change it', async () => {
    const { id } = await owner();
    const begun = `UPDATE latchkey_devices SET renewed_at = to_timestamp(10), expires_at = to_timestamp(20)`;
    const row = await meanwhile(begun, () => directory.renewDevice(id, 1, new Date(11_000), new Date(21_000)));
    expect(row).to.deep.include({ serial: 1, renewedAt: new Date(10_000), expiresAt: new Date(20_000) });
    expect((await directory.findDevice(id))?.device).to.deep.equal(row);
  });

  it('renews nothing after the other transaction has confirmed the next token or revoked the device', async () => {
    const { id } = await owner();
    for (const change of ['serial = 2', 'revoked_at = now()']) {
      const call = () => directory.renewDevice(id, 1, new Date(11_000), new Date(21_000));
      expect(await meanwhile(`UPDATE latchkey_devices SET ${change}`, call)).to.equal(undefined);
      expect((await directory.findDevice(id))?.device.renewedAt).to.equal(undefined);
      await neighbour.pool().query('UPDATE latchkey_devices SET serial = 1');
    }
  });

  it('returns the other transaction’s confirmation, and does not change the end of the previous token', async () => {
    const { id } = await owner();
    await directory.renewDevice(id, 1, new Date(10_000), new Date(20_000));
    const confirmed = 'UPDATE latchkey_devices SET serial = 2, renewed_at = NULL, previous_until = to_timestamp(30)';
    const row = await meanwhile(confirmed, () => directory.confirmRenewal(id, 2, new Date(31_000)));
    expect(row).to.deep.include({ serial: 2, previousUntil: new Date(30_000) });
    expect((await directory.findDevice(id))?.device).to.deep.equal(row);
  });

  it('confirms nothing for a device that the other transaction has just revoked', async () => {
    const { id } = await owner();
    await directory.renewDevice(id, 1, new Date(10_000), new Date(20_000));
    const revoked = 'UPDATE latchkey_devices SET revoked_at = now()';
    expect(await meanwhile(revoked, () => directory.confirmRenewal(id, 2, new Date(31_000)))).to.equal(undefined);
  });

  it('locks the users that it touches in the order of their ids, to avoid deadlocks', async () => {
    const ids = [(await owner()).userId, (await owner('grace')).userId];
    const [low, high] = ids.toSorted() as [string, string];
    const free: unknown[] = [];
    const seeWhatIsFree = async () => {
      const { rows } = await neighbour.pool().query('SELECT id FROM latchkey_users FOR UPDATE SKIP LOCKED');
      free.push(...rows.map((row) => row.id));
    };
    await meanwhile(
      `SELECT FROM latchkey_users WHERE id = '${low}' FOR UPDATE`,
      () => directory.touchUsers([high, low].map((userId) => ({ userId, lastAssertedAt: new Date(0) }))),
      'COMMIT',
      seeWhatIsFree,
    );
    expect(free).to.deep.equal([high]);
  });
});
