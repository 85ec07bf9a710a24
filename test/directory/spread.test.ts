// directory/spread: each change is written first, then known everywhere, then returned.
import { expect } from 'chai';
import type { Administration } from '../../src/directory/administration.js';
import type { Directory, SharedState } from '../../src/ports.js';
import { memoryDirectory } from '../../src/stores/memory-directory.js';
import { memoryState } from '../../src/stores/memory-state.js';
import { type Instance, instance } from '../support/instances.js';
import { alice, groupRoles, refusal } from '../support/people.js';
import { fallibleDirectory, fallibleState, gated } from '../support/ports.js';

describe('changes by an administrator', () => {
  let directory: Directory;
  let state: SharedState;
  let here: Instance;
  let there: Instance;
  const instances: Instance[] = [];

  beforeEach(() => {
    directory = memoryDirectory();
    state = memoryState();
    here = start();
    there = start();
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

  const changes: readonly (readonly [
    string,
    (administration: Administration) => Promise<unknown>,
    { readonly before?: (directory: Directory) => Promise<unknown>; readonly then: object | undefined },
  ])[] = [
    ['disable', ({ users }) => users.disable('alice'), { then: { disabled: true } }],
    [
      'enable',
      ({ users }) => users.enable('alice'),
      { before: ({ updateUser }) => updateUser('alice', { disabled: true }), then: { disabled: false } },
    ],
    [
      'approve',
      ({ users }) => users.approve('alice'),
      { before: ({ updateUser }) => updateUser('alice', { pending: true }), then: { pending: false } },
    ],
    [
      'grantRoles',
      ({ users }) => users.grantRoles('alice', ['b', 'a']),
      { then: { roles: new Set(['a', 'b', 'viewer']) } },
    ],
    [
      'withdrawRoles',
      ({ users }) => users.withdrawRoles('alice', ['a']),
      {
        before: ({ updateUser }) => updateUser('alice', { grant: ['a', 'b'] }),
        then: { roles: new Set(['b', 'viewer']) },
      },
    ],
    ['convert', ({ users }) => users.convert('alice', 'local'), { then: { authMethod: 'local', roles: new Set() } }],
    ['remove', ({ users }) => users.remove('alice'), { then: undefined }],
    ['mappings.set', ({ mappings }) => mappings.set('staff', ['x']), { then: { roles: new Set(['viewer', 'x']) } }],
    [
      'mappings.remove',
      ({ mappings }) => mappings.remove('staff'),
      {
        before: ({ putGroupRoles }) => putGroupRoles({ group: 'staff', roles: ['x'] }),
        then: { roles: new Set(['viewer']) },
      },
    ],
  ];
  for (const [name, change, { before, then }] of changes) {
    it(`${name} takes effect on every instance before it returns`, async () => {
      await directory.provision(alice, ['viewer'], 'active');
      await before?.(directory);
      for (const { resolver } of instances) await resolver.find('alice');
      await change(here.administration);
      for (const { resolver } of instances) {
        const account = await resolver.find('alice');
        if (then === undefined) expect(account).to.equal(undefined);
        else expect(account).to.deep.include(then);
      }
    });

    it(`${name} is written, and obeyed here, when the shared state can't be told; and later everywhere`, async () => {
      await directory.provision(alice, ['viewer'], 'active');
      await before?.(directory);
      const fallible = fallibleState(state);
      const local = start({ state: fallible.state });
      for (const { resolver } of instances) await resolver.find('alice');
      fallible.down = true;
      expect(await refusal(change(local.administration))).to.equal('ERR_CHANGE_NOT_SPREAD');
      const obeyed = async ({ resolver }: Instance) => {
        const account = await resolver.find('alice');
        if (then === undefined) expect(account).to.equal(undefined);
        else expect(account).to.deep.include(then);
      };
      await obeyed(local);
      fallible.down = false;
      await obeyed(local);
      fallible.lose();
      fallible.restore();
      await new Promise((resolve) => setImmediate(resolve));
      for (const each of instances) await obeyed(each);
    });

    it(`${name} makes instances forget even where the answer of the directory was lost`, async () => {
      await directory.provision(alice, ['viewer'], 'active');
      await before?.(directory);
      const fallible = fallibleDirectory(directory);
      const local = start({ directory: fallible.directory });
      for (const { resolver } of instances) await resolver.find('alice');
      // `remove` reads before it writes; the answer to the write is what is to be lost.
      const late = {
        ...directory,
        ...Object.fromEntries(Object.entries(fallible.directory).filter(([verb]) => /^(update|delete|put)/.test(verb))),
      };
      const broken = start({ directory: late as Directory });
      fallible.mode = 'late';
      expect(await refusal(change(broken.administration))).to.equal('ERR_DIRECTORY_UNAVAILABLE');
      fallible.mode = 'up';
      for (const { resolver } of [local, here, there]) {
        const account = await resolver.find('alice');
        if (then === undefined) expect(account).to.equal(undefined);
        else expect(account).to.deep.include(then);
      }
    });
  }

  it('writes before it tells: who asks in between is not answered with the old state for good', async () => {
    const slow = gated(directory);
    const changing = start({ directory: slow.port });
    await here.resolver.resolve(alice);
    const held = slow.holdNext('updateUser');
    const change = changing.administration.users.disable('alice');
    await held.reached;
    await state.delete(['c:user:alice']);
    expect(await here.resolver.find('alice')).to.include({ disabled: true });
    held.release();
    await change;
    expect(await here.resolver.find('alice')).to.include({ disabled: true });
  });
});
