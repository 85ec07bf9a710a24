// Contract of Directory, part: renewal of a device's token.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { Device } from '../../src/vocabulary/types.js';
import { atOnce, type CurrentDirectory, later, paired } from './directory-harness.js';
import type { TestRunner } from './runner.js';

/** `renewDevice` and `confirmRenewal`. */
export function renewalContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  /** Adds a device. Returns its id, its owner's id and its row. */
  async function pair(subject = 'ada'): Promise<{ id: string; userId: string; row: Device }> {
    const { user, device } = await paired(current(), subject, { appVersion: '5.1', lastAddress: '192.0.2.1' });
    return { id: device.id, userId: user.id, row: { ...device, subject, serial: 1, version: 1 } };
  }
  const found = async (id: string): Promise<Device | undefined> => (await current().findDevice(id))?.device;
  const renew = (id: string, serial: number, seconds: number) =>
    current().renewDevice(id, serial, later(seconds), later(100_000 + seconds));
  const confirm = (id: string, serial: number, seconds: number) => current().confirmRenewal(id, serial, later(seconds));

  describe('renewDevice', () => {
    it('sets renewedAt and expiresAt, and nothing else', async () => {
      const { id, row } = await pair();
      const expected = { ...row, renewedAt: later(10), expiresAt: later(100_010) };
      assert.deepEqual(await renew(id, 1, 10), expected);
      assert.deepEqual(await found(id), expected);
    });

    it('changes nothing while a renewal is unconfirmed, and returns the current row', async () => {
      const { id } = await pair();
      const first = await renew(id, 1, 10);
      assert.deepEqual(await renew(id, 1, 20), first);
      assert.deepEqual(await found(id), first);
    });

    it('changes nothing for another serial, with and without an unconfirmed renewal', async () => {
      const { id, row } = await pair();
      for (const serial of [0, 2, -1, 1.5, Number.NaN, 2 ** 31, 2 ** 53]) {
        assert.equal(await renew(id, serial, 10), undefined);
      }
      assert.deepEqual(await found(id), row);
      const under = await renew(id, 1, 10);
      for (const serial of [0, 2]) {
        assert.equal(await renew(id, serial, 20), undefined);
      }
      assert.deepEqual(await found(id), under);
    });

    it('returns undefined for an unknown or revoked device, with and without an unconfirmed renewal', async () => {
      const [{ id, userId }, { id: under }] = [await pair(), await pair()];
      await renew(under, 1, 10);
      await current().revokeDevices(userId, 'all', later(20));
      for (const unknown of [id, under, randomUUID(), 'x', '']) {
        assert.equal(await renew(unknown, 1, 30), undefined);
      }
      assert.equal((await found(id))?.renewedAt, undefined);
      assert.deepEqual((await found(under))?.renewedAt, later(10));
    });

    it('changes one device only', async () => {
      const [{ id }, { id: other, row }] = [await pair(), await pair()];
      await renew(id, 1, 10);
      assert.deepEqual(await found(other), row);
    });

    for (const count of [20, 200]) {
      it(`is applied once in ${count} concurrent calls, which all return the same row`, async () => {
        const { id } = await pair();
        const rows = await atOnce(count, (index) => renew(id, 1, index));
        const row = await found(id);
        assert.notEqual(row?.renewedAt, undefined);
        for (const given of rows) {
          assert.deepEqual(given, row);
        }
      });
    }
  });

  describe('confirmRenewal', () => {
    it('makes the new token the current one, and keeps the previous one until the given time', async () => {
      const { id, row } = await pair();
      await renew(id, 1, 10);
      const expected = { ...row, serial: 2, previousUntil: later(30), expiresAt: later(100_010) };
      assert.deepEqual(await confirm(id, 2, 30), expected);
      assert.deepEqual(await found(id), expected);
    });

    it('changes nothing if the token is already confirmed, even while the next renewal is unconfirmed', async () => {
      const { id } = await pair();
      await renew(id, 1, 10);
      const confirmed = await confirm(id, 2, 30);
      assert.deepEqual(await confirm(id, 2, 40), confirmed);
      const under = await renew(id, 2, 50);
      assert.deepEqual(under, { ...confirmed, renewedAt: later(50), expiresAt: later(100_050) });
      assert.deepEqual(await confirm(id, 2, 60), under);
      assert.deepEqual(await found(id), under);
    });

    it('returns the row of a device without renewals for its first serial', async () => {
      const { id, row } = await pair();
      assert.deepEqual(await confirm(id, 1, 30), row);
      assert.deepEqual(await found(id), row);
    });

    it('returns undefined without an unconfirmed renewal, and for other serials', async () => {
      const { id, row } = await pair();
      assert.equal(await confirm(id, 2, 30), undefined);
      assert.deepEqual(await found(id), row);
      const under = await renew(id, 1, 10);
      for (const serial of [0, 3, -1, 1.5, Number.NaN, 2 ** 31, 2 ** 53]) {
        assert.equal(await confirm(id, serial, 30), undefined);
      }
      assert.deepEqual(await found(id), under);
      await confirm(id, 2, 30);
      assert.equal(await confirm(id, 1, 40), undefined);
      assert.equal((await found(id))?.serial, 2);
    });

    it('returns undefined for an unknown or revoked device', async () => {
      const { id, userId } = await pair();
      await renew(id, 1, 10);
      await current().revokeDevices(userId, 'all', later(20));
      for (const unknown of [id, randomUUID(), 'x', '']) {
        assert.equal(await confirm(unknown, 2, 30), undefined);
        assert.equal(await confirm(unknown, 1, 30), undefined);
      }
      assert.equal((await found(id))?.serial, 1);
    });

    for (const count of [20, 200]) {
      it(`is applied once in ${count} concurrent calls, which all return the same row`, async () => {
        const { id } = await pair();
        await renew(id, 1, 10);
        const rows = await atOnce(count, (index) => confirm(id, 2, index));
        const row = await found(id);
        assert.equal(row?.serial, 2);
        for (const given of rows) {
          assert.deepEqual(given, row);
        }
      });

      it(`takes one step at a time in ${count} concurrent renewals and confirmations`, async () => {
        const { id } = await pair();
        await atOnce(count, (index) => (index % 2 === 0 ? renew(id, 1, 10) : confirm(id, 2, 20)));
        const row = await found(id);
        assert.equal(row?.expiresAt.getTime(), later(100_010).getTime());
        // A confirmation before the renewal finds nothing to confirm.
        assert.deepEqual(await confirm(id, 2, 20), await found(id));
        assert.equal((await found(id))?.serial, 2);
        assert.deepEqual((await found(id))?.previousUntil, later(20));
      });
    }
  });
}
