// Changes by people in the SQL directory while another transaction is open.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { ChangeContext } from '../../../src/vocabulary/port-values.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { refusal } from '../../support/people.js';
import { sqlNeighbour } from '../../support/sql-neighbour.js';

describe('sqlDirectory, while another transaction changes the same rows', () => {
  let directory: Directory;
  const neighbour = sqlNeighbour();
  const { meanwhile } = neighbour;
  const guarded: ChangeContext = { keeping: { role: 'admin', groups: ['operators'] } };

  before(neighbour.start);
  after(neighbour.stop);
  beforeEach(async () => {
    directory = await neighbour.directory();
  });

  const actions = async (): Promise<readonly string[]> =>
    (await directory.listAudit({ limit: 100 })).map(({ action }) => action);
  const admit = (subject: string, groups: readonly string[]) => directory.provision({ subject, groups }, 'active');
  const disable = (subject: string, context = guarded) => directory.updateUser(subject, { disabled: true }, context);
  /** The lock with which every guarded change begins. */
  const locked = 'WITH locked AS (SELECT generation FROM latchkey_mapping_generation FOR UPDATE)';
  const disableGrace = `${locked} UPDATE latchkey_users SET disabled = true FROM locked WHERE subject = 'grace'`;

  /** Adds Ada and a device of hers. */
  async function pairedDevice(id: string = randomUUID()) {
    const result = await admit('ada', []);
    const { id: userId } = result.outcome === 'absent' ? expect.fail() : result.user;
    const about = { id, userId, name: 'Phone', clientId: 'app', pairedBy: 'code' } as const;
    await directory.createDevice({ ...about, createdAt: new Date(0), expiresAt: new Date(1) });
    return { id, userId };
  }

  it('refuses to disable the last administrator after the other transaction has disabled the other one', async () => {
    await admit('ada', ['operators']);
    await admit('grace', ['operators']);
    expect(await meanwhile(disableGrace, () => refusal(disable('ada')))).to.equal('ERR_LAST_ADMINISTRATOR');
    expect(await directory.findUser('ada')).to.include({ disabled: false, version: 1 });
    expect(await actions()).to.deep.equal([]);
  });

  it('disables one of two administrators if the other transaction rolls back', async () => {
    await admit('ada', ['operators']);
    await admit('grace', ['operators']);
    const user = await meanwhile(disableGrace, () => disable('ada'), 'ROLLBACK');
    expect(user).to.include({ disabled: true });
    expect(await actions()).to.deep.equal(['user.changed']);
  });

  it('refuses to delete a user or a mapping after the other transaction has disabled the other one', async () => {
    for (const change of [
      () => directory.deleteUser('ada', guarded),
      () => directory.deleteMapping('st*', guarded),
      () => directory.putMapping({ group: 'st*', roles: ['reader'] }, guarded),
    ]) {
      directory = await neighbour.directory();
      await admit('ada', ['staff']);
      await admit('grace', ['operators']);
      const mapping = await directory.putMapping({ group: 'st*', roles: ['admin'] });
      expect(await meanwhile(disableGrace, () => refusal(change()))).to.equal('ERR_LAST_ADMINISTRATOR');
      expect(await directory.mapping()).to.deep.equal(mapping);
      expect(await directory.findUser('ada')).to.include({ version: 1 });
      expect(await actions()).to.deep.equal(['mapping.set']);
    }
  });

  it('refuses to disable the last administrator after the other transaction has deleted a mapping', async () => {
    await admit('ada', ['operators']);
    await admit('grace', ['staff']);
    await directory.putMapping({ group: 'staff', roles: ['admin'] });
    const removal = `${locked} DELETE FROM latchkey_group_roles USING locked`;
    expect(await meanwhile(removal, () => refusal(disable('ada')))).to.equal('ERR_LAST_ADMINISTRATOR');
  });

  it('allows a change of a user whom the other transaction has made a non-administrator first', async () => {
    await admit('ada', ['operators']);
    // An unguarded change, like one by the host's own statements. When the guard reads Ada, she is no administrator.
    const convert = `UPDATE latchkey_users SET auth_method = 'local', version = version + 1`;
    const user = await meanwhile(convert, () => directory.updateUser('ada', { addRoles: ['editor'] }, guarded));
    expect(user).to.deep.include({ authMethod: 'local', grantedRoles: ['editor'], version: 3 });
  });

  it('does not wait for guarded changes if it has no guard itself', async () => {
    await admit('ada', ['operators']);
    await neighbour.query('BEGIN');
    await neighbour.query('SELECT FROM latchkey_mapping_generation FOR UPDATE');
    expect(await disable('ada', {})).to.include({ disabled: true });
    expect(await directory.deleteUser('ada')).to.equal(true);
    await neighbour.query('ROLLBACK');
  });

  it('refuses a version that the other transaction has changed, and accepts it if that one rolls back', async () => {
    const change = 'UPDATE latchkey_users SET pending = true, version = version + 1';
    await admit('ada', ['staff']);
    for (const call of [
      () => refusal(disable('ada', { version: 1 })),
      () => refusal(directory.deleteUser('ada', { version: 1 })),
    ]) {
      expect(await meanwhile(change, call)).to.equal('ERR_VERSION');
      await neighbour.query('UPDATE latchkey_users SET version = 1');
    }
    expect(await actions()).to.deep.equal([]);
    expect(await meanwhile(change, () => disable('ada', { version: 1 }), 'ROLLBACK')).to.include({ version: 2 });
  });

  it('records the values of a device at the time of the change, not of the first read', async () => {
    const { id, userId } = await pairedDevice();
    const rename = (name: string) => `UPDATE latchkey_devices SET name = '${name}', version = version + 1`;
    await meanwhile(rename('Tablet'), () => directory.renameDevice(userId, id, 'Watch'));
    await meanwhile(rename('Radio'), () => directory.revokeDevices(userId, 'all', new Date(0)));
    const [revoked, renamed] = await directory.listAudit({ limit: 2 });
    expect(renamed?.changes).to.deep.equal({ name: { from: 'Tablet', to: 'Watch' } });
    expect(revoked?.changes).to.deep.equal({ name: { from: 'Radio' } });
    expect((await directory.findDevice(id))?.device).to.include({ name: 'Radio', version: 5 });
  });

  it('refuses a version of a device that the other transaction has changed', async () => {
    const { id, userId } = await pairedDevice();
    const change = 'UPDATE latchkey_devices SET version = version + 1';
    const revoke = () => refusal(directory.revokeDevices(userId, { only: id }, new Date(0), { version: 1 }));
    expect(await meanwhile(change, revoke)).to.equal('ERR_VERSION');
    const rename = () => refusal(directory.renameDevice(userId, id, 'Tablet', { version: 2 }));
    expect(await meanwhile(change, rename)).to.equal('ERR_VERSION');
    expect(await actions()).to.deep.equal(['device.paired']);
  });

  it('neither revokes nor records a device that the other transaction has just revoked', async () => {
    const { id, userId } = await pairedDevice();
    const revocation = 'UPDATE latchkey_devices SET revoked_at = now(), version = version + 1';
    expect(await meanwhile(revocation, () => directory.revokeDevices(userId, { only: id }, new Date(0)))).to.deep.equal(
      [],
    );
    expect(await actions()).to.deep.equal(['device.paired']);
    expect((await directory.findDevice(id))?.device).to.include({ version: 2 });
  });

  it('locks the devices that it revokes in the order of their ids, like touchDevices', async () => {
    const [low, high] = [randomUUID(), randomUUID()].sort() as [string, string];
    await pairedDevice(high);
    const { userId } = await pairedDevice(low);
    const free: unknown[] = [];
    const seeWhatIsFree = async () => {
      const { rows } = await neighbour.pool().query('SELECT id FROM latchkey_devices FOR UPDATE SKIP LOCKED');
      free.push(...rows.map((row) => row.id));
    };
    await meanwhile(
      `SELECT FROM latchkey_devices WHERE id = '${low}' FOR UPDATE`,
      () => directory.revokeDevices(userId, 'all', new Date(0)),
      'COMMIT',
      seeWhatIsFree,
    );
    expect(free).to.deep.equal([high]);
  });
});
