// H11: elsewhere the first user of a fresh installation became its administrator.
import { expect } from 'chai';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { type Instance, instance } from '../support/instances.js';
import { groupRoles, roles } from '../support/people.js';

describe('H11: the first user is nobody special', () => {
  const running: Instance[] = [];
  afterEach(async () => {
    for (const { resolver } of running.splice(0)) await resolver.close();
  });

  for (const provisioning of ['create', 'pending', 'mapped-groups-only'] as const) {
    it(`gives the first user the roles of their groups and no other (${provisioning})`, async () => {
      const directory = memoryDirectory();
      const started = instance({ directory, state: memoryState(), groupRoles, provisioning });
      running.push(started);
      for (const subject of ['admin', 'root', 'second']) {
        const account = await started.resolver.resolve({ subject, groups: ['staff'] });
        expect(roles(account), subject).to.deep.equal(['viewer']);
        const row = await directory.findUser(subject);
        expect(row?.grantedRoles, subject).to.deep.equal([]);
        expect(account?.pending, subject).to.equal(provisioning === 'pending');
      }
    });
  }

  it('gives no role at all to a first user without mapped groups', async () => {
    const started = instance({ directory: memoryDirectory(), state: memoryState() });
    running.push(started);
    expect(roles(await started.resolver.resolve({ subject: 'admin', groups: ['admin', 'admins'] }))).to.deep.equal([]);
  });
});
