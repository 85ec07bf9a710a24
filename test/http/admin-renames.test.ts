// Renaming and merging users, by functions and over HTTP.
import { expect } from 'chai';
import { type Administered, startAdministered } from './administrator.js';

describe('renames', () => {
  let host: Administered;
  beforeEach(async () => {
    host = await startAdministered();
  });
  afterEach(() => host.close());

  const rename = async (subject: string, json: unknown, version?: number) => {
    const user = await host.administration.users.find(subject);
    return host.change('POST', `users/${user.id}/rename`, json, version ?? user.version);
  };
  const codeOf = (call: Promise<unknown>) =>
    call.then(
      () => undefined,
      ({ code }) => code,
    );

  it('rename a user, and say so in the trail and by an event', async () => {
    const { id, version } = await host.person('bob');
    const answer = await rename('bob', { subject: 'robert' });
    expect(answer.json).to.include({ id, subject: 'robert', version: version + 1 });
    expect(answer.headers).to.include({ etag: `"${version + 1}"` });
    expect((await host.trail()).map(({ action, subject }) => [action, subject])).to.deep.equal([
      ['user.renamed', 'bob'],
      ['user.renamed', 'robert'],
    ]);
    expect(host.events).to.deep.include({
      type: 'user.renamed',
      userId: id,
      subject: 'robert',
      from: 'bob',
      by: 'root',
    });
  });

  it('merge only if asked to', async () => {
    await host.person('bob');
    const { id } = await host.person('robert');
    expect((await rename('bob', { subject: 'robert' })).json).to.include({ status: 409, code: 'ERR_SUBJECT_TAKEN' });
    expect((await rename('bob', { subject: 'robert', merge: true })).json).to.include({ id, subject: 'robert' });
    expect(host.events.at(-1)).to.deep.include({ type: 'user.merged', userId: id, subject: 'robert', from: 'bob' });
    expect(await codeOf(host.administration.users.find('bob'))).to.equal('ERR_USER_UNKNOWN');
  });

  it('refuse what is no name, and changes of another version or user', async () => {
    const { id, version } = await host.person('bob');
    for (const subject of ['', 'b\nob', '__proto__', 7]) {
      expect((await rename('bob', { subject })).status, String(subject)).to.equal(400);
    }
    expect((await rename('bob', { subject: 'b', into: 'c' })).json).to.include({ code: 'ERR_BODY_INVALID' });
    expect((await rename('bob', { subject: 'robert' }, version + 1)).status).to.equal(412);
    expect((await host.change('POST', `users/${id}/rename`, { subject: 'robert' })).status).to.equal(428);
    const { users } = host.administration;
    expect(await codeOf(users.rename('nobody', 'robert'))).to.equal('ERR_USER_UNKNOWN');
    expect(await codeOf(users.merge('nobody', 'bob'))).to.equal('ERR_USER_UNKNOWN');
    expect(await codeOf(users.merge('bob', 'nobody'))).to.equal('ERR_USER_UNKNOWN');
    expect(await codeOf(users.rename('bob', 'robert', { userId: crypto.randomUUID() }))).to.equal('ERR_VERSION');
    expect((await users.rename('bob', 'bob')).version).to.equal(version);
  });

  it('keep the last administrator', async () => {
    await host.person('root', 'admins');
    await host.person('staff', '');
    expect(await codeOf(host.administration.users.merge('root', 'staff'))).to.equal('ERR_LAST_ADMINISTRATOR');
    expect((await host.administration.users.rename('root', 'boss')).managedRoles).to.deep.equal(['admin']);
  });

  it('of 20 merges into one name at once, carry out all', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `name-${index}`);
    for (const name of names) await host.person(name);
    const { users } = host.administration;
    await Promise.all(names.map((name) => users.rename(name, 'star', { merge: true })));
    expect((await users.find('star')).formerSubjects).to.deep.equal([...names].sort());
  });
});
