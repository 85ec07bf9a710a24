// H16: in other systems, a cache still accepted a disabled or deleted user for minutes.
import { expect } from 'chai';
import type { Directory } from '../../src/vocabulary/ports.js';
import type { Device } from '../../src/vocabulary/types.js';
import { mariadbKind, memoryKind, sqliteKind } from '../support/directories.js';
import { type Instance, instance } from '../support/instances.js';
import { alice, groupRoles, pair } from '../support/people.js';
import { until } from '../support/processes.js';
import { inMemory, inRedis } from '../support/shared-states.js';

for (const [kind, states] of [
  [memoryKind(), inMemory()],
  [memoryKind(), inRedis()],
  [sqliteKind(), inMemory()],
  [sqliteKind(), inRedis()],
  [mariadbKind(), inRedis()],
] as const) {
  describe(`H16: a disabled or deleted user (directory: ${kind.name}, state: ${states.name})`, () => {
    let directory: Directory;
    let device: Device;
    const instances: Instance[] = [];

    before(async () => {
      await kind.start();
      await states.start();
    });
    after(async () => {
      await states.stop();
      await kind.stop();
    });
    afterEach(async () => {
      for (const { resolver } of instances.splice(0)) await resolver.close();
      await states.flush();
    });

    /** Starts instances, and waits until all answer from their own memory by header, session and token. */
    async function warm(count: number): Promise<readonly [Instance, Instance, ...Instance[]]> {
      directory = await kind.open();
      for (let index = 0; index < count; index += 1) {
        instances.push(instance({ directory, state: await states.connect(), groupRoles }));
      }
      const [one, other] = instances;
      if (one === undefined || other === undefined) throw new Error('at least two');
      device = await pair(directory, (await one.resolver.resolve(alice))?.userId);
      for (const each of instances) await until('it answers from memory', async () => !(await asked(each)).waited);
      return [one, other, ...instances.slice(2)];
    }

    async function asked({ resolver }: Instance) {
      const answers = [
        resolver.resolve(alice),
        resolver.find('alice'),
        resolver.findDevice(device.id, 'alice'),
      ] as const;
      const waited = answers.some((answer) => answer instanceof Promise);
      const [byHeader, bySession, byToken] = await Promise.all(answers);
      return { waited, accounts: [byHeader, bySession, byToken?.account] };
    }

    it('is in the memory of every instance before the change', async () => {
      await warm(2);
      for (const each of instances) {
        const { waited, accounts } = await asked(each);
        expect(waited).to.equal(false);
        for (const account of accounts) expect(account).to.include({ disabled: false });
      }
    });

    it('is disabled on the instance of the change as soon as the call returns', async () => {
      const [one] = await warm(2);
      await one.administration.users.disable('alice');
      for (const account of (await asked(one)).accounts) expect(account).to.include({ disabled: true });
    });

    it('is disabled on every other instance at that time, and stays so', async () => {
      const [one, ...others] = await warm(4);
      await one.administration.users.disable('alice');
      for (const other of others) {
        expect(other.cache.peek('u:alice')).to.equal(undefined);
        for (const account of (await asked(other)).accounts) expect(account).to.include({ disabled: true });
      }
      for (const each of instances) {
        for (const account of (await asked(each)).accounts) expect(account).to.include({ disabled: true });
      }
    });

    it('is unknown after deletion, with all devices', async () => {
      const [one, other] = await warm(2);
      await one.administration.users.delete('alice');
      expect(await one.resolver.find('alice')).to.equal(undefined);
      expect(await one.resolver.findDevice(device.id, 'alice')).to.equal(undefined);
      expect(await other.resolver.find('alice')).to.equal(undefined);
      expect(await other.resolver.findDevice(device.id, 'alice')).to.equal(undefined);
    });

    it('stays disabled after a flush or the return of older data during traffic', async () => {
      const [one] = await warm(2);
      await one.administration.users.disable('alice');
      for (let round = 0; round < 20; round += 1) {
        if (round % 4 === 1) await states.flush();
        if (round % 4 === 3) await states.rollBack();
        for (const each of instances) {
          for (const account of (await asked(each)).accounts) expect(account).to.include({ disabled: true });
        }
      }
    });
  });
}
