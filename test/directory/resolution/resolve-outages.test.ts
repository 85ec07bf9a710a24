// No user gains or keeps access while the shared state or the directory is unavailable.
import { expect } from 'chai';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import type { Directory, SharedState } from '../../../src/vocabulary/ports.js';
import { type Instance, instance } from '../../support/instances.js';
import { alice, groupRoles, refusal, roles } from '../../support/people.js';
import { counted, fallibleDirectory, fallibleState } from '../../support/ports.js';

describe('resolver', () => {
  let directory: Directory;
  let state: SharedState;
  const instances: Instance[] = [];

  beforeEach(() => {
    directory = memoryDirectory();
    state = memoryState();
  });
  afterEach(async () => {
    for (const { resolver } of instances.splice(0)) await resolver.close();
    await state.close();
  });

  function start(options: Partial<Parameters<typeof instance>[0]> = {}): Instance {
    const started = instance({ directory, state, groupRoles, ...options });
    instances.push(started);
    return started;
  }

  describe('during an outage', () => {
    it('reads from the directory, one read at a time for each user, if the shared state is down', async () => {
      const fallible = fallibleState(state);
      const calls = counted(directory);
      const { resolver } = start({ state: fallible.state, directory: calls.port });
      fallible.lose();
      fallible.down = true;
      const asked = Array.from({ length: 100 }, () => resolver.resolve(alice));
      for (const account of await Promise.all(asked)) expect(roles(account)).to.deep.equal(['viewer']);
      expect(calls.count('provision')).to.equal(1);
      expect(roles(await resolver.find('alice'))).to.deep.equal(['viewer']);
    });

    it('lets no instance use an entry that could not be replaced', async () => {
      const fallible = fallibleState(state);
      const [here, there] = [start({ state: fallible.state }), start()];
      await here.resolver.resolve({ ...alice, groups: ['admins'] });
      fallible.down = true;
      expect(roles(await here.resolver.resolve(alice))).to.deep.equal(['viewer']);
      expect(roles(await here.resolver.find('alice'))).to.deep.equal(['viewer']);
      fallible.lose();
      fallible.down = false;
      expect(roles(await here.resolver.find('alice'))).to.deep.equal(['viewer']);
      fallible.restore();
      await new Promise((resolve) => setImmediate(resolve));
      expect(roles(await there.resolver.find('alice'))).to.deep.equal(['viewer']);
    });

    it('lets no instance use an entry after a write that may have succeeded', async () => {
      const fallible = fallibleDirectory(directory);
      const { resolver } = start({ directory: fallible.directory });
      await resolver.resolve({ ...alice, groups: ['admins'] });
      fallible.mode = 'late';
      expect(await refusal(resolver.resolve(alice))).to.equal('ERR_DIRECTORY_UNAVAILABLE');
      fallible.mode = 'up';
      expect(roles(await resolver.find('alice'))).to.deep.equal(['viewer']);
    });

    it('continues for known users if the directory is down, and rejects for others', async () => {
      const fallible = fallibleDirectory(directory);
      const { resolver } = start({ directory: fallible.directory });
      const account = await resolver.resolve(alice);
      fallible.mode = 'down';
      expect(resolver.resolve(alice)).to.deep.equal(account);
      for (const asked of [
        resolver.find('bob'),
        resolver.resolve({ subject: 'bob' }),
        resolver.findDevice('x', 'bob'),
      ]) {
        expect(await refusal(asked)).to.equal('ERR_DIRECTORY_UNAVAILABLE');
      }
      fallible.mode = 'up';
      expect(await resolver.resolve({ subject: 'bob' })).to.include({ subject: 'bob' });
    });
  });
});
