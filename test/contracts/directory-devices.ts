// Contract of Directory, part: devices.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { NewDevice } from '../../src/vocabulary/port-values.js';
import { atOnce, type CurrentDirectory, later, newDevice, paired, pairedAt, provisioned } from './directory-harness.js';
import type { TestRunner } from './runner.js';

/** `createDevice`, `findDevice`, `listDevices`, `renameDevice` and `revokeDevices`. */
export function devicesContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  const pair = (subject: string, more: Partial<NewDevice> = {}) => paired(current(), subject, more);
  const row = (device: NewDevice, subject = 'ada') => ({ ...device, subject, serial: 1, version: 1 });

  describe('createDevice and findDevice', () => {
    it('adds a device, and finds it with its owner', async () => {
      const { user, device } = await pair('ada', { pairedBy: 'qr' });
      assert.deepEqual(await current().findDevice(device.id), { device: row(device), user });
    });

    it('stores the app’s information about itself, and the address of the pairing', async () => {
      const about = { appVersion: '5.1.0 (β)', platform: 'Android 16', lastAddress: '2001:db8::1' };
      const { user, device } = await pair('ada', { pairedBy: 'user-code', ...about });
      assert.deepEqual(await current().findDevice(device.id), { device: row(device), user });
      assert.deepEqual(await current().listDevices(user.id, pairedAt), [row(device)]);
    });

    it('stores the time of the pairing to the millisecond', async () => {
      const createdAt = new Date(pairedAt.getTime() + 123);
      const { device } = await pair('ada', { createdAt });
      assert.deepEqual((await current().findDevice(device.id))?.device.createdAt, createdAt);
    });

    it('returns the owner’s current row', async () => {
      const { device } = await pair('ada');
      const disabled = await current().updateUser('ada', { disabled: true });
      assert.deepEqual((await current().findDevice(device.id))?.user, disabled);
    });

    it('changes nothing if the id exists', async () => {
      const { user, device } = await pair('ada');
      await current().revokeDevices(user.id, 'all', later(5));
      await current().createDevice({ ...device, name: 'Another', expiresAt: later(1) });
      const { device: found } = (await current().findDevice(device.id)) ?? assert.fail();
      assert.deepEqual(found, { ...row(device), revokedAt: later(5), version: 2 });
    });

    it('adds one device for many concurrent calls with one id', async () => {
      const user = await provisioned(current(), 'ada');
      const device = newDevice(user.id);
      await atOnce(20, () => current().createDevice(device));
      assert.equal((await current().listDevices(user.id, pairedAt)).length, 1);
    });

    it('rejects a device without owner with ERR_USER_UNKNOWN', async () => {
      const { user } = await pair('ada');
      await current().deleteUser('ada');
      for (const userId of [user.id, randomUUID(), 'ada']) {
        const device = newDevice(userId);
        const unknown = { name: 'LatchkeyError', code: 'ERR_USER_UNKNOWN' };
        await assert.rejects(current().createDevice(device), unknown);
        assert.equal(await current().findDevice(device.id), undefined);
      }
    });

    it('refuses text that a database would alter', async () => {
      const { user, device } = await pair('ada');
      const refused = { name: 'LatchkeyError', code: 'ERR_DIRECTORY_VALUE' };
      await assert.rejects(current().createDevice(newDevice(user.id, { name: 'a\0' })), refused);
      await assert.rejects(current().createDevice(newDevice(user.id, { clientId: '\ud800' })), refused);
      for (const more of [{ appVersion: 'a\0' }, { platform: '\udfff' }, { lastAddress: '\0' }]) {
        await assert.rejects(current().createDevice(newDevice(user.id, more)), refused);
      }
      await assert.rejects(current().renameDevice(user.id, device.id, 'a\0'), refused);
    });

    it('finds revoked and expired devices, too', async () => {
      const { user, device } = await pair('ada', { expiresAt: later(1) });
      await current().revokeDevices(user.id, { only: device.id }, later(2));
      assert.deepEqual((await current().findDevice(device.id))?.device.revokedAt, later(2));
    });

    it('finds nothing for an unknown or malformed id', async () => {
      const { device } = await pair('ada');
      for (const id of [randomUUID(), '', 'x', device.id.toUpperCase(), `${device.id}\0`]) {
        assert.equal(await current().findDevice(id), undefined);
      }
    });
  });

  describe('createDevice, with a maximum', () => {
    const limit = { name: 'LatchkeyError', code: 'ERR_DEVICE_LIMIT' };

    it('adds devices up to the maximum, and rejects the next with ERR_DEVICE_LIMIT', async () => {
      const user = await provisioned(current(), 'ada');
      for (let count = 0; count < 3; count += 1) {
        await current().createDevice(newDevice(user.id), 3);
      }
      const refused = newDevice(user.id);
      await assert.rejects(current().createDevice(refused, 3), limit);
      assert.equal(await current().findDevice(refused.id), undefined);
      assert.equal((await current().listDevices(user.id, pairedAt)).length, 3);
    });

    it('counts only this owner’s devices that are neither revoked nor expired when the new one is paired', async () => {
      const { user, device: revoked } = await pair('ada');
      await current().revokeDevices(user.id, { only: revoked.id }, later(1));
      await pair('ada', { expiresAt: later(100) });
      await pair('grace');
      await current().createDevice(newDevice(user.id, { createdAt: later(100) }), 1);
      const early = newDevice(user.id, { createdAt: new Date(later(100).getTime() - 1) });
      await assert.rejects(current().createDevice(early, 2), limit);
      await current().createDevice(early, 3);
    });

    it('changes nothing if the id exists, even at the maximum and beyond it', async () => {
      const { user, device } = await pair('ada');
      await pair('ada');
      for (const maximum of [1, 2, 3]) {
        await current().createDevice({ ...device, name: 'Another' }, maximum);
      }
      assert.deepEqual((await current().findDevice(device.id))?.device, row(device));
      await current().revokeDevices(user.id, { only: device.id }, later(5));
      await current().createDevice(device, 1);
      assert.deepEqual((await current().findDevice(device.id))?.device.revokedAt, later(5));
    });

    it('rejects a device without owner with ERR_USER_UNKNOWN', async () => {
      for (const userId of [randomUUID(), 'ada']) {
        const unknown = { name: 'LatchkeyError', code: 'ERR_USER_UNKNOWN' };
        await assert.rejects(current().createDevice(newDevice(userId), 5), unknown);
      }
    });

    for (const count of [20, 200]) {
      it(`adds devices exactly up to the maximum in ${count} concurrent calls`, async () => {
        const { user } = await pair('ada');
        const outcomes = await atOnce(count, () =>
          current()
            .createDevice(newDevice(user.id), 5)
            .then(
              () => 'paired',
              (error: { readonly code?: string }) => error.code,
            ),
        );
        assert.equal(outcomes.filter((outcome) => outcome === 'paired').length, 4);
        assert.equal(outcomes.filter((outcome) => outcome === 'ERR_DEVICE_LIMIT').length, count - 4);
        assert.equal((await current().listDevices(user.id, pairedAt)).length, 5);
      });
    }

    it('adds one device for many concurrent calls with one id, up to the maximum', async () => {
      const { user } = await pair('ada');
      const device = newDevice(user.id);
      await atOnce(20, () => current().createDevice(device, 2));
      assert.equal((await current().listDevices(user.id, pairedAt)).length, 2);
    });
  });

  describe('listDevices', () => {
    it('returns a user’s devices that are neither revoked nor expired, newest first', async () => {
      const { user, device: oldest } = await pair('ada');
      const { device: newest } = await pair('ada', { createdAt: later(20) });
      const { device: middle } = await pair('ada', { createdAt: later(10) });
      const { device: revoked } = await pair('ada');
      await pair('ada', { expiresAt: later(100) });
      await pair('grace');
      await current().revokeDevices(user.id, { only: revoked.id }, later(1));
      const expected = [newest, middle, oldest].map((device) => row(device));
      assert.deepEqual(await current().listDevices(user.id, later(100)), expected);
    });

    it('treats a device as expired from exactly `expiresAt` on', async () => {
      const { user, device } = await pair('ada', { expiresAt: later(100) });
      assert.equal((await current().listDevices(user.id, new Date(later(100).getTime() - 1))).length, 1);
      assert.equal((await current().listDevices(user.id, device.expiresAt)).length, 0);
    });

    it('is empty for a user without devices and for an unknown user', async () => {
      const user = await provisioned(current(), 'ada');
      for (const userId of [user.id, randomUUID(), 'ada', '']) {
        assert.deepEqual(await current().listDevices(userId, pairedAt), []);
      }
    });
  });

  describe('renameDevice', () => {
    it('renames a device, and returns its current row', async () => {
      const { user, device } = await pair('ada');
      const renamed = { ...row(device), name: 'Küchenradio 📻', version: 2 };
      assert.deepEqual(await current().renameDevice(user.id, device.id, 'Küchenradio 📻'), renamed);
      assert.deepEqual((await current().findDevice(device.id))?.device, renamed);
    });

    it('returns undefined for a device that is unknown, revoked or another user’s', async () => {
      const { user, device } = await pair('ada');
      const { device: foreign } = await pair('grace');
      await current().revokeDevices(user.id, { only: device.id }, later(1));
      for (const id of [device.id, foreign.id, randomUUID(), 'x']) {
        assert.equal(await current().renameDevice(user.id, id, 'Mine'), undefined);
      }
      assert.equal(await current().renameDevice('x', foreign.id, 'Mine'), undefined);
      assert.equal((await current().findDevice(foreign.id))?.device.name, foreign.name);
    });
  });

  describe('revokeDevices', () => {
    it('revokes one device, all others, or all', async () => {
      const { user, device: first } = await pair('ada');
      const [second, third] = [(await pair('ada')).device, (await pair('ada')).device];
      const left = async () => (await current().listDevices(user.id, pairedAt)).map((device) => device.id).sort();

      assert.deepEqual(await current().revokeDevices(user.id, { only: first.id }, later(1)), [first.id]);
      assert.deepEqual(await left(), [second.id, third.id].sort());
      assert.deepEqual(await current().revokeDevices(user.id, { except: third.id }, later(2)), [second.id]);
      assert.deepEqual(await left(), [third.id]);
      assert.deepEqual(await current().revokeDevices(user.id, 'all', later(3)), [third.id]);
      assert.deepEqual(await left(), []);
      assert.deepEqual((await current().findDevice(first.id))?.device.revokedAt, later(1));
      assert.deepEqual((await current().findDevice(third.id))?.device.revokedAt, later(3));
    });

    it('revokes all if the exception does not exist', async () => {
      for (const except of [randomUUID(), 'x', '']) {
        const { user, device } = await pair('ada');
        assert.deepEqual(await current().revokeDevices(user.id, { except }, later(1)), [device.id]);
      }
    });

    it('never revokes another user’s device', async () => {
      const { user } = await pair('ada');
      const { device: foreign } = await pair('grace');
      assert.deepEqual(await current().revokeDevices(user.id, { only: foreign.id }, later(1)), []);
      await current().revokeDevices(user.id, 'all', later(1));
      assert.deepEqual(await current().revokeDevices('x', 'all', later(1)), []);
      assert.deepEqual(await current().revokeDevices(user.id, { only: 'x' }, later(1)), []);
      assert.equal((await current().findDevice(foreign.id))?.device.revokedAt, undefined);
    });

    it('returns each device from exactly one of many concurrent revocations', async () => {
      const { user } = await pair('ada');
      await atOnce(9, () => pair('ada'));
      const revoked = await atOnce(10, (index) => current().revokeDevices(user.id, 'all', later(index)));
      assert.equal(revoked.flat().length, 10);
      assert.equal(new Set(revoked.flat()).size, 10);
    });
  });
}
