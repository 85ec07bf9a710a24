// H12: in other systems, an asserted email was enough to become the local administrator with that email.
import { expect } from 'chai';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import { type Instance, instance } from '../support/instances.js';
import { groupRoles, roles, rowOf } from '../support/people.js';

const email = 'boss@example.com';

describe('H12: accounts are matched by subject only', () => {
  let directory: Directory;
  let started: Instance;

  beforeEach(() => {
    directory = memoryDirectory();
    started = instance({ directory, state: memoryState(), groupRoles });
  });
  afterEach(() => started.resolver.close());

  for (const authMethod of ['local', 'proxy'] as const) {
    it(`creates another account for a subject with the email of a ${authMethod} administrator`, async () => {
      const boss = await directory.createUser({ subject: 'boss', authMethod, email, grantedRoles: ['admin'] });
      for (const subject of ['mallory', email, 'Boss', 'boss ', 'bo\u017fs']) {
        const account = await started.resolver.resolve({ subject, email, displayName: 'boss', groups: ['staff'] });
        expect(account?.userId, subject).not.to.equal(boss.id);
        expect(roles(account), subject).to.deep.equal(['viewer']);
      }
      expect(await rowOf(directory, 'boss')).to.deep.equal(boss);
    });
  }

  it('finds no user by email, or by a subject that only resembles one', async () => {
    await directory.createUser({ subject: 'boss', authMethod: 'local', email, grantedRoles: ['admin'] });
    for (const subject of [email, 'BOSS', 'boss\u0000', '']) {
      expect(await started.resolver.find(subject), subject).to.equal(undefined);
    }
  });

  it('creates no user if only known users are accepted, whatever the email', async () => {
    await directory.createUser({ subject: 'boss', authMethod: 'proxy', email, grantedRoles: ['admin'] });
    const known = instance({ directory, state: memoryState(), groupRoles, provisioning: 'known-users' });
    expect(await known.resolver.resolve({ subject: 'mallory', email })).to.equal(undefined);
    await known.resolver.close();
  });
});
