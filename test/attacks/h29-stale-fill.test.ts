// H29: in other systems, a row was read, then disabled, and then the old value was cached.
import { expect } from 'chai';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import type { Account } from '../../src/vocabulary/types.js';
import { type Instance, instance } from '../support/instances.js';
import { alice, groupRoles, pair, roles } from '../support/people.js';
import { type Gated, gated } from '../support/ports.js';
import { inMemory, inRedis } from '../support/shared-states.js';

for (const states of [inMemory(), inRedis()]) {
  describe(`H29: a slow reader never caches an outdated value (${states.name})`, () => {
    let directory: Directory;
    let slow: Gated<Directory>;
    let reader: Instance;
    let changer: Instance;
    let witness: Instance;

    before(() => states.start());
    after(() => states.stop());
    beforeEach(async () => {
      directory = memoryDirectory();
      slow = gated(directory);
      reader = instance({ directory: slow.port, state: await states.connect(), groupRoles });
      changer = instance({ directory, state: await states.connect(), groupRoles });
      witness = instance({ directory, state: await states.connect(), groupRoles });
      await directory.provision(alice, 'active');
      await changer.resolver.resolve({ subject: 'somebody-else' });
    });
    afterEach(async () => {
      for (const { resolver } of [reader, changer, witness]) await resolver.close();
      await states.flush();
    });

    async function all(): Promise<readonly (Account | undefined)[]> {
      const accounts: (Account | undefined)[] = [];
      for (const { resolver } of [reader, changer, witness]) accounts.push(await resolver.find('alice'));
      for (const { resolver } of [reader, changer, witness]) accounts.push(await resolver.resolve(alice));
      return accounts;
    }

    const between: readonly (readonly [string, () => Promise<void>])[] = [
      ['nothing else', async () => {}],
      ['a flush', () => states.flush()],
      ['the return of older data', () => states.rollBack()],
    ];
    const readers: readonly (readonly [string, 'provision' | 'findUser', (instance: Instance) => unknown])[] = [
      ['by header', 'provision', ({ resolver }) => resolver.resolve(alice)],
      ['by session', 'findUser', ({ resolver }) => resolver.find('alice')],
    ];
    for (const [what, happen] of between) {
      for (const [how, verb, read] of readers) {
        it(`read ${how}, disable, ${what}, fill: disabled on all instances`, async () => {
          const held = slow.holdNext(verb);
          const asked = read(reader);
          await held.reached;
          await changer.administration.users.disable('alice');
          await happen();
          held.release();
          await asked;
          for (const account of await all()) expect(account).to.include({ disabled: true });
        });

        it(`over an older entry: read ${how}, disable, ${what}, fill: disabled on all instances`, async () => {
          await witness.resolver.resolve({ subject: 'alice', groups: [] });
          await witness.administration.mappings.set('other', ['x']);
          const held = slow.holdNext(verb);
          const asked = read(reader);
          await held.reached;
          await changer.administration.users.disable('alice');
          await happen();
          held.release();
          await asked;
          for (const account of await all()) expect(account).to.include({ disabled: true });
        });
      }
    }

    it('answers the slow reader itself with the current value', async () => {
      const held = slow.holdNext('findUser');
      const asked = reader.resolver.find('alice');
      await held.reached;
      await changer.administration.users.disable('alice');
      held.release();
      expect(await asked).to.include({ disabled: true });
    });

    it('read, remove a role, fill by another instance, fill: the other entry stays', async () => {
      await directory.updateUser('alice', { addRoles: ['editor'] });
      const held = slow.holdNext('findUser');
      const asked = reader.resolver.find('alice');
      await held.reached;
      await changer.administration.users.removeRoles('alice', ['editor']);
      await changer.resolver.find('alice');
      held.release();
      await asked;
      for (const account of await all()) expect(roles(account)).to.deep.equal(['viewer']);
    });

    it('read the mappings, change them, fill: the change is in effect on all instances', async () => {
      await changer.administration.mappings.set('staff', ['editor']);
      await states.flush();
      const held = slow.holdNext('mapping');
      const asked = reader.resolver.find('alice');
      await held.reached;
      await changer.administration.mappings.delete('staff');
      held.release();
      await asked;
      for (const account of await all()) expect(roles(account)).to.deep.equal(['viewer']);
    });

    for (const [what, happen] of between) {
      it(`read a device, revoke it, ${what}, fill: revoked on all instances`, async () => {
        const device = await pair(directory, (await directory.findUser('alice'))?.id);
        const held = slow.holdNext('findDevice');
        const asked = reader.resolver.findDevice(device.id, 'alice');
        await held.reached;
        await changer.administration.devices.revoke('alice', device.id);
        await happen();
        held.release();
        await asked;
        for (const { resolver } of [reader, changer, witness]) {
          const found = await resolver.findDevice(device.id, 'alice');
          expect(found?.device.revokedAt).to.be.an.instanceof(Date);
        }
      });
    }
  });
}
