// The cost of a request, counted at the ports and by Redis itself.
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import { type Instance, instance } from '../support/instances.js';
import { alice, groupRoles, pair, roles } from '../support/people.js';
import { type Counted, counted } from '../support/ports.js';
import { until } from '../support/processes.js';
import { inMemory, inRedis } from '../support/shared-states.js';

for (const states of [inMemory(), inRedis()]) {
  describe(`the cost of a request (${states.name})`, () => {
    let directory: Counted<Directory>;
    const instances: Instance[] = [];

    before(() => states.start());
    after(() => states.stop());
    beforeEach(() => {
      directory = counted(memoryDirectory());
    });
    afterEach(async () => {
      for (const { resolver } of instances.splice(0)) await resolver.close();
      await states.flush();
    });

    /** An instance that receives change notices and therefore caches what it reads. */
    async function start(): Promise<Instance> {
      const started = instance({ directory: directory.port, state: await states.connect(), groupRoles });
      instances.push(started);
      await until('the instance holds what it resolves', async () => {
        await started.resolver.resolve({ subject: 'probe' });
        return !(started.resolver.resolve({ subject: 'probe' }) instanceof Promise);
      });
      directory.reset();
      await states.commands();
      return started;
    }

    /**
     * Asks until the instance answers from memory. Usually it does from the second request on, unless a message from
     * Redis about a new entry arrives late.
     */
    async function held(what: string, ask: () => readonly unknown[]): Promise<void> {
      await until(`the instance holds ${what}`, async () => {
        await Promise.all(ask());
        return !ask().some((answer) => answer instanceof Promise);
      });
    }

    const spent = async () => ({ sql: directory.count(), redis: await states.commands() });

    it('is nothing from the second request on, by header, session and token', async () => {
      const { resolver } = await start();
      const account = await resolver.resolve(alice);
      const device = await pair(directory.port, account?.userId);
      await held('the user and the device', () => [resolver.findDevice(device.id, 'alice'), resolver.resolve(alice)]);
      directory.reset();
      await states.commands();
      for (let request = 0; request < 1000; request += 1) {
        // A process that is stopped for the length of its reliance correctly relies on nothing.
        if (request % 20 === 0) await turn();
        expect(resolver.resolve({ ...alice })).to.deep.equal(account);
        expect(resolver.find('alice')).to.deep.equal(account);
        expect(resolver.findDevice(device.id, 'alice')).to.deep.equal({ device, account });
      }
      expect(await spent()).to.deep.equal({ sql: 0, redis: 0 });
    });

    it('is one round trip to the shared state and no SQL if another process resolved the user first', async () => {
      const [first, second] = [await start(), await start()];
      const account = await first.resolver.resolve(alice);
      const device = await pair(directory.port, account?.userId);
      await first.resolver.findDevice(device.id, 'alice');
      directory.reset();
      await states.commands();
      expect(await second.resolver.resolve(alice)).to.deep.equal(account);
      expect(await spent()).to.deep.equal({ sql: 0, redis: 1 });
      expect(await second.resolver.findDevice(device.id, 'alice')).to.deep.equal({ device, account });
      expect(await spent()).to.deep.equal({ sql: 0, redis: 1 });
      expect(second.resolver.resolve(alice)).to.deep.equal(account);
    });

    it('is one round trip for a process with an empty cache, which does not even hold the mappings', async () => {
      const first = await start();
      const account = await first.resolver.resolve(alice);
      const state = await states.connect();
      const second = instance({ directory: directory.port, state, groupRoles });
      instances.push(second);
      directory.reset();
      await states.commands();
      expect(await second.resolver.resolve(alice)).to.deep.equal(account);
      expect(await spent()).to.deep.equal({ sql: 0, redis: 1 });
    });

    it('is one SQL statement if no process resolved the user before', async () => {
      const { resolver } = await start();
      await resolver.resolve(alice);
      expect(directory.count()).to.equal(1);
      expect(directory.count('provision')).to.equal(1);
    });

    it('is one SQL statement for a change of groups, which writes the row once', async () => {
      const [first, second] = [await start(), await start()];
      for (const { resolver } of [first, second]) await resolver.resolve(alice);
      directory.reset();
      const changed = { ...alice, groups: ['admins'] };
      expect(roles(await first.resolver.resolve(changed))).to.deep.equal(['admin']);
      expect(roles(await second.resolver.resolve(changed))).to.deep.equal(['admin']);
      expect(directory.count()).to.equal(1);
      expect((await directory.port.findUser('alice'))?.version).to.equal(2);
    });

    it('is no write in a thousand requests with the same assertion', async () => {
      const [first, second] = [await start(), await start()];
      const account = await first.resolver.resolve(alice);
      for (const { resolver } of [first, second]) await held('the user', () => [resolver.resolve(alice)]);
      directory.reset();
      await states.commands();
      for (let request = 0; request < 500; request += 1) {
        for (const { resolver } of [first, second]) expect(resolver.resolve(alice)).to.deep.equal(account);
      }
      expect(await spent()).to.deep.equal({ sql: 0, redis: 0 });
      expect((await directory.port.findUser('alice'))?.version).to.equal(1);
    });

    it('is one SQL statement for the mappings, however many concurrent requests a newly started server gets', async () => {
      const state = await states.connect();
      const cold = instance({ directory: directory.port, state, groupRoles });
      instances.push(cold);
      await Promise.all(Array.from({ length: 50 }, (_, index) => cold.resolver.resolve({ subject: `user-${index}` })));
      expect(directory.count('mapping')).to.be.at.most(2);
      expect(directory.count('provision')).to.equal(50);
    });
  });
}
