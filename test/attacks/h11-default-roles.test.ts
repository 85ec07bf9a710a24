// H11: default roles make nobody an administrator, and admit nobody whom the proxy's groups would not admit.
import { expect } from 'chai';
import { principalCache } from '../../src/directory/cache/principal-cache.js';
import { resolver } from '../../src/directory/resolution/resolve-principal.js';
import { configuredDefaultRoles, configuredGroupRoles } from '../../src/directory/resolution/role-mapping.js';
import {
  type Directory,
  type HeaderLoginOn,
  type Latchkey,
  LatchkeyError,
  type LatchkeyOptions,
  latchkey,
  memoryDirectory,
  memoryState,
} from '../../src/index.js';
import { refusalOf } from '../support/refusal.js';

describe('H11: default roles', () => {
  const opened: Latchkey[] = [];
  const start = (changes: Partial<LatchkeyOptions & HeaderLoginOn> = {}, directory: Directory = memoryDirectory()) => {
    const auth = latchkey({
      trustedProxies: ['loopback'],
      headers: 'authelia',
      session: 'none',
      directory,
      state: memoryState(),
      groupRoles: { staff: ['editor'], admins: ['admin'] },
      defaultRoles: ['member', 'reader', 'member'],
      ...changes,
    });
    opened.push(auth);
    return { auth, directory };
  };
  afterEach(async () => {
    for (const auth of opened.splice(0)) await auth.close();
  });
  const explained = async (auth: Latchkey, subject: string, groups?: string) => {
    const headers: [string, string][] = [['Remote-User', subject]];
    if (groups !== undefined) headers.push(['Remote-Groups', groups]);
    const { outcome, code, steps } = await auth.explain({ headers, peer: '127.0.0.1' });
    const roles = steps.find((step) => step.step === 'roles');
    return { outcome, code, roles: roles?.roles, default: roles?.default };
  };

  it('cannot have the administrators’ role, whatever its name, nor anything that is no role', () => {
    for (const [changes, seen] of [
      [{ defaultRoles: ['member', 'admin'] }, '"admin"'],
      [{ defaultRoles: ['root'], administration: { role: 'root' } }, '"root"'],
      [{ defaultRoles: 'member' }, '"member"'],
      [{ defaultRoles: [''] }, '""'],
      [{ defaultRoles: [7] }, '7'],
    ] as [object, string][]) {
      const error = refusalOf(() => start(changes));
      expect(error.code).to.equal('ERR_CONFIG');
      expect(error.message)
        .to.match(/^defaultRoles: /)
        .and.contain(seen);
    }
  });

  it('are those of every admitted user, by header and locally, without rows', async () => {
    const { auth, directory } = start();
    await auth.users.create({ subject: 'local', authMethod: 'local' });
    await directory.provision({ subject: 'ada', groups: ['staff'] }, 'active');
    expect((await auth.users.find('local')).defaultRoles).to.deep.equal(['member', 'reader']);
    expect(await auth.users.find('ada')).to.deep.include({
      managedRoles: ['editor'],
      grantedRoles: [],
      defaultRoles: ['member', 'reader'],
    });
    expect(await explained(auth, 'ada', 'staff')).to.deep.include({
      outcome: 'admitted',
      roles: ['editor', 'member', 'reader'],
      default: ['member', 'reader'],
    });
    expect((await directory.findUser('ada'))?.grantedRoles).to.deep.equal([]);
  });

  it('admit nobody where a mapped group or a granted role is needed', async () => {
    const { auth, directory } = start({ provisioning: 'mapped-groups-only' });
    await directory.provision({ subject: 'bare', groups: ['guests'] }, 'active');
    await directory.provision({ subject: 'mapped', groups: ['staff'] }, 'active');
    await directory.provision({ subject: 'granted', groups: [] }, 'active');
    await auth.users.addRoles('granted', ['member']);
    await auth.users.create({ subject: 'local', authMethod: 'local' });
    expect(await explained(auth, 'bare', 'guests')).to.include({ outcome: 'refused', code: 'ERR_ACCOUNT_UNMAPPED' });
    expect(await explained(auth, 'stranger', 'guests')).to.include({ code: 'ERR_ACCOUNT_UNMAPPED' });
    expect((await explained(auth, 'mapped', 'staff')).roles).to.deep.equal(['editor', 'member', 'reader']);
    expect((await explained(auth, 'granted')).roles).to.deep.equal(['member', 'reader']);
    const listed = async (role: string) => (await auth.users.list({ role })).map(({ subject }) => subject);
    expect(await listed('member')).to.deep.equal(['granted', 'local', 'mapped']);
    expect(await listed('reader')).to.deep.equal(['granted', 'local', 'mapped']);
    expect((await auth.users.find('bare')).defaultRoles).to.equal(undefined);
    const pages: string[] = [];
    for (let after: { subject: string } | undefined; ; ) {
      const page = await auth.users.list({ role: 'member', limit: 1, after });
      const [user] = page;
      if (user === undefined) break;
      pages.push(user.subject);
      after = user;
    }
    expect(pages).to.deep.equal(['granted', 'local', 'mapped']);
    const iterated: string[] = [];
    for await (const { subject } of auth.users.iterate({ role: 'member' })) iterated.push(subject);
    expect(iterated).to.deep.equal(pages);
  });

  it('are counted in lists and previews', async () => {
    const { auth, directory } = start();
    for (let index = 0; index < 3; index++) {
      await directory.provision({ subject: `user-${index}`, groups: index === 0 ? ['staff'] : ['guests'] }, 'active');
    }
    expect(await auth.users.list({ role: 'member' })).to.have.length(3);
    expect(await auth.users.list({ role: 'editor' })).to.have.length(1);
    expect(await auth.mappings.preview('guests', ['member'])).to.deep.equal({ users: 0, gained: {}, lost: {} });
    expect(await auth.mappings.preview('guests', ['member', 'editor'])).to.deep.equal({
      users: 2,
      gained: { editor: 2 },
      lost: {},
    });
    const strict = start({ provisioning: 'mapped-groups-only' }, directory).auth;
    expect((await strict.mappings.preview('guests', ['editor'])).gained).to.deep.equal({
      editor: 2,
      member: 2,
      reader: 2,
    });
  });

  it('leave the last administrator protected', async () => {
    const { auth } = start();
    await auth.users.create({ subject: 'root', authMethod: 'local', grantedRoles: ['admin'] });
    await auth.users.create({ subject: 'local', authMethod: 'local' });
    const error = await auth.users.disable('root').catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(LatchkeyError).with.property('code', 'ERR_LAST_ADMINISTRATOR');
  });

  it('of two versions in a rolling deployment do not reach each other’s answers through the shared cache', async () => {
    const directory = memoryDirectory();
    const state = memoryState();
    const administrator = { role: 'admin', allowWildcard: false };
    const version = (roles: string[], provisioning: 'create' | 'mapped-groups-only') => {
      const defaults = configuredDefaultRoles(roles, administrator, provisioning);
      const configured = configuredGroupRoles({ staff: ['editor'] }, administrator, defaults);
      const onEvent = () => {};
      // The same name in the shared cache, as if the names did not differ.
      const cache = principalCache({ journal: directory.journal, state, configuration: 'same', onEvent });
      return { configured, accounts: resolver({ directory, cache, configured, provisioning, onEvent }) };
    };
    const versions = [
      version([], 'create'),
      version(['member'], 'create'),
      version(['member'], 'mapped-groups-only'),
      version(['member', 'reader'], 'create'),
    ];
    expect(new Set(versions.map(({ configured }) => configured.fingerprint)).size).to.equal(4);
    const ada = { subject: 'ada', groups: ['guests'] };
    for (let round = 0; round < 2; round++) {
      const found = await Promise.all(versions.map(async ({ accounts }) => (await accounts.find('ada'))?.roles));
      if (round === 0) await versions[0]?.accounts.resolve(ada);
      else {
        const roles = found.map((set) => [...(set ?? [])]);
        expect(roles).to.deep.equal([[], ['member'], [], ['member', 'reader']]);
      }
    }
    for (const { accounts } of versions) await accounts.close();
  });
});
