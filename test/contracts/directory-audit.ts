// Contract of Directory, part: the audit trail of changes by people.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { ChangeContext } from '../../src/vocabulary/port-values.js';
import type { Actor, AuditEntry } from '../../src/vocabulary/types.js';
import { atOnce, type CurrentDirectory, later, newDevice, paired, provisioned } from './directory-harness.js';
import type { TestRunner } from './runner.js';

const actor: Actor = { subject: 'root', address: '192.0.2.7' };

/** The audit entries of every verb that takes a `ChangeContext`. */
export function auditContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  const trail = (): Promise<readonly AuditEntry[]> => current().listAudit({ limit: 1000 });

  describe('the audit trail', () => {
    it('records actor, address, action and target, newest first', async () => {
      const { user, device } = await paired(current(), 'ada');
      const context: ChangeContext = { actor };
      await current().updateUser('ada', { addRoles: ['editor'], disabled: true }, context);
      await current().putMapping({ group: 'staff', roles: ['reader'], note: 'all of us' }, context);
      await current().putMapping({ group: 'staff', roles: ['reader'] }, context);
      await current().deleteMapping('staff', context);
      await current().renameDevice(user.id, device.id, 'Tablet', context);
      await current().revokeDevices(user.id, 'all', later(1), context);
      await current().createUser({ subject: 'eve', authMethod: 'local', email: 'eve@example.com' }, context);
      await current().deleteUser('ada', context);
      const entries = await trail();
      const ids = entries.map(({ id }) => Number(id));
      assert.deepEqual(
        ids,
        ids.toSorted((one, other) => other - one),
      );
      assert.equal(new Set(ids).size, ids.length);
      assert(entries.every(({ at }) => at instanceof Date && !Number.isNaN(at.getTime())));
      const told = entries.map(({ id: _, at: __, ...entry }) => entry);
      assert.deepEqual(told.toReversed(), [
        {
          actor: {},
          action: 'device.paired',
          subject: 'ada',
          deviceId: device.id,
          changes: { name: { to: device.name }, clientId: { to: device.clientId }, pairedBy: { to: device.pairedBy } },
        },
        {
          actor,
          action: 'user.changed',
          subject: 'ada',
          changes: { disabled: { from: false, to: true }, grantedRoles: { from: [], to: ['editor'] } },
        },
        {
          actor,
          action: 'mapping.set',
          group: 'staff',
          changes: { roles: { to: ['reader'] }, note: { to: 'all of us' } },
        },
        { actor, action: 'mapping.set', group: 'staff', changes: { note: { from: 'all of us' } } },
        { actor, action: 'mapping.deleted', group: 'staff', changes: { roles: { from: ['reader'] } } },
        {
          actor,
          action: 'device.renamed',
          subject: 'ada',
          deviceId: device.id,
          changes: { name: { from: device.name, to: 'Tablet' } },
        },
        {
          actor,
          action: 'device.revoked',
          subject: 'ada',
          deviceId: device.id,
          changes: { name: { from: 'Tablet' } },
        },
        {
          actor,
          action: 'user.created',
          subject: 'eve',
          changes: { authMethod: { to: 'local' }, email: { to: 'eve@example.com' } },
        },
        {
          actor,
          action: 'user.deleted',
          subject: 'ada',
          changes: {
            authMethod: { from: 'proxy' },
            disabled: { from: true },
            grantedRoles: { from: ['editor'] },
          },
        },
      ]);
    });

    it('has one entry for each revoked device, and one for a pairing that many calls repeat', async () => {
      const { user } = await paired(current(), 'ada');
      const another = newDevice(user.id);
      await atOnce(20, () => current().createDevice(another, 5, { actor }));
      await current().revokeDevices(user.id, 'all', later(1), { actor });
      const actions = (await trail()).map(({ action }) => action);
      assert.deepEqual(actions, ['device.revoked', 'device.revoked', 'device.paired', 'device.paired']);
    });

    it('has no entry for calls that change nothing, are refused, or only follow from the proxy', async () => {
      const user = await provisioned(current(), 'ada');
      await provisioned(current(), 'ada', ['others']);
      await current().touchUsers([{ userId: user.id, lastAssertedAt: later(1) }]);
      await current().updateUser('ada', { disabled: false, removeRoles: ['admin'] }, { actor });
      await current().updateUser('nobody', { disabled: true }, { actor });
      await current().deleteUser('nobody', { actor });
      await current().deleteMapping('staff', { actor });
      await current().revokeDevices(user.id, 'all', later(1), { actor });
      await current().renameDevice(user.id, randomUUID(), 'Phone', { actor });
      await assert.rejects(current().createUser({ subject: 'ada', authMethod: 'local' }, { actor }));
      await assert.rejects(current().updateUser('ada', { disabled: true }, { actor, version: 99 }));
      await assert.rejects(current().createDevice(newDevice(user.id), 0, { actor }));
      assert.deepEqual(await trail(), []);
    });

    it('has one entry for a deleted user, even if devices are deleted, too', async () => {
      await paired(current(), 'ada');
      await current().deleteUser('ada', { actor });
      assert.deepEqual(
        (await trail()).map(({ action }) => action),
        ['user.deleted', 'device.paired'],
      );
    });

    it('keeps its values if the caller changes its objects later', async () => {
      const { subject } = await provisioned(current(), 'ada');
      const mine = { subject: 'root' };
      await current().updateUser(subject, { disabled: true }, { actor: mine });
      mine.subject = 'somebody else';
      assert.deepEqual((await trail())[0]?.actor, { subject: 'root' });
    });

    it('keeps the entries about a deleted user', async () => {
      await provisioned(current(), 'ada');
      await current().updateUser('ada', { disabled: true }, { actor });
      await current().deleteUser('ada', { actor });
      assert.equal((await current().listAudit({ subject: 'ada', limit: 10 })).length, 2);
    });

    it('refuses an actor that no database can store, and changes nothing', async () => {
      const refused = { name: 'LatchkeyError', code: 'ERR_DIRECTORY_VALUE' };
      const { user, device } = await paired(current(), 'ada');
      for (const odd of [{ subject: 'ro\0ot' }, { address: '\ud800' }]) {
        const context = { actor: odd };
        await assert.rejects(current().updateUser('ada', { disabled: true }, context), refused);
        await assert.rejects(current().putMapping({ group: 'staff', roles: ['reader'] }, context), refused);
        await assert.rejects(current().renameDevice(user.id, device.id, 'Tablet', context), refused);
        await assert.rejects(current().revokeDevices(user.id, 'all', later(1), context), refused);
        await assert.rejects(current().createDevice(newDevice(user.id), undefined, context), refused);
        await assert.rejects(current().createUser({ subject: 'eve', authMethod: 'local' }, context), refused);
        await assert.rejects(current().deleteUser('ada', context), refused);
      }
      assert.deepEqual(await current().findUser('ada'), user);
      assert.deepEqual((await current().mapping()).groupRoles, []);
      assert.equal((await trail()).length, 1);
    });
  });
}
