// Contract of Directory, part: lists of devices and audit entries.
import { strict as assert } from 'node:assert';
import type { AuditQuery, DeviceQuery } from '../../src/vocabulary/port-values.js';
import type { AuditEntry } from '../../src/vocabulary/types.js';
import { type CurrentDirectory, later, newDevice, paired, provisioned } from './directory-harness.js';
import type { TestRunner } from './runner.js';

/** `searchDevices`, `listAudit` and `pruneAudit`. */
export function pagesContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  describe('searchDevices', () => {
    const found = async (query: Partial<DeviceQuery>): Promise<readonly string[]> =>
      (await current().searchDevices({ now: later(0), limit: 100, ...query })).map(({ name }) => name);

    it('finds devices of all users by name, app and owner, newest first', async () => {
      await paired(current(), 'ada', { name: 'Phone', clientId: 'music', createdAt: later(1) });
      await paired(current(), 'grace', { name: '100% Radio_', clientId: 'radio', createdAt: later(3) });
      await paired(current(), 'adam', { name: 'Tablet', clientId: 'music', createdAt: later(2) });
      assert.deepEqual(await found({}), ['100% Radio_', 'Tablet', 'Phone']);
      assert.deepEqual(await found({ search: 'MUSIC' }), ['Tablet', 'Phone']);
      assert.deepEqual(await found({ search: 'ada' }), ['Tablet', 'Phone']);
      assert.deepEqual(await found({ search: 'tab' }), ['Tablet']);
      assert.deepEqual(await found({ search: '%' }), ['100% Radio_']);
      assert.deepEqual(await found({ search: '_' }), ['100% Radio_']);
      assert.deepEqual(await found({ subject: 'ada' }), ['Phone']);
      assert.deepEqual(await found({ subject: 'ada', search: 'tablet' }), []);
      assert.deepEqual(await found({ search: '\0' }), []);
      assert.deepEqual(await found({ subject: '\ud800' }), []);
      assert.deepEqual(await found({ search: 'RADIO_' }), ['100% Radio_']);
      assert.deepEqual(await found({ after: { id: 'phone', createdAt: later(9) } }), []);
    });

    it('leaves out revoked and expired devices, and returns complete rows', async () => {
      const { user, device } = await paired(current(), 'ada', { expiresAt: later(100) });
      const revoked = newDevice(user.id);
      await current().createDevice(revoked);
      await current().revokeDevices(user.id, { only: revoked.id }, later(1));
      const [only, ...others] = await current().searchDevices({ now: later(99), limit: 10 });
      assert.deepEqual(others, []);
      assert.deepEqual(only, (await current().findDevice(device.id))?.device);
      assert.deepEqual(await found({ now: later(100) }), []);
    });

    it('pages through all devices, each once, including those with the same time', async () => {
      const { user } = await paired(current(), 'ada', { name: 'device 0' });
      for (let index = 1; index < 7; index += 1) {
        const createdAt = later(Math.floor(index / 3));
        await current().createDevice(newDevice(user.id, { name: `device ${index}`, createdAt }));
      }
      const seen: string[] = [];
      for (let after: DeviceQuery['after']; ; ) {
        const page = await current().searchDevices({
          now: later(9),
          limit: 2,
          ...(after === undefined ? {} : { after }),
        });
        if (page.length === 0) break;
        seen.push(...page.map(({ name }) => name));
        after = page.at(-1);
      }
      assert.deepEqual(
        seen.toSorted(),
        Array.from({ length: 7 }, (_, index) => `device ${index}`),
      );
      assert.deepEqual(seen, await found({ now: later(9) }));
    });
  });

  describe('listAudit', () => {
    const found = async (query: Omit<AuditQuery, 'limit'>): Promise<readonly string[]> =>
      (await current().listAudit({ limit: 100, ...query })).map(({ action, subject, group }) =>
        [action, subject ?? group].join(' '),
      );
    async function act(): Promise<string> {
      const { device } = await paired(current(), 'ada');
      await current().updateUser('ada', { disabled: true }, { actor: { subject: 'root', address: '192.0.2.1' } });
      await current().createUser({ subject: 'bob', authMethod: 'local' }, { actor: { subject: 'eve' } });
      await current().putMapping({ group: 'staff', roles: ['reader'] }, { actor: { subject: 'root' } });
      return device.id;
    }

    it('filters by actor, action, user, group, device and their combination', async () => {
      const deviceId = await act();
      assert.deepEqual(await found({ actor: 'root' }), ['mapping.set staff', 'user.changed ada']);
      assert.deepEqual(await found({ action: 'user.created' }), ['user.created bob']);
      assert.deepEqual(await found({ subject: 'ada' }), ['user.changed ada', 'device.paired ada']);
      assert.deepEqual(await found({ group: 'staff' }), ['mapping.set staff']);
      assert.deepEqual(await found({ deviceId }), ['device.paired ada']);
      assert.deepEqual(await found({ actor: 'root', subject: 'ada' }), ['user.changed ada']);
      for (const query of [
        { actor: 'Root' },
        { subject: 'a\0' },
        { group: '\ud800' },
        { deviceId: 'phone' },
        { after: { id: 'x' } },
        { after: { id: '' } },
        { after: { id: '9'.repeat(30) } },
      ]) {
        assert.deepEqual(await found(query), []);
      }
    });

    it('filters by time: from `since` on, before `until`', async () => {
      await act();
      const [latest] = await current().listAudit({ limit: 1 });
      const at = latest?.at ?? assert.fail();
      assert((await found({ since: at })).includes('mapping.set staff'));
      assert(!(await found({ until: at })).includes('mapping.set staff'));
      assert.deepEqual(await found({ since: new Date(at.getTime() + 1) }), []);
      assert.deepEqual(await found({ until: new Date(0) }), []);
    });

    it('pages from the newest to the oldest, each once', async () => {
      await act();
      const seen: AuditEntry[] = [];
      for (;;) {
        const page = await current().listAudit({ limit: 1, after: seen.at(-1) });
        if (page.length === 0) break;
        seen.push(...page);
      }
      assert.deepEqual(seen, await current().listAudit({ limit: 100 }));
      assert.equal(seen.length, 4);
    });
  });

  describe('pruneAudit', () => {
    it('deletes entries older than the given time, and returns their number', async () => {
      await provisioned(current(), 'ada');
      await current().updateUser('ada', { disabled: true });
      const [entry] = await current().listAudit({ limit: 1 });
      const at = entry?.at ?? assert.fail();
      assert.equal(await current().pruneAudit(at), 0);
      assert.equal(await current().pruneAudit(new Date(at.getTime() + 1)), 1);
      assert.deepEqual(await current().listAudit({ limit: 1 }), []);
      await current().updateUser('ada', { disabled: false });
      const [next] = await current().listAudit({ limit: 1 });
      assert(Number(next?.id) > Number(entry?.id));
    });
  });
}
