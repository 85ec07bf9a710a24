// contracts: Directory, the part about changes by people: versions, the audit trail, and the last administrator.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { ChangeContext, RoleHolders } from '../../src/ports.js';
import type { Actor, AuditEntry } from '../../src/types.js';
import { atOnce, type CurrentDirectory, later, newDevice, paired, provisioned } from './directory-harness.js';
import type { TestRunner } from './runner.js';

const raced = { name: 'LatchkeyError', code: 'ERR_VERSION' };
const last = { name: 'LatchkeyError', code: 'ERR_LAST_ADMINISTRATOR' };
const actor: Actor = { subject: 'root', address: '192.0.2.7' };
const keeping: RoleHolders = { role: 'admin', groups: ['operators', 'ops-*'] };

/** How many of these calls were carried out; the others were refused with this code. */
async function winners(calls: readonly Promise<unknown>[], code: string): Promise<number> {
  const settled = await Promise.allSettled(calls);
  for (const result of settled) {
    if (result.status === 'rejected') {
      assert.equal(result.reason.code, code);
    }
  }
  return settled.filter(({ status }) => status === 'fulfilled').length;
}

/** What every verb that takes a `ChangeContext` owes. */
export function changesContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  const trail = (): Promise<readonly AuditEntry[]> => current().listAudit({ limit: 1000 });

  describe('a change that names a version', () => {
    it('is carried out on that version of a user, and refused on any other', async () => {
      const { version } = await provisioned(current(), 'ada');
      const changed = await current().updateUser('ada', { disabled: true }, { version });
      assert.equal(changed?.version, version + 1);
      await assert.rejects(current().updateUser('ada', { disabled: false }, { version }), raced);
      // Also where it would change nothing.
      await assert.rejects(current().updateUser('ada', { disabled: true }, { version }), raced);
      await assert.rejects(current().updateUser('nobody', { disabled: true }, { version }), raced);
      await assert.rejects(current().deleteUser('ada', { version }), raced);
      await assert.rejects(current().deleteUser('nobody', { version: 1 }), raced);
      assert.deepEqual(await current().findUser('ada'), changed);
      assert.equal(await current().deleteUser('ada', { version: version + 1 }), true);
    });

    it('is carried out on that very user, not on another who has the subject since', async () => {
      const { id: former } = await provisioned(current(), 'ada');
      assert.equal(await current().deleteUser('ada', { userId: former }), true);
      const { id, version } = await provisioned(current(), 'ada');
      const before = await current().findUser('ada');
      for (const userId of [former, randomUUID(), 'ada']) {
        await assert.rejects(current().updateUser('ada', { disabled: true }, { version, userId }), raced);
        await assert.rejects(current().updateUser('ada', {}, { userId }), raced);
        await assert.rejects(current().deleteUser('ada', { version, userId }), raced);
        await assert.rejects(current().deleteUser('nobody', { userId }), raced);
      }
      assert.deepEqual(await current().findUser('ada'), before);
      assert.equal((await current().updateUser('ada', { disabled: true }, { version, userId: id }))?.disabled, true);
      assert.equal(await current().deleteUser('ada', { userId: id }), true);
    });

    it('is carried out on that version of a mapping, which is never used twice', async () => {
      const put = (roles: readonly string[], version: ChangeContext['version'], note = 'why') =>
        current().putGroupRoles({ group: 'staff', roles, note }, version === undefined ? {} : { version });
      const versionOf = async (): Promise<number | undefined> => (await current().mapping()).groupRoles[0]?.version;
      await assert.rejects(put(['reader'], 1), raced);
      await put(['reader'], 'none');
      const first = await versionOf();
      await assert.rejects(put(['reader'], 'none'), raced);
      await put(['writer'], first);
      const second = await versionOf();
      assert.notEqual(second, first);
      await assert.rejects(put(['admin'], first), raced);
      await assert.rejects(current().deleteGroupRoles('staff', { version: first ?? 0 }), raced);
      await current().deleteGroupRoles('staff', { version: second ?? 0 });
      await assert.rejects(current().deleteGroupRoles('staff', { version: second ?? 0 }), raced);
      await put(['reader'], 'none');
      assert(![first, second].includes(await versionOf()));
    });

    it('is carried out on that version of a device, revoked or not', async () => {
      const { user, device } = await paired(current(), 'ada');
      const renamed = await current().renameDevice(user.id, device.id, 'Tablet', { version: 1 });
      assert.equal(renamed?.version, 2);
      const revoke = (version: number) => current().revokeDevices(user.id, { only: device.id }, later(1), { version });
      await assert.rejects(current().renameDevice(user.id, device.id, 'Phone', { version: 1 }), raced);
      await assert.rejects(revoke(1), raced);
      assert.deepEqual(await revoke(2), [device.id]);
      await assert.rejects(revoke(2), raced);
      assert.deepEqual(await revoke(3), []);
      const stranger = await provisioned(current(), 'grace');
      const foreign = current().revokeDevices(stranger.id, { only: device.id }, later(1), { version: 3 });
      await assert.rejects(foreign, raced);
      await assert.rejects(current().renameDevice(user.id, randomUUID(), 'Phone', { version: 1 }), raced);
    });

    it('is refused also where the device has that name already', async () => {
      const { user, device } = await paired(current(), 'ada');
      const rename = (version: number) => current().renameDevice(user.id, device.id, device.name, { version });
      await assert.rejects(rename(2), raced);
      assert.equal((await rename(1))?.version, 1);
      assert.equal((await trail()).length, 1);
    });

    it('is not disturbed by use and renewal of a device', async () => {
      const { user, device } = await paired(current(), 'ada');
      await current().touchDevices([{ id: device.id, lastUsedAt: later(1) }]);
      await current().renewDevice(device.id, 1, later(2), later(100_000));
      await current().confirmRenewal(device.id, 2, later(600));
      assert.deepEqual(await current().revokeDevices(user.id, { only: device.id }, later(3), { version: 1 }), [
        device.id,
      ]);
    });

    it('wins once, of 20 at once', async () => {
      const { version } = await provisioned(current(), 'ada');
      const grants = Array.from({ length: 20 }, (_, index) =>
        current().updateUser('ada', { grant: [`role-${index}`] }, { version }),
      );
      assert.equal(await winners(grants, 'ERR_VERSION'), 1);
      assert.equal((await current().findUser('ada'))?.grantedRoles.length, 1);
      const puts = Array.from({ length: 20 }, (_, index) =>
        current().putGroupRoles({ group: 'staff', roles: [`role-${index}`] }, { version: 'none' }),
      );
      assert.equal(await winners(puts, 'ERR_VERSION'), 1);
      assert.equal((await trail()).length, 2);
    });
  });

  describe('the audit trail', () => {
    it('says who did what to whom, from where, newest first', async () => {
      const { user, device } = await paired(current(), 'ada');
      const context: ChangeContext = { actor };
      await current().updateUser('ada', { grant: ['editor'], disabled: true }, context);
      await current().putGroupRoles({ group: 'staff', roles: ['reader'], note: 'all of us' }, context);
      await current().putGroupRoles({ group: 'staff', roles: ['reader'] }, context);
      await current().deleteGroupRoles('staff', context);
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
        { actor, action: 'mapping.removed', group: 'staff', changes: { roles: { from: ['reader'] } } },
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
          action: 'user.removed',
          subject: 'ada',
          changes: {
            authMethod: { from: 'proxy' },
            disabled: { from: true, to: false },
            grantedRoles: { from: ['editor'], to: [] },
          },
        },
      ]);
    });

    it('has an entry for each device that was revoked, and one for one pairing of many calls', async () => {
      const { user } = await paired(current(), 'ada');
      const another = newDevice(user.id);
      await atOnce(20, () => current().createDevice(another, 5, { actor }));
      await current().revokeDevices(user.id, 'all', later(1), { actor });
      const actions = (await trail()).map(({ action }) => action);
      assert.deepEqual(actions, ['device.revoked', 'device.revoked', 'device.paired', 'device.paired']);
    });

    it('has none for what changes nothing, is refused, or only follows from the proxy', async () => {
      const user = await provisioned(current(), 'ada');
      await current().remap('ada', user.groups, ['writer']);
      await current().touchUsers([{ userId: user.id, lastAssertedAt: later(1) }]);
      await current().updateUser('ada', { disabled: false, withdraw: ['admin'] }, { actor });
      await current().updateUser('nobody', { disabled: true }, { actor });
      await current().deleteUser('nobody', { actor });
      await current().deleteGroupRoles('staff', { actor });
      await current().revokeDevices(user.id, 'all', later(1), { actor });
      await current().renameDevice(user.id, randomUUID(), 'Phone', { actor });
      await assert.rejects(current().createUser({ subject: 'ada', authMethod: 'local' }, { actor }));
      await assert.rejects(current().updateUser('ada', { disabled: true }, { actor, version: 99 }));
      await assert.rejects(current().createDevice(newDevice(user.id), 0, { actor }));
      assert.deepEqual(await trail(), []);
    });

    it('has one entry for a user who was removed, whatever went with them', async () => {
      await paired(current(), 'ada');
      await current().deleteUser('ada', { actor });
      assert.deepEqual(
        (await trail()).map(({ action }) => action),
        ['user.removed', 'device.paired'],
      );
    });

    it('keeps what was, whatever the caller does to their objects later', async () => {
      const { subject } = await provisioned(current(), 'ada');
      const mine = { subject: 'root' };
      await current().updateUser(subject, { disabled: true }, { actor: mine });
      mine.subject = 'somebody else';
      assert.deepEqual((await trail())[0]?.actor, { subject: 'root' });
    });

    it('keeps what is about a user who was removed', async () => {
      await provisioned(current(), 'ada');
      await current().updateUser('ada', { disabled: true }, { actor });
      await current().deleteUser('ada', { actor });
      assert.equal((await current().listAudit({ subject: 'ada', limit: 10 })).length, 2);
    });

    it('refuses an actor that no database can hold, and changes nothing', async () => {
      const refused = { name: 'LatchkeyError', code: 'ERR_DIRECTORY_VALUE' };
      const { user, device } = await paired(current(), 'ada');
      for (const odd of [{ subject: 'ro\0ot' }, { address: '\ud800' }]) {
        const context = { actor: odd };
        await assert.rejects(current().updateUser('ada', { disabled: true }, context), refused);
        await assert.rejects(current().putGroupRoles({ group: 'staff', roles: ['reader'] }, context), refused);
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

  describe('a change that keeps a role', () => {
    const admit = (subject: string, groups: readonly string[]) => provisioned(current(), subject, groups);
    const disable = (subject: string) => current().updateUser(subject, { disabled: true }, { keeping });
    const refuses = (change: Promise<unknown>): Promise<void> => assert.rejects(change, last);

    it('is refused where it takes the role from the last who has it, however they have it', async () => {
      const ways: readonly (() => Promise<unknown>)[] = [
        async () => {
          await admit('ada', []);
          await current().updateUser('ada', { grant: ['admin'] });
          await refuses(current().updateUser('ada', { withdraw: ['admin'] }, { keeping }));
        },
        async () => {
          await admit('ada', ['operators']);
          await refuses(current().updateUser('ada', { authMethod: 'local' }, { keeping }));
        },
        async () => {
          await admit('ada', ['ops-eu']);
        },
        async () => {
          await admit('ada', ['staff']);
          await current().putGroupRoles({ group: 'st*f', roles: ['admin', 'reader'] });
          await refuses(current().deleteGroupRoles('st*f', { keeping }));
          await refuses(current().putGroupRoles({ group: 'st*f', roles: ['reader'] }, { keeping }));
        },
      ];
      for (const begin of ways) {
        await begin();
        const before = await current().findUser('ada');
        const { length } = await trail();
        await refuses(disable('ada'));
        await refuses(current().updateUser('ada', { pending: true }, { keeping }));
        await refuses(current().deleteUser('ada', { keeping }));
        assert.deepEqual(await current().findUser('ada'), before);
        assert.equal((await trail()).length, length);
        await current().deleteUser('ada');
      }
    });

    it('is carried out where somebody else has it who may come in', async () => {
      await admit('ada', ['operators']);
      for (const change of [{ disabled: true }, { pending: true }]) {
        await admit('grace', ['operators']);
        await current().updateUser('grace', change);
        await refuses(disable('ada'));
        await current().deleteUser('grace');
      }
      await admit('grace', ['operators']);
      await current().updateUser('grace', { authMethod: 'local' });
      await refuses(disable('ada'));
      await current().updateUser('grace', { grant: ['admin'] });
      assert.equal((await disable('ada'))?.disabled, true);
      await refuses(disable('grace'));
    });

    it('is carried out where it takes the role from nobody, though many have it', async () => {
      await admit('ada', ['operators']);
      await admit('grace', ['staff']);
      assert.equal((await disable('grace'))?.disabled, true);
      await current().putGroupRoles({ group: 'staff', roles: ['admin'] });
      await current().deleteGroupRoles('staff', { keeping });
      assert.equal(await current().deleteUser('grace', { keeping }), true);
      await refuses(disable('ada'));
    });

    it('is carried out where nobody had it before', async () => {
      await admit('ada', ['staff']);
      await current().putGroupRoles({ group: 'staff', roles: ['reader'] }, { keeping });
      assert.equal((await disable('ada'))?.disabled, true);
      await current().deleteGroupRoles('staff', { keeping });
      assert.equal(await current().deleteUser('ada', { keeping }), true);
    });

    it('takes groups by the letter: no character of a pattern but * means anything', async () => {
      for (const group of ['Operators', 'operators ', 'opsxeu', 'o%', 'opérators']) await admit(group, [group]);
      await admit('ada', ['operators']);
      await refuses(disable('ada'));
    });

    for (const count of [20, 200]) {
      it(`leaves one of ${count} who are disabled at once`, async () => {
        await atOnce(count, (index) => admit(`user-${index}`, ['operators']));
        const changes = Array.from({ length: count }, (_, index) => disable(`user-${index}`));
        assert.equal(await winners(changes, 'ERR_LAST_ADMINISTRATOR'), count - 1);
      });
    }

    it('leaves an administrator where one is disabled while the other’s group loses the role', async () => {
      await admit('ada', ['operators']);
      await admit('grace', ['staff']);
      await current().putGroupRoles({ group: 'staff', roles: ['admin'] });
      const changes = [disable('ada'), current().deleteGroupRoles('staff', { keeping })];
      assert.equal(await winners(changes, 'ERR_LAST_ADMINISTRATOR'), 1);
    });
  });
}
