// Users are found by their current roles, and the last administrator cannot be removed.
import { expect } from 'chai';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { type Instance, instance } from '../../support/instances.js';
import { refusal } from '../../support/people.js';

describe('user administration', () => {
  let directory: Directory;
  let here: Instance;
  let there: Instance;
  const by = { subject: 'root', address: '192.0.2.1' };

  beforeEach(async () => {
    directory = memoryDirectory();
    const state = memoryState();
    here = instance({ directory, state, groupRoles: { admins: ['admin'], 'desk-*': ['reader'] } });
    there = instance({ directory, state, groupRoles: { admins: ['admin'], 'desk-*': ['reader'] } });
    await here.resolver.resolve({ subject: 'ada', groups: ['admins'] });
    await here.resolver.resolve({ subject: 'bob', displayName: 'Bob Builder', groups: ['desk-eu'] });
    await here.administration.users.create({ subject: 'carol', authMethod: 'local', grantedRoles: ['reader'] });
  });
  afterEach(async () => {
    await here.resolver.close();
    await there.resolver.close();
  });

  const found = async (listing: Parameters<Instance['administration']['users']['list']>[0]) =>
    (await here.administration.users.list(listing)).map(({ subject }) => subject);

  it('finds users by text, method, role and state', async () => {
    const { users } = here.administration;
    expect(await found({ search: 'builder' })).to.deep.equal(['bob']);
    expect(await found({ role: 'reader' })).to.deep.equal(['bob', 'carol']);
    expect(await found({ role: 'reader', authMethod: 'local' })).to.deep.equal(['carol']);
    expect(await found({ role: 'admin' })).to.deep.equal(['ada']);
    expect(await found({ role: 'nothing' })).to.deep.equal([]);
    await users.disable('bob');
    expect(await found({ disabled: true })).to.deep.equal(['bob']);
    expect(await found({ disabled: false, limit: 1 })).to.deep.equal(['ada']);
    expect(await found({ pending: true })).to.deep.equal([]);
    for (const search of ['', 'a\0', 'x'.repeat(256)]) {
      expect(await refusal(users.list({ search })), search).to.equal('ERR_QUERY');
    }
    for (const limit of [0, 1001, 1.5]) expect(await refusal(users.list({ limit }))).to.equal('ERR_PAGE');
  });

  it('returns the managed roles of the current mappings, before the users’ next request and without a write', async () => {
    await here.administration.mappings.set('desk-eu', ['editor']);
    expect((await here.administration.users.find('bob')).managedRoles).to.deep.equal(['editor', 'reader']);
    const listed = await here.administration.users.list();
    expect(listed.map(({ managedRoles }) => managedRoles)).to.deep.equal([['admin'], ['editor', 'reader'], []]);
  });

  it('applies several changes as one, if the caller expects the current version', async () => {
    const { users, audit } = here.administration;
    const { version } = await users.find('bob');
    const change = { disabled: true, addRoles: ['editor', 'helper'], removeRoles: ['helper'] };
    const changed = await users.update('bob', change, { by, version });
    expect(changed).to.include({ disabled: true, version: version + 1 });
    expect(changed.grantedRoles).to.deep.equal(['editor']);
    for (const call of [
      users.enable('bob', { version }),
      users.addRoles('bob', ['x'], { version }),
      users.convert('bob', 'local', { version }),
      users.delete('bob', { version }),
    ]) {
      expect(await refusal(call)).to.equal('ERR_VERSION');
    }
    const [entry, ...others] = await audit.list({ subject: 'bob' });
    expect(others).to.deep.equal([]);
    expect(entry).to.deep.include({ actor: by, action: 'user.changed' });
    expect(entry?.changes).to.deep.equal({
      disabled: { from: false, to: true },
      grantedRoles: { from: [], to: ['editor'] },
    });
    expect(here.events.at(-1)).to.deep.equal({
      type: 'user.changed-by-administrator',
      userId: changed.id,
      subject: 'bob',
      by: 'root',
    });
  });

  it('refuses values of the wrong type, which JavaScript would accept', async () => {
    const { users } = here.administration;
    // The last two had these names in earlier versions. Ignored, they would seem to succeed.
    const former = [{ grant: ['editor'] }, { withdraw: ['editor'] }];
    for (const change of [{ disabled: 'no' }, { pending: 0 }, { authMethod: 'ldap' }, ...former]) {
      expect(await refusal(users.update('bob', change as never))).to.equal('ERR_CONFIG');
    }
    expect(await refusal(users.update('bob', { addRoles: ['two words'] }))).to.equal('ERR_ROLE_NAME');
    expect((await directory.findUser('bob'))?.version).to.equal(1);
  });

  it('cannot lock out the last administrator, by any change and on any instance', async () => {
    const { users } = there.administration;
    const ways: readonly (() => Promise<unknown>)[] = [
      () => users.disable('ada'),
      () => users.update('ada', { pending: true }),
      () => users.convert('ada', 'local'),
      () => users.delete('ada'),
    ];
    for (const way of ways) expect(await refusal(way())).to.equal('ERR_LAST_ADMINISTRATOR');
    expect([...((await there.resolver.find('ada'))?.roles ?? [])]).to.deep.equal(['admin']);
    await users.addRoles('carol', ['admin']);
    await users.disable('ada');
    expect(await refusal(users.removeRoles('carol', ['admin']))).to.equal('ERR_LAST_ADMINISTRATOR');
    await users.removeRoles('carol', ['reader']);
    await users.enable('ada');
    await users.delete('carol');
  });

  it('keeps one administrator when administrators disable each other concurrently', async () => {
    const { users } = here.administration;
    for (let index = 0; index < 19; index += 1) {
      await there.resolver.resolve({ subject: `admin-${index}`, groups: ['admins'] });
    }
    const everyone = await found({ role: 'admin' });
    expect(everyone).to.have.length(20);
    const codes = await Promise.all(
      everyone.map((subject, index) => refusal((index % 2 === 0 ? here : there).administration.users.disable(subject))),
    );
    expect(codes.filter((code) => code === undefined)).to.have.length(19);
    expect(codes.filter((code) => code === 'ERR_LAST_ADMINISTRATOR')).to.have.length(1);
    expect(await users.list({ role: 'admin', disabled: false })).to.have.length(1);
  });
});
