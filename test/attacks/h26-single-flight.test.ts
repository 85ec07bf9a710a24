// H26: in other systems, parallel first requests of one user created two rows or failed. Tests the resolver's part.
import { expect } from 'chai';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import { type Instance, instance } from '../support/instances.js';
import { alice, groupRoles, pair } from '../support/people.js';
import { type Counted, counted, fallibleState, gated } from '../support/ports.js';
import { inMemory, inRedis } from '../support/shared-states.js';

for (const states of [inMemory(), inRedis()]) {
  describe(`H26: single flight of parallel first requests (${states.name})`, () => {
    let rows: Directory;
    let directory: Counted<Directory>;
    const instances: Instance[] = [];

    before(() => states.start());
    after(() => states.stop());
    beforeEach(async () => {
      rows = memoryDirectory();
      directory = counted(rows);
      for (let index = 0; index < 3; index += 1) {
        instances.push(instance({ directory: directory.port, state: await states.connect(), groupRoles }));
      }
    });
    afterEach(async () => {
      for (const { resolver } of instances.splice(0)) await resolver.close();
      await states.flush();
    });

    it('queries the directory once for 500 parallel requests in one process', async () => {
      const accounts = await Promise.all(Array.from({ length: 500 }, () => instances[0]?.resolver.resolve(alice)));
      expect(new Set(accounts.map((account) => account?.userId)).size).to.equal(1);
      expect(directory.count('provision')).to.equal(1);
      expect(directory.count('mapping')).to.equal(1);
    });

    it('queries it at most once per process, and returns the same user to all', async () => {
      const asked = instances.flatMap(({ resolver }) => Array.from({ length: 100 }, () => resolver.resolve(alice)));
      const accounts = await Promise.all(asked);
      expect(new Set(accounts.map((account) => account?.userId)).size).to.equal(1);
      expect(directory.count('provision')).to.be.at.most(instances.length);
      expect(await rows.listUsers({ limit: 10 })).to.have.length(1);
      expect((await rows.findUser('alice'))?.version).to.equal(1);
      expect(instances.flatMap(({ events }) => events).filter(({ type }) => type === 'user.created')).to.have.length(1);
    });

    it('queries it once for a device, and once for a session', async () => {
      const user = await rows.provision(alice, 'active');
      const device = await pair(rows, user.outcome === 'absent' ? undefined : user.user.id);
      const { resolver } = instances[0] ?? expect.fail();
      await Promise.all(Array.from({ length: 100 }, () => resolver.findDevice(device.id, 'alice')));
      expect(directory.count('findDevice')).to.equal(1);
      const other = instances[1]?.resolver ?? expect.fail();
      await states.flush();
      await Promise.all(Array.from({ length: 100 }, () => other.find('alice')));
      expect(directory.count('findUser')).to.equal(1);
    });

    it('does not share the result of a read that began before the request', async () => {
      const slow = gated(rows);
      const fallible = fallibleState(await states.connect());
      const started = instance({ directory: slow.port, state: fallible.state, groupRoles });
      instances.push(started);
      await rows.provision(alice, 'active');
      fallible.lose();
      fallible.down = true;
      const held = slow.holdNext('findUser');
      const early = started.resolver.find('alice');
      await held.reached;
      await rows.updateUser('alice', { disabled: true });
      const late = Array.from({ length: 10 }, () => started.resolver.find('alice'));
      held.release();
      expect(await early).to.include({ disabled: false });
      for (const account of await Promise.all(late)) expect(account).to.include({ disabled: true });
    });
  });
}
