// P15: elsewhere an acknowledged revocation was undone by a failover, or evicted. Here only the directory is believed.
import { expect } from 'chai';
import type { Directory, SharedState } from '../../src/ports.js';
import { memoryDirectory } from '../../src/stores/memory-directory.js';
import type { Device } from '../../src/types.js';
import { type Instance, instance } from '../support/instances.js';
import { alice, groupRoles, pair, refusal, roles } from '../support/people.js';
import { type FallibleState, fallibleState } from '../support/ports.js';
import { until } from '../support/processes.js';
import { inMemory, inRedis } from '../support/shared-states.js';

for (const states of [inMemory(), inRedis()]) {
  describe(`P15: the directory is the authority, whatever the shared state loses or brings back (${states.name})`, () => {
    let directory: Directory;
    let state: SharedState;
    let fallible: FallibleState;
    let one: Instance;
    let other: Instance;
    let device: Device;

    before(() => states.start());
    after(() => states.stop());
    beforeEach(async () => {
      directory = memoryDirectory();
      state = await states.connect();
      fallible = fallibleState(await states.connect());
      one = instance({ directory, state: fallible.state, groupRoles });
      other = instance({ directory, state: await states.connect(), groupRoles });
      device = await pair(directory, (await one.resolver.resolve(alice))?.userId);
      for (const { resolver } of [one, other]) await resolver.findDevice(device.id, 'alice');
    });
    afterEach(async () => {
      for (const { resolver } of [one, other]) await resolver.close();
      await states.clear();
    });

    const keys = () => ['c:user:alice', `c:device:${device.id}`];
    const revokedAt = async ({ resolver }: Instance) =>
      (await resolver.findDevice(device.id, 'alice'))?.device.revokedAt;

    it('gives nobody anything, and takes nobody anything, when everything is flushed in the middle of traffic', async () => {
      let rounds = 0;
      const wrong: string[] = [];
      const traffic = [one, other].map(async ({ resolver }) => {
        for (let round = 0; round < 60; round += 1) {
          const expected = round % 10 < 5 ? 'viewer' : 'admin';
          const subject = `user-${expected}`;
          const groups = [expected === 'viewer' ? 'staff' : 'admins'];
          const byHeader = roles(await resolver.resolve({ subject, groups }));
          const bySession = roles(await resolver.find(subject));
          if (byHeader?.join() !== expected || bySession?.join() !== expected) wrong.push(`${byHeader} ${bySession}`);
          if ((await resolver.findDevice(device.id, 'alice'))?.account.subject !== 'alice') wrong.push('no device');
          rounds += 1;
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
      while (rounds < 2 * 60 && wrong.length === 0) {
        await states.flush();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(traffic);
      expect(wrong).to.deep.equal([]);
      expect((await directory.findUser('user-admin'))?.version).to.equal(1);
    });

    it('keeps a device revoked and a user disabled after a flush', async () => {
      await one.administration.devices.revoke('alice', device.id);
      await one.administration.users.disable('alice');
      await states.flush();
      for (const each of [one, other]) {
        await until('it was told', () => each.cache.peek('c:user:alice') === undefined, 2);
        expect(await revokedAt(each)).to.be.an.instanceof(Date);
        expect(await each.resolver.find('alice')).to.include({ disabled: true });
      }
    });

    it('keeps them so after a failover that brings back what was there before the change', async () => {
      const before = await state.get(keys());
      await one.administration.devices.revoke('alice', device.id);
      await one.administration.users.disable('alice');
      // The connections break, and the new primary never got the last writes of the old one.
      fallible.lose();
      for (const [index, key] of keys().entries()) await state.put(key, before[index] ?? '', 600);
      expect(await revokedAt(one)).to.be.an.instanceof(Date);
      expect(await one.resolver.find('alice')).to.include({ disabled: true });
      fallible.restore();
      await until('every instance knows', async () => (await revokedAt(other)) !== undefined, 2);
      await until('every instance knows', async () => (await other.resolver.find('alice'))?.disabled === true, 2);
      expect(await revokedAt(one)).to.be.an.instanceof(Date);
    });

    it('keeps them so where the shared state was away during the change, as soon as it is back', async () => {
      fallible.lose();
      fallible.down = true;
      expect(await refusal(one.administration.devices.revoke('alice', device.id))).to.equal('ERR_CHANGE_NOT_SPREAD');
      expect(await refusal(one.administration.users.disable('alice'))).to.equal('ERR_CHANGE_NOT_SPREAD');
      expect(await revokedAt(one)).to.be.an.instanceof(Date);
      fallible.down = false;
      expect(await revokedAt(one)).to.be.an.instanceof(Date);
      fallible.restore();
      await until('every instance knows', async () => (await revokedAt(other)) !== undefined, 2);
      await until('every instance knows', async () => (await other.resolver.find('alice'))?.disabled === true, 2);
    });

    it('lets nobody in by what somebody wrote into the shared state under another name or version', async () => {
      const [entry = ''] = await state.get(['c:user:alice']);
      await one.administration.users.disable('alice');
      const forged = [
        entry.replace('v1:', 'v2:'),
        entry.replace('"disabled":false', '"disabled":"no"'),
        'v1:{}',
        'v1:',
      ];
      for (const text of forged) {
        await state.put('c:user:alice', text, 600);
        await until(
          'they were told',
          () => [one, other].every(({ cache }) => cache.peek('c:user:alice') === undefined),
          2,
        );
        for (const { resolver } of [one, other]) expect(await resolver.find('alice')).to.include({ disabled: true });
      }
    });
  });
}
