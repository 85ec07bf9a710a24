// H13: in other systems, a header took over an account that had its own password.
import { expect } from 'chai';
import { decideAdmission } from '../../src/directory/resolution/admission.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import type { UserRow } from '../../src/vocabulary/types.js';
import { mariadbKind, memoryKind, sqliteKind } from '../support/directories.js';
import { type Instance, instance } from '../support/instances.js';
import { groupRoles, roles, rowOf } from '../support/people.js';

const assertion = { subject: 'root', displayName: 'Mallory', email: 'mallory@example.com', groups: ['admins'] };

for (const kind of [memoryKind(), sqliteKind(), mariadbKind()])
  describe(`H13: local accounts are protected from headers (directory: ${kind.name})`, () => {
    before(() => kind.start());
    after(() => kind.stop());

    let directory: Directory;
    let root: UserRow;
    let started: Instance;

    beforeEach(async () => {
      directory = await kind.open();
      await directory.createUser({ subject: 'root', authMethod: 'local', grantedRoles: ['auditor'] });
      // There must be another administrator, whatever happens to the account.
      await directory.createUser({ subject: 'other', authMethod: 'local', grantedRoles: ['admin'] });
      root = (await rowOf(directory, 'root')) ?? expect.fail();
      started = instance({ directory, state: memoryState(), groupRoles });
    });
    afterEach(() => started.resolver.close());

    it('refuses the header, and does not change the row', async () => {
      for (const provisioning of ['create', 'known-users', 'mapped-groups-only', 'pending'] as const) {
        const account = await started.resolver.resolve(assertion);
        expect(decideAdmission(account, 'header', provisioning)).to.deep.equal({
          admitted: false,
          code: 'ERR_ACCOUNT_LOCAL',
        });
      }
      expect(await rowOf(directory, 'root')).to.deep.equal(root);
    });

    it('gives the account no roles from asserted groups, not even in its own sessions and devices', async () => {
      await started.resolver.resolve(assertion);
      expect(roles(await started.resolver.find('root'))).to.deep.equal(['auditor']);
      await started.administration.mappings.set('admins', ['admin', 'more']);
      await started.resolver.resolve(assertion);
      expect(roles(await started.resolver.find('root'))).to.deep.equal(['auditor']);
      expect(await rowOf(directory, 'root')).to.deep.equal(root);
    });

    it('accepts the header only after an administrator has converted the account', async () => {
      await started.resolver.resolve(assertion);
      await started.administration.users.convert('root', 'proxy');
      const account = await started.resolver.resolve(assertion);
      expect(account?.userId).to.equal(root.id);
      expect(decideAdmission(account, 'header', 'create')).to.deep.equal({ admitted: true });
      expect(roles(account)).to.deep.equal(['admin', 'auditor']);
    });

    it('refuses the header after the account was converted back, and removes the roles of the groups', async () => {
      await started.administration.users.convert('root', 'proxy');
      await started.resolver.resolve(assertion);
      await started.administration.users.convert('root', 'local');
      const account = await started.resolver.resolve(assertion);
      expect(decideAdmission(account, 'header', 'create').admitted).to.equal(false);
      expect(roles(await started.resolver.find('root'))).to.deep.equal(['auditor']);
    });
  });
