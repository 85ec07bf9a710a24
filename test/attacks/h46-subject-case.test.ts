// H46: the identity provider changes the case of a name, and one person becomes two, or two become one.
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import { type Administered, startAdministered } from '../http/administrator.js';
import { inEveryMode } from '../http/modes.js';
import { instance } from '../support/instances.js';

inEveryMode("H46: names in another case, with `subjectCase: 'lower'`", (_start, shared) => {
  let host: Administered;
  let directory: Directory;
  beforeEach(async () => {
    directory = memoryDirectory();
    host = await startAdministered({ shared, subjectCase: 'lower', directory });
  });
  afterEach(() => host.close());

  const who = async (user: string) => {
    const { json } = await host.ask('/who', { user });
    return json?.['subject'] ?? json?.['code'];
  };
  const subjects = async () => (await directory.listUsers({ limit: 100 })).map(({ subject }) => subject);

  it('make one user, whichever case comes first, and however many at once', async () => {
    const cases = ['ada', 'Ada', 'ADA', 'aDa'];
    const asked = await Promise.all(Array.from({ length: 200 }, (_, index) => who(cases[index % 4] ?? '')));
    expect(new Set(asked)).to.deep.equal(new Set(['ada']));
    expect(await subjects()).to.deep.equal(['ada']);
    expect((await host.ask('/auth/me', { user: 'ADA' })).json).to.include({ subject: 'ada' });
  });

  it('change A to Z only, whatever the locale', async () => {
    for (const [asserted, subject] of [
      ['İda', 'İda'],
      ['IDA', 'ida'],
      ['ÀDA', 'Àda'],
      ['Ada@Example.COM', 'ada@example.com'],
      ['EXAMPLE\\Ada', 'example\\ada'],
    ] as const) {
      const headers = { 'Remote-User': Buffer.from(asserted).toString('latin1') };
      expect((await host.ask('/who', { headers })).json).to.include({ subject });
    }
    // In lower case, the letter and its mark are one character: U+01F0.
    const headers = { 'Remote-User': Buffer.from('J\u030c').toString('latin1') };
    expect((await host.ask('/who', { headers })).json).to.include({ code: 'ERR_SUBJECT_INVALID' });
  });

  it('find the user from before the option was set, who keeps id, roles and devices', async () => {
    await directory.provision({ subject: 'Ada' }, 'active');
    const before = await directory.updateUser('Ada', { addRoles: ['editor'] });
    const { token } = await host.pair('Ada');
    const asked = await Promise.all(Array.from({ length: 20 }, () => who('ADA')));
    expect(new Set(asked)).to.deep.equal(new Set(['ada']));
    expect(await directory.findUser('ada')).to.deep.include({
      id: before?.id,
      grantedRoles: ['editor'],
      formerSubjects: ['Ada'],
    });
    expect(await subjects()).to.deep.equal(['ada']);
    expect((await host.ask('/api/who', { token })).json).to.deep.include({ subject: 'ada', roles: ['editor'] });
    expect(host.events.filter(({ type }) => type === 'user.renamed')).to.have.length(1);
  });

  it('are refused while two users have the name, until an administrator merges them', async () => {
    await directory.provision({ subject: 'ada' }, 'active');
    await directory.provision({ subject: 'Ada' }, 'active');
    for (const name of ['ada', 'Ada', 'ADA']) expect(await who(name)).to.equal('ERR_SUBJECT_CASE');
    expect(host.events).to.deep.include({
      type: 'login.refused',
      userId: undefined,
      subject: 'ada',
      code: 'ERR_SUBJECT_CASE',
    });
    const asked = { headers: [['Remote-User', 'ADA']], peer: '127.0.0.1' };
    expect((await host.change('POST', 'explain', asked)).json).to.include({ code: 'ERR_SUBJECT_CASE' });
    expect(await subjects()).to.deep.equal(['Ada', 'ada', 'root']);
    await host.administration.users.rename('Ada', 'ada', { merge: true });
    expect(await who('ADA')).to.equal('ada');
  });

  it('do not touch a local account', async () => {
    await directory.createUser({ subject: 'Root2', authMethod: 'local', grantedRoles: ['admin'] });
    expect(await who('root2')).to.equal('ERR_SUBJECT_CASE');
    expect(await who('ROOT2')).to.equal('ERR_SUBJECT_CASE');
    expect(await directory.findUser('Root2')).to.include({ authMethod: 'local' });
    await host.administration.users.rename('Root2', 'ROOT2');
    expect(await directory.findUser('root2')).to.include({ authMethod: 'local' });
    expect(await who('Root2')).to.equal(undefined);
  });

  it('cannot be created besides, nor by a rename', async () => {
    const { users } = host.administration;
    const codeOf = (call: Promise<unknown>) =>
      call.then(
        () => undefined,
        ({ code }) => code,
      );
    await directory.provision({ subject: 'Ada' }, 'active');
    for (const subject of ['ada', 'ADA']) {
      expect(await codeOf(users.create({ subject, authMethod: 'local' }))).to.equal('ERR_SUBJECT_TAKEN');
    }
    expect((await users.create({ subject: 'Bob', authMethod: 'local' })).subject).to.equal('bob');
    expect(await codeOf(users.rename('bob', 'BOB'))).to.equal(undefined);
    expect((await users.rename('bob', 'Robert')).subject).to.equal('robert');
  });

  it('leave a session with its user', async () => {
    await host.close();
    const store = new MemoryStore();
    host = await startAdministered({
      shared,
      subjectCase: 'lower',
      directory,
      store,
      services: { session: 'login-only' },
    });
    const { cookie } = await host.ask('/auth/login', { user: 'Ada' });
    expect((await host.ask('/who', { cookie, user: 'ADA' })).json).to.include({ subject: 'ada' });
    expect((await host.ask('/who', { cookie, user: 'Bob' })).json).to.deep.equal({ roles: [] });
  });

  it('make one user at two instances at once, too', async () => {
    const state = memoryState();
    await directory.provision({ subject: 'Ada' }, 'active');
    const instances = [1, 2].map(() => instance({ directory, state, subjectCase: 'lower' }));
    const accounts = await Promise.all(
      Array.from({ length: 20 }, (_, index) => instances[index % 2]?.resolver.resolve({ subject: 'ada' })),
    );
    expect(new Set(accounts.map((account) => account?.userId)).size).to.equal(1);
    expect(await subjects()).to.deep.equal(['ada']);
    await Promise.all(instances.map(({ resolver }) => resolver.close()));
  });
});
