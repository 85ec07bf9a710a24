// Contract of Directory, part: changes that require a version.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { ChangeContext } from '../../src/vocabulary/port-values.js';
import type { AuditEntry } from '../../src/vocabulary/types.js';
import { type CurrentDirectory, later, paired, provisioned, winners } from './directory-harness.js';
import type { TestRunner } from './runner.js';

const raced = { name: 'LatchkeyError', code: 'ERR_VERSION' };

/** `ChangeContext.version` and `UserChangeContext.userId`. */
export function versionsContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  const trail = (): Promise<readonly AuditEntry[]> => current().listAudit({ limit: 1000 });

  describe('a change that requires a version', () => {
    it('succeeds on this version of a user, and is refused on any other', async () => {
      const { version } = await provisioned(current(), 'ada');
      const changed = await current().updateUser('ada', { disabled: true }, { version });
      assert.equal(changed?.version, version + 1);
      await assert.rejects(current().updateUser('ada', { disabled: false }, { version }), raced);
      // It is refused even if it would change nothing.
      await assert.rejects(current().updateUser('ada', { disabled: true }, { version }), raced);
      await assert.rejects(current().updateUser('nobody', { disabled: true }, { version }), raced);
      await assert.rejects(current().deleteUser('ada', { version }), raced);
      await assert.rejects(current().deleteUser('nobody', { version: 1 }), raced);
      assert.deepEqual(await current().findUser('ada'), changed);
      assert.equal(await current().deleteUser('ada', { version: version + 1 }), true);
    });

    it('succeeds on the user with this id, not on a later user with the same subject', async () => {
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

    it('uses the current row, not the row that the caller has read', async () => {
      const old = await provisioned(current(), 'ada');
      await current().updateUser('ada', { disabled: true, addRoles: ['editor'] });
      // According to the row that the caller has read, this would change nothing.
      const enabled = await current().updateUser('ada', { disabled: false }, { current: old });
      assert.equal(enabled?.disabled, false);
      const granted = await current().updateUser('ada', { addRoles: ['reader'] }, { current: old });
      assert.deepEqual(granted?.grantedRoles, ['editor', 'reader']);
      const { version } = granted ?? old;
      const named = await current().updateUser('ada', { pending: true }, { current: old, version, userId: old.id });
      assert.equal(named?.version, version + 1);
      await assert.rejects(current().updateUser('ada', { pending: false }, { current: old, version }), raced);
      await assert.rejects(current().deleteUser('ada', { current: old, version: old.version }), raced);
      assert.equal(await current().deleteUser('ada', { current: old }), true);
      assert.equal(await current().updateUser('ada', { disabled: true }, { current: old }), undefined);
      assert.equal(await current().deleteUser('ada', { current: old }), false);
    });

    it('succeeds on this version of a mapping, and no version is used twice', async () => {
      const put = (roles: readonly string[], version: ChangeContext['version'], note = 'why') =>
        current().putMapping({ group: 'staff', roles, note }, version === undefined ? {} : { version });
      const versionOf = async (): Promise<number | undefined> => (await current().mapping()).groupRoles[0]?.version;
      await assert.rejects(put(['reader'], 1), raced);
      await put(['reader'], 'none');
      const first = await versionOf();
      await assert.rejects(put(['reader'], 'none'), raced);
      await put(['writer'], first);
      const second = await versionOf();
      assert.notEqual(second, first);
      await assert.rejects(put(['admin'], first), raced);
      await assert.rejects(current().deleteMapping('staff', { version: first ?? 0 }), raced);
      await current().deleteMapping('staff', { version: second ?? 0 });
      await assert.rejects(current().deleteMapping('staff', { version: second ?? 0 }), raced);
      await put(['reader'], 'none');
      assert(![first, second].includes(await versionOf()));
    });

    it('succeeds on this version of a device, revoked or not', async () => {
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

    it('is refused even if the device already has this name', async () => {
      const { user, device } = await paired(current(), 'ada');
      const rename = (version: number) => current().renameDevice(user.id, device.id, device.name, { version });
      await assert.rejects(rename(2), raced);
      assert.equal((await rename(1))?.version, 1);
      assert.equal((await trail()).length, 1);
    });

    it('succeeds after use and renewal of a device', async () => {
      const { user, device } = await paired(current(), 'ada');
      await current().touchDevices([{ id: device.id, lastUsedAt: later(1) }]);
      await current().renewDevice(device.id, 1, later(2), later(100_000));
      await current().confirmRenewal(device.id, 2, later(600));
      assert.deepEqual(await current().revokeDevices(user.id, { only: device.id }, later(3), { version: 1 }), [
        device.id,
      ]);
    });

    it('succeeds once in 20 concurrent calls', async () => {
      const { version } = await provisioned(current(), 'ada');
      const grants = Array.from({ length: 20 }, (_, index) =>
        current().updateUser('ada', { addRoles: [`role-${index}`] }, { version }),
      );
      assert.equal(await winners(grants, 'ERR_VERSION'), 1);
      assert.equal((await current().findUser('ada'))?.grantedRoles.length, 1);
      const puts = Array.from({ length: 20 }, (_, index) =>
        current().putMapping({ group: 'staff', roles: [`role-${index}`] }, { version: 'none' }),
      );
      assert.equal(await winners(puts, 'ERR_VERSION'), 1);
      assert.equal((await trail()).length, 2);
    });
  });
}
