// The list of mappings, their preview, and the checks of their changes.
import { expect } from 'chai';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import type { Directory } from '../../../src/vocabulary/ports.js';
import { type Instance, instance } from '../../support/instances.js';
import { refusal } from '../../support/people.js';
import { counted } from '../../support/ports.js';

describe('mappings', () => {
  const directory = () => counted(memoryDirectory({ now: () => 1_000 }));
  let calls: ReturnType<typeof directory>;
  let here: Instance;
  const by = { subject: 'root', address: '192.0.2.1' };

  beforeEach(() => {
    calls = directory();
    here = instance({
      directory: calls.port,
      state: memoryState(),
      groupRoles: { admins: ['admin'], 'desk-*': ['reader'] },
    });
  });
  afterEach(() => here.resolver.close());

  const come = async (people: Readonly<Record<string, readonly string[]>>): Promise<void> => {
    for (const [subject, groups] of Object.entries(people)) await here.resolver.resolve({ subject, groups });
  };

  it('are listed with those of the configuration, by group, each with its source', async () => {
    const { mappings } = here.administration;
    const set = await mappings.set('desk-eu', ['editor', 'editor'], { note: ' Berlin ', by });
    expect(set).to.deep.equal({
      group: 'desk-eu',
      roles: ['editor'],
      note: 'Berlin',
      changedBy: 'root',
      changedAt: new Date(1_000),
      version: 1,
    });
    expect(await mappings.find('desk-eu')).to.deep.equal(set);
    expect(await mappings.list()).to.deep.equal([
      { group: 'admins', roles: ['admin'], source: 'configuration' },
      { group: 'desk-*', roles: ['reader'], source: 'configuration' },
      { ...set, source: 'directory' },
    ]);
    for (const group of ['admins', 'desk-*', 'desk-EU']) {
      expect(await refusal(mappings.find(group)), group).to.equal('ERR_MAPPING_UNKNOWN');
    }
  });

  it('have versions: a change that expects an older version is refused', async () => {
    const { mappings } = here.administration;
    const { version } = await mappings.set('staff', ['reader'], { version: 'none' });
    expect(await refusal(mappings.set('staff', ['writer'], { version: 'none' }))).to.equal('ERR_VERSION');
    await mappings.set('staff', ['writer'], { version });
    expect(await refusal(mappings.delete('staff', { version }))).to.equal('ERR_VERSION');
    expect(await refusal(mappings.delete('nobody', { version }))).to.equal('ERR_VERSION');
    expect(await refusal(mappings.set('staff', ['writer'], { version: 1.5 }))).to.equal('ERR_CONFIG');
    await mappings.delete('nobody');
    expect((await mappings.find('staff')).roles).to.deep.equal(['writer']);
  });

  it('refuse an invalid group, role, note or actor before anything is written', async () => {
    const { mappings } = here.administration;
    const wrong: readonly (readonly [string, Promise<unknown>])[] = [
      ['ERR_GROUP_NAME', mappings.set('', ['x'])],
      ['ERR_GROUP_NAME', mappings.preview('a\nb', ['x'])],
      ['ERR_GROUP_NAME', mappings.preview('', [])],
      ['ERR_ROLE_NAME', mappings.set('staff', [])],
      ['ERR_ROLE_NAME', mappings.preview('staff', ['two words'])],
      ['ERR_MAPPING_NOTE', mappings.set('staff', ['x'], { note: ' ' })],
      ['ERR_MAPPING_NOTE', mappings.set('staff', ['x'], { note: 'x'.repeat(501) })],
      ['ERR_MAPPING_NOTE', mappings.set('staff', ['x'], { note: 'a\u202eb' })],
      ['ERR_SUBJECT_INVALID', mappings.set('staff', ['x'], { by: { subject: '' } })],
      ['ERR_CONFIG', mappings.set('staff', ['x'], { by: { address: 'x'.repeat(65) } })],
    ];
    for (const [code, call] of wrong) expect(await refusal(call)).to.equal(code);
    expect(calls.count('putMapping')).to.equal(0);
  });

  describe('that give the administrator role', () => {
    it('need allowWildcard if they are patterns', async () => {
      const { mappings } = here.administration;
      const wildcard = 'ERR_WILDCARD_ADMINISTRATOR';
      expect(await refusal(mappings.set('ops-*', ['admin']))).to.equal(wildcard);
      expect(await refusal(mappings.set('*', ['reader', 'admin'], { allowWildcard: false }))).to.equal(wildcard);
      expect(await refusal(mappings.preview('ops-*', ['admin']))).to.equal(wildcard);
      expect(calls.count('putMapping')).to.equal(0);
      await mappings.set('ops-*', ['operator']);
      await mappings.set('ops-*', ['admin'], { allowWildcard: true });
      expect(await refusal(mappings.set('ops-*', ['admin', 'reader']))).to.equal(wildcard);
      await mappings.delete('ops-*');
    });

    it('cannot be removed if they leave no administrator', async () => {
      const { mappings, users } = here.administration;
      await mappings.set('crew', ['admin']);
      await come({ ada: ['crew'], bob: ['admins'] });
      await users.disable('bob');
      expect(await refusal(mappings.delete('crew'))).to.equal('ERR_LAST_ADMINISTRATOR');
      expect(await refusal(mappings.set('crew', ['reader']))).to.equal('ERR_LAST_ADMINISTRATOR');
      expect([...((await here.resolver.find('ada'))?.roles ?? [])]).to.deep.equal(['admin']);
      await users.enable('bob');
      await mappings.delete('crew');
      expect([...((await here.resolver.find('ada'))?.roles ?? [])]).to.deep.equal([]);
    });
  });

  it('are previewed for very many users without blocking other requests', async function () {
    // It takes about a second. Matching each group of each set separately takes half a minute and blocks all other
    // requests.
    this.timeout(10_000);
    const sets = Array.from({ length: 20_000 }, (_, set) => ({
      groups: Array.from({ length: 20 }, (_, place) => `cn=${(set * 7919 + place * 104_729) % 2000},ou=groups`).sort(),
      users: 1,
    }));
    const directory: Directory = { ...memoryDirectory(), countGroupSets: async () => sets };
    const many = instance({ directory, state: memoryState(), groupRoles: {} });
    for (let index = 0; index < 20; index += 1) await directory.putMapping({ group: `cn=${index}*`, roles: ['x'] });
    let turns = 0;
    const turn = () => {
      turns += 1;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    try {
      expect(await many.administration.mappings.preview('*', ['guest'])).to.deep.equal({
        users: 20_000,
        gained: { guest: 20_000 },
        lost: {},
      });
      expect(turns).to.be.greaterThan(100);
    } finally {
      clearImmediate(next);
      await many.resolver.close();
    }
  });

  describe('are previewed', () => {
    it('with the number of users who gain or lose each role, without users whose roles stay the same', async () => {
      const { mappings } = here.administration;
      await mappings.set('staff', ['reader', 'writer']);
      await come({ ada: ['staff'], bob: ['staff', 'desk-eu'], carol: ['staff', 'admins'], dan: ['desk-eu'], eve: [] });
      await here.administration.users.addRoles('ada', ['editor']);
      expect(await mappings.preview('staff', ['writer', 'editor'])).to.deep.equal({
        users: 3,
        gained: { editor: 3 },
        lost: { reader: 2 },
      });
      expect(await mappings.preview('staff', [])).to.deep.equal({
        users: 3,
        gained: {},
        lost: { reader: 2, writer: 3 },
      });
      expect(await mappings.preview('desk-*', ['reader'])).to.deep.equal({ users: 0, gained: {}, lost: {} });
      expect(await mappings.preview('*', ['guest'])).to.deep.equal({ users: 4, gained: { guest: 4 }, lost: {} });
      expect(await mappings.preview('staff', ['reader', 'writer'])).to.deep.equal({ users: 0, gained: {}, lost: {} });
      expect(await mappings.preview('nobody', ['x'])).to.deep.equal({ users: 0, gained: {}, lost: {} });
    });

    it('without a write, and with the same result as the change', async () => {
      const { mappings } = here.administration;
      await come({ ada: ['staff'], bob: ['staff'], carol: ['others'] });
      const before = calls.count('provision') + calls.count('putMapping');
      const { users } = await mappings.preview('staff', ['reader']);
      expect(calls.count('provision') + calls.count('putMapping')).to.equal(before);
      expect(await mappings.list()).to.have.length(2);
      await mappings.set('staff', ['reader']);
      const readers = await here.administration.users.list({ role: 'reader' });
      expect(readers.map(({ subject }) => subject)).to.deep.equal(['ada', 'bob']);
      expect(users).to.equal(2);
    });

    it('with the counts of roles that have the names of properties of every object', async () => {
      await come({ ada: ['staff'] });
      const preview = await here.administration.mappings.preview('staff', ['toString', 'valueOf']);
      expect(preview.gained).to.deep.equal({ toString: 1, valueOf: 1 });
    });
  });

  it('record the author of a change', async () => {
    const { mappings } = here.administration;
    await mappings.set('staff', ['reader'], { by });
    await mappings.delete('staff', { by });
    const changes = here.events.filter(({ type }) => type === 'mapping.changed');
    expect(changes).to.deep.equal([
      { type: 'mapping.changed', group: 'staff', by: 'root' },
      { type: 'mapping.changed', group: 'staff', by: 'root' },
    ]);
    const entries = await here.administration.audit.list({ group: 'staff' });
    expect(entries.map(({ action, actor }) => [action, actor])).to.deep.equal([
      ['mapping.deleted', by],
      ['mapping.set', by],
    ]);
  });
});
