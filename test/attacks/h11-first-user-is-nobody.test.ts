// H11: in other systems, the first user of a new installation became its administrator.
import { expect } from 'chai';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { type Instance, instance } from '../support/instances.js';
import { groupRoles, roles } from '../support/people.js';

describe('H11: the first user', () => {
  const running: Instance[] = [];
  afterEach(async () => {
    for (const { resolver } of running.splice(0)) await resolver.close();
  });

  for (const provisioning of ['create', 'pending', 'mapped-groups-only'] as const) {
    it(`has the roles of its groups and no others (${provisioning})`, async () => {
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

  it('has no role without mapped groups', async () => {
    const started = instance({ directory: memoryDirectory(), state: memoryState() });
    running.push(started);
    expect(roles(await started.resolver.resolve({ subject: 'admin', groups: ['admin', 'admins'] }))).to.deep.equal([]);
  });
});
