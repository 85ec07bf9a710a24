// P15: in other systems, a failover or an eviction undid a confirmed revocation. Here only the directory decides.
import { expect } from 'chai';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import type { Directory, SharedState } from '../../src/vocabulary/ports.js';
import type { Device } from '../../src/vocabulary/types.js';
import { type Instance, instance } from '../support/instances.js';
import { alice, groupRoles, pair, roles } from '../support/people.js';
import { type FallibleState, fallibleState } from '../support/ports.js';
import { inMemory, inRedis } from '../support/shared-states.js';

for (const states of [inMemory(), inRedis()]) {
  describe(`P15: an unreliable shared state (${states.name})`, () => {
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
      await states.flush();
    });

    const revokedAt = async ({ resolver }: Instance) =>
      (await resolver.findDevice(device.id, 'alice'))?.device.revokedAt;

    it('neither adds nor removes roles when it is flushed during traffic', async () => {
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

    it('leaves a device revoked and a user disabled after a flush', async () => {
      await one.administration.devices.revoke('alice', device.id);
      await one.administration.users.disable('alice');
      await states.flush();
      for (const each of [one, other]) {
        expect(await revokedAt(each)).to.be.an.instanceof(Date);
        expect(await each.resolver.find('alice')).to.include({ disabled: true });
      }
    });

    it('leaves them so after a failover that restores older data', async () => {
      await one.administration.devices.revoke('alice', device.id);
      await one.administration.users.disable('alice');
      // The connections break, and the new primary has not received the last writes of the old one.
      fallible.lose();
      await states.rollBack();
      const third = instance({ directory, state, groupRoles });
      for (const each of [one, other, third]) {
        expect(await revokedAt(each)).to.be.an.instanceof(Date);
        expect(await each.resolver.find('alice')).to.include({ disabled: true });
      }
      fallible.restore();
      for (const each of [one, other, third]) {
        expect(await revokedAt(each)).to.be.an.instanceof(Date);
        expect(await each.resolver.find('alice')).to.include({ disabled: true });
      }
      await third.resolver.close();
    });

    it('leaves them so if it was unavailable during the change', async () => {
      fallible.lose();
      fallible.down = true;
      await one.administration.devices.revoke('alice', device.id);
      await one.administration.users.disable('alice');
      for (const each of [one, other]) {
        expect(await revokedAt(each)).to.be.an.instanceof(Date);
        expect(await each.resolver.find('alice')).to.include({ disabled: true });
      }
      fallible.down = false;
      fallible.restore();
      for (const each of [one, other]) expect(await revokedAt(each)).to.be.an.instanceof(Date);
    });

    it('authenticates nobody by entries under another key or position', async () => {
      const written: (readonly [string, string])[] = [];
      const spied = { ...state, put: async (key: string, text: string) => void written.push([key, text]) };
      const spy = instance({ directory, state: spied, groupRoles });
      await spy.resolver.resolve({ subject: 'bob', groups: ['staff'] });
      await spy.resolver.resolve({ ...alice, email: 'another@example.com' });
      await spy.resolver.close();
      const [key = '', text = ''] = written.find(([name]) => name.endsWith(':u:alice')) ?? [];
      const [, bobs = ''] = written.find(([name]) => name.endsWith(':u:bob')) ?? [];
      expect(text).to.match(/^\[\d+,/);
      await one.administration.users.disable('alice');
      const latest = await directory.findUser('bob');
      const forged = [
        text,
        bobs,
        // The latest position, but with another history's nonce.
        text.replace(/^\[\d+,"[^"]*"/, `[${latest?.position?.seq},"${'A'.repeat(22)}"`),
        text.replace(/^\[\d+/, '[1e99'),
        text.replace(/^\[\d+/, '[-1'),
        text.replace(/^\[\d+/, '["1"'),
        text.replace('false', '"no"'),
        '[]',
        '{}',
        'null',
        '',
      ];
      for (const each of forged) {
        await state.put(key, each, 600);
        const fresh = instance({ directory, state, groupRoles });
        expect(await fresh.resolver.find('alice'), each).to.include({ subject: 'alice', disabled: true });
        await fresh.resolver.close();
      }
    });
  });
}
