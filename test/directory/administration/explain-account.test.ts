// The explanation of an account equals the outcome of a real request, and writes nothing.
import { expect } from 'chai';
import { accountExplainer } from '../../../src/directory/administration/explain-account.js';
import { decideAdmission } from '../../../src/directory/resolution/admission.js';
import { configuredGroupRoles } from '../../../src/directory/resolution/role-mapping.js';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import type { Assertion, PrincipalMethod, Provisioning } from '../../../src/vocabulary/types.js';
import { instance } from '../../support/instances.js';
import { roles } from '../../support/people.js';

const groupRoles = { admins: ['admin'], 'team-*': ['member', 'viewer'], staff: ['viewer'] };
const modes: readonly Provisioning[] = ['create', 'known-users', 'mapped-groups-only', 'pending'];
const methods: readonly PrincipalMethod[] = ['header', 'session', 'token'];

/** A directory that records which methods were called. */
function counted(directory: Directory): { readonly directory: Directory; readonly called: string[] } {
  const called: string[] = [];
  const verbs = Object.entries(directory).map(([name, verb]) => [
    name,
    (...parameters: unknown[]) => {
      called.push(name);
      return Reflect.apply(verb, directory, parameters);
    },
  ]);
  return { directory: Object.fromEntries(verbs) as Directory, called };
}

/** Rows of every kind, created by an administrator and by the proxy, some before the current mappings. */
async function populated(): Promise<Directory> {
  const directory = memoryDirectory();
  await directory.provision({ subject: 'fresh', displayName: 'F', email: 'f@x', groups: ['staff'] }, 'active');
  await directory.provision({ subject: 'stale', groups: ['team-red'] }, 'active');
  await directory.provision({ subject: 'waiting', groups: ['admins'] }, 'pending');
  await directory.provision({ subject: 'locked', groups: ['admins'] }, 'active');
  await directory.updateUser('locked', { disabled: true, addRoles: ['editor'] });
  await directory.provision({ subject: 'bare', groups: [] }, 'active');
  await directory.createUser({ subject: 'local', authMethod: 'local', grantedRoles: ['admin'] });
  await directory.provision({ subject: 'converted', groups: ['staff'] }, 'active');
  await directory.updateUser('converted', { authMethod: 'local' });
  await directory.createUser({ subject: 'added', authMethod: 'proxy', grantedRoles: ['editor'] });
  await directory.putMapping({ group: 'staff', roles: ['reader'] });
  await directory.putMapping({ group: '*-red', roles: ['red'] });
  return directory;
}

const subjects = ['fresh', 'stale', 'waiting', 'locked', 'bare', 'local', 'converted', 'added', 'nobody'];
const assertions: readonly Assertion[] = subjects.flatMap((subject) => [
  { subject },
  { subject, groups: [] },
  { subject, groups: ['staff'], displayName: 'F', email: 'f@x' },
  { subject, groups: ['staff', 'team-red'] },
  { subject, groups: ['nothing'], displayName: 'Other' },
  { subject, groups: ['admins'], email: 'other@x' },
]);

describe('the explanation of an account', () => {
  for (const provisioning of modes) {
    it(`equals the outcome of a request, in every case (${provisioning})`, async () => {
      for (const assertion of assertions) {
        const about = JSON.stringify(assertion);
        const directory = await populated();
        const before = await directory.findUser(assertion.subject);
        const configured = configuredGroupRoles(groupRoles);
        const told = await accountExplainer({ directory, configured, provisioning }).ofAssertion(assertion);
        expect(await directory.findUser(assertion.subject), about).to.deep.equal(before);

        const { resolver } = instance({ directory, state: memoryState(), groupRoles, provisioning });
        try {
          const account = await resolver.resolve(assertion);
          expect(roles(account), about).to.deep.equal(told.roles?.roles);
          for (const method of methods) {
            const admission = decideAdmission(account, method, provisioning);
            expect(told.admission[method], about).to.equal(admission.admitted ? undefined : admission.code);
          }
          const after = await directory.findUser(assertion.subject);
          const outcome = before === undefined ? 'create' : after?.version === before.version ? 'unchanged' : 'update';
          expect(told.provisioning, about).to.equal(after === undefined ? 'none' : outcome);
        } finally {
          await resolver.close();
        }
      }
    });

    it(`equals the outcome of a request without a new assertion (${provisioning})`, async () => {
      for (const subject of subjects) {
        const directory = await populated();
        const configured = configuredGroupRoles(groupRoles);
        const told = await accountExplainer({ directory, configured, provisioning }).ofSubject(subject);
        const { resolver } = instance({ directory, state: memoryState(), groupRoles, provisioning });
        try {
          const account = await resolver.find(subject);
          expect(roles(account), subject).to.deep.equal(told.roles?.roles);
          expect(told.provisioning).to.equal('none');
          for (const method of methods) {
            const admission = decideAdmission(account, method, provisioning);
            expect(told.admission[method], subject).to.equal(admission.admitted ? undefined : admission.code);
          }
        } finally {
          await resolver.close();
        }
      }
    });
  }

  it('names each mapping that matches, its source, and the groups that match', async () => {
    const directory = await populated();
    const configured = configuredGroupRoles(groupRoles);
    const explain = accountExplainer({ directory, configured, provisioning: 'create' });
    const groups = ['nothing', 'staff', 'team-blue', 'team-red'];
    const { mappings, roles: given } = await explain.ofAssertion({ subject: 'new', groups });
    expect(mappings).to.deep.equal([
      { group: '*-red', source: 'directory', matched: ['team-red'], roles: ['red'] },
      { group: 'staff', source: 'directory', matched: ['staff'], roles: ['reader'] },
      { group: 'staff', source: 'configuration', matched: ['staff'], roles: ['viewer'] },
      { group: 'team-*', source: 'configuration', matched: ['team-blue', 'team-red'], roles: ['member', 'viewer'] },
    ]);
    expect(given?.managed).to.deep.equal(['member', 'reader', 'red', 'viewer']);
    // A local account keeps its groups from its time as a proxy user; they give no roles.
    expect((await explain.ofSubject('converted')).mappings).to.deep.equal([]);
  });

  it('shows the current row, with the managed roles of the current mappings', async () => {
    const directory = await populated();
    const configured = configuredGroupRoles(groupRoles);
    const explain = accountExplainer({ directory, configured, provisioning: 'create' });
    const { user, roles: given } = await explain.ofAssertion({ subject: 'stale', groups: ['staff'] });
    expect(user).to.deep.include({ groups: ['team-red'], managedRoles: ['member', 'red', 'viewer'], version: 1 });
    expect(given).to.deep.equal({ managed: ['reader', 'viewer'], granted: [], roles: ['reader', 'viewer'] });
  });

  it('reads the directory twice, and calls no method that writes', async () => {
    const { directory, called } = counted(await populated());
    const configured = configuredGroupRoles(groupRoles);
    const explain = accountExplainer({ directory, configured, provisioning: 'create' });
    for (const assertion of assertions) await explain.ofAssertion(assertion);
    for (const subject of subjects) await explain.ofSubject(subject);
    expect([...new Set(called)].sort()).to.deep.equal(['findUser', 'mapping']);
    expect(called).to.have.length(2 * (assertions.length + subjects.length));
  });
});
