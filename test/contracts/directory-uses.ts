// Contract of Directory, part: the times of last use of devices and of last login of users, which are written later.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { atOnce, type CurrentDirectory, later, paired, provisioned } from './directory-harness.js';
import type { TestRunner } from './runner.js';

/** `touchDevices` and `touchUsers`. */
export function usesContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  const pair = (subject: string) => paired(current(), subject);
  const lastUsedAt = async (id: string): Promise<Date | undefined> =>
    (await current().findDevice(id))?.device.lastUsedAt;
  const lastAddress = async (id: string): Promise<string | undefined> =>
    (await current().findDevice(id))?.device.lastAddress;

  describe('touchDevices', () => {
    it('advances lastUsedAt of many devices', async () => {
      const [first, second] = [(await pair('ada')).device, (await pair('grace')).device];
      await current().touchDevices([
        { id: first.id, lastUsedAt: later(10) },
        { id: second.id, lastUsedAt: later(20) },
      ]);
      assert.deepEqual([await lastUsedAt(first.id), await lastUsedAt(second.id)], [later(10), later(20)]);
    });

    it('never moves it back', async () => {
      const { device } = await pair('ada');
      await current().touchDevices([{ id: device.id, lastUsedAt: later(10) }]);
      await current().touchDevices([{ id: device.id, lastUsedAt: later(9) }]);
      assert.deepEqual(await lastUsedAt(device.id), later(10));
    });

    it('keeps the latest time of a device that is listed twice', async () => {
      const { device } = await pair('ada');
      await current().touchDevices([30, 10, 20].map((seconds) => ({ id: device.id, lastUsedAt: later(seconds) })));
      assert.deepEqual(await lastUsedAt(device.id), later(30));
    });

    it('ignores unknown ids', async () => {
      const { device } = await pair('ada');
      const uses = [randomUUID(), 'x', '', device.id].map((id) => ({ id, lastUsedAt: later(10) }));
      await current().touchDevices(uses);
      await current().touchDevices([]);
      assert.deepEqual(await lastUsedAt(device.id), later(10));
    });

    it('keeps the latest time of many concurrent calls that list devices in different orders', async () => {
      const devices = await atOnce(5, async () => (await pair('ada')).device.id);
      await atOnce(30, (index) => {
        const uses = devices.map((id) => ({ id, lastUsedAt: later((index * 7) % 30) }));
        return current().touchDevices(index % 2 === 0 ? uses : uses.reverse());
      });
      for (const id of devices) {
        assert.deepEqual(await lastUsedAt(id), later(29));
      }
    });

    it('stores the address of the latest use', async () => {
      const { device } = await paired(current(), 'ada', { lastAddress: '192.0.2.1' });
      const use = (seconds: number, address: string) => ({
        id: device.id,
        lastUsedAt: later(seconds),
        lastAddress: address,
      });
      await current().touchDevices([use(20, '192.0.2.20'), use(10, '192.0.2.10')]);
      assert.equal(await lastAddress(device.id), '192.0.2.20');
      await current().touchDevices([use(15, '192.0.2.15')]);
      assert.equal(await lastAddress(device.id), '192.0.2.20');
      await current().touchDevices([use(30, '2001:db8::30')]);
      assert.equal(await lastAddress(device.id), '2001:db8::30');
    });

    it('keeps the stored address if the use has none', async () => {
      const { device } = await paired(current(), 'ada', { lastAddress: '192.0.2.1' });
      await current().touchDevices([
        { id: device.id, lastUsedAt: later(10), lastAddress: '192.0.2.10' },
        { id: device.id, lastUsedAt: later(20) },
      ]);
      assert.equal(await lastAddress(device.id), '192.0.2.1');
      assert.deepEqual(await lastUsedAt(device.id), later(20));
    });

    it('refuses an address that a database would alter, and writes nothing', async () => {
      const { device } = await pair('ada');
      const uses = [{ id: device.id, lastUsedAt: later(10), lastAddress: '192.0.2.1\0' }];
      const refused = { name: 'LatchkeyError', code: 'ERR_DIRECTORY_VALUE' };
      await assert.rejects(current().touchDevices(uses), refused);
      assert.equal(await lastUsedAt(device.id), undefined);
    });
  });

  describe('touchUsers', () => {
    const lastAssertedAt = async (subject: string): Promise<Date | undefined> =>
      (await current().findUser(subject))?.lastAssertedAt;

    it('advances lastAssertedAt of many users, and changes nothing else in the row, not even the version', async () => {
      const [ada, grace] = [await provisioned(current(), 'ada'), await provisioned(current(), 'grace')];
      await current().touchUsers([
        { userId: ada.id, lastAssertedAt: later(10) },
        { userId: grace.id, lastAssertedAt: later(20) },
      ]);
      assert.deepEqual(await current().findUser('ada'), { ...ada, lastAssertedAt: later(10) });
      assert.deepEqual(await current().findUserById(grace.id), { ...grace, lastAssertedAt: later(20) });
    });

    it('never moves it back', async () => {
      const { id: userId } = await provisioned(current(), 'ada');
      await current().touchUsers([{ userId, lastAssertedAt: later(10) }]);
      await current().touchUsers([{ userId, lastAssertedAt: later(9) }]);
      assert.deepEqual(await lastAssertedAt('ada'), later(10));
    });

    it('keeps the latest time of a user who is listed twice', async () => {
      const { id: userId } = await provisioned(current(), 'ada');
      await current().touchUsers([30, 10, 20].map((seconds) => ({ userId, lastAssertedAt: later(seconds) })));
      assert.deepEqual(await lastAssertedAt('ada'), later(30));
    });

    it('ignores unknown ids', async () => {
      const { id } = await provisioned(current(), 'ada');
      await current().touchUsers([randomUUID(), 'x', '', id].map((userId) => ({ userId, lastAssertedAt: later(10) })));
      await current().touchUsers([]);
      assert.deepEqual(await lastAssertedAt('ada'), later(10));
    });

    it('sets a time that is also in a device’s owner, and survives changes of the row', async () => {
      const { user, device } = await pair('ada');
      await current().touchUsers([{ userId: user.id, lastAssertedAt: later(10) }]);
      await provisioned(current(), 'ada', ['others']);
      await current().updateUser('ada', { addRoles: ['auditor'] });
      assert.deepEqual((await current().findDevice(device.id))?.user.lastAssertedAt, later(10));
    });

    it('does not make the next login a change', async () => {
      const user = await provisioned(current(), 'ada');
      await current().touchUsers([{ userId: user.id, lastAssertedAt: later(10) }]);
      assert.deepEqual(await provisioned(current(), 'ada'), { ...user, lastAssertedAt: later(10) });
    });

    it('keeps the latest time of many concurrent calls, during logins that change the rows', async () => {
      const ids = await atOnce(5, async (index) => (await provisioned(current(), `user-${index}`)).id);
      await atOnce<unknown>(60, (index) => {
        if (index >= 30) return provisioned(current(), `user-${index % 5}`, [`group-${index}`]);
        const uses = ids.map((userId) => ({ userId, lastAssertedAt: later((index * 7) % 30) }));
        return current().touchUsers(index % 2 === 0 ? uses : uses.reverse());
      });
      for (const id of ids) {
        const user = await current().findUserById(id);
        assert.deepEqual(user?.lastAssertedAt, later(29));
        assert.equal(user?.version, 7);
      }
    });
  });
}
