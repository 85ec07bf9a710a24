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
  const instances: Instance[] = [];

  beforeEach(() => {
    directory = memoryDirectory();
    state = memoryState();
    here = start();
    start();
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

  interface Change {
    readonly name: string;
    readonly carryOut: (administration: Administration) => Promise<unknown>;
    /** What the row needs first for the change to be one. */
    readonly arrange?: (directory: Directory) => Promise<unknown>;
    /** Facts of the account afterwards; `undefined`: it is gone. */
    readonly outcome: object | undefined;
  }

  const changes: readonly Change[] = [
    { name: 'disable', carryOut: ({ users }) => users.disable('alice'), outcome: { disabled: true } },
    {
      name: 'enable',
      arrange: ({ updateUser }) => updateUser('alice', { disabled: true }),
      carryOut: ({ users }) => users.enable('alice'),
      outcome: { disabled: false },
    },
    {
      name: 'approve',
      arrange: ({ updateUser }) => updateUser('alice', { pending: true }),
      carryOut: ({ users }) => users.approve('alice'),
      outcome: { pending: false },
    },
    {
      name: 'grantRoles',
      carryOut: ({ users }) => users.grantRoles('alice', ['b', 'a']),
      outcome: { roles: new Set(['a', 'b', 'viewer']) },
    },
    {
      name: 'withdrawRoles',
      arrange: ({ updateUser }) => updateUser('alice', { grant: ['a', 'b'] }),
      carryOut: ({ users }) => users.withdrawRoles('alice', ['a']),
      outcome: { roles: new Set(['b', 'viewer']) },
    },
    {
      name: 'convert',
      carryOut: ({ users }) => users.convert('alice', 'local'),
      outcome: { authMethod: 'local', roles: new Set() },
    },
    { name: 'remove', carryOut: ({ users }) => users.remove('alice'), outcome: undefined },
    {
      name: 'mappings.set',
      carryOut: ({ mappings }) => mappings.set('staff', ['x']),
      outcome: { roles: new Set(['viewer', 'x']) },
    },
    {
      name: 'mappings.remove',
      arrange: ({ putGroupRoles }) => putGroupRoles({ group: 'staff', roles: ['x'] }),
      carryOut: ({ mappings }) => mappings.remove('staff'),
      outcome: { roles: new Set(['viewer']) },
    },
  ];

  for (const { name, carryOut, arrange, outcome } of changes) {
    describe(name, () => {
      beforeEach(async () => {
        await directory.provision(alice, ['viewer'], 'active');
        await arrange?.(directory);
        for (const { resolver } of instances) await resolver.find('alice');
      });

      async function isObeyed({ resolver }: Instance): Promise<void> {
        const account = await resolver.find('alice');
        if (outcome === undefined) expect(account).to.equal(undefined);
        else expect(account).to.deep.include(outcome);
      }

      it('takes effect on every instance before it returns', async () => {
        await carryOut(here.administration);
        for (const each of instances) await isObeyed(each);
      });

      it("is obeyed where it was made when the shared state can't be told, and later everywhere", async () => {
        const fallible = fallibleState(state);
        const local = start({ state: fallible.state });
        await local.resolver.find('alice');
        fallible.down = true;
        expect(await refusal(carryOut(local.administration))).to.equal('ERR_CHANGE_NOT_SPREAD');
        await isObeyed(local);
        fallible.down = false;
        await isObeyed(local);
        fallible.lose();
        fallible.restore();
        await new Promise((resolve) => setImmediate(resolve));
        for (const each of instances) await isObeyed(each);
      });

      it('makes every instance forget even where the answer to the write was lost', async () => {
        const fallible = fallibleDirectory(directory);
        const verbs = Object.entries(fallible.directory).filter(([verb]) => /^(update|delete|put)/.test(verb));
        const local = start({ directory: { ...directory, ...Object.fromEntries(verbs) } });
        fallible.mode = 'late';
        expect(await refusal(carryOut(local.administration))).to.equal('ERR_DIRECTORY_UNAVAILABLE');
        for (const each of instances) await isObeyed(each);
      });
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
