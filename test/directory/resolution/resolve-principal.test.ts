// Resolves a request with identity headers to an account.
import { expect } from 'chai';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import type { Directory, SharedState } from '../../../src/vocabulary/ports.js';
import type { Account, Assertion, Provisioning } from '../../../src/vocabulary/types.js';
import { type Instance, instance } from '../../support/instances.js';
import { alice, groupRoles, roles } from '../../support/people.js';

describe('resolver', () => {
  let directory: Directory;
  let state: SharedState;
  const instances: Instance[] = [];

  beforeEach(() => {
    directory = memoryDirectory();
    state = memoryState();
  });
  afterEach(async () => {
    for (const { resolver } of instances.splice(0)) await resolver.close();
    await state.close();
  });

  function start(options: Partial<Parameters<typeof instance>[0]> = {}): Instance {
    const started = instance({ directory, state, groupRoles, ...options });
    instances.push(started);
    return started;
  }

  describe('by header', () => {
    it('creates a user on the first request, with the roles of the groups', async () => {
      const { resolver, events } = start();
      const account = await resolver.resolve(alice);
      const row = await directory.findUser('alice');
      expect(account).to.deep.equal({
        userId: row?.id,
        subject: 'alice',
        authMethod: 'proxy',
        displayName: 'Alice',
        email: 'alice@example.com',
        roles: new Set(['viewer']),
        disabled: false,
        pending: false,
      });
      expect(events).to.deep.equal([{ type: 'user.created', userId: row?.id, subject: 'alice' }]);
    });

    it('answers the second request synchronously, without a promise', async () => {
      const { resolver } = start();
      const account = await resolver.resolve(alice);
      expect(resolver.resolve({ ...alice })).to.deep.equal(account);
    });

    it('updates the roles when the groups change, and emits an event', async () => {
      const { resolver, events } = start();
      await resolver.resolve(alice);
      expect(roles(await resolver.resolve({ ...alice, groups: ['admins', 'staff'] }))).to.deep.equal([
        'admin',
        'viewer',
      ]);
      expect(roles(await resolver.resolve({ ...alice, groups: [] }))).to.deep.equal([]);
      expect(events.map(({ type }) => type)).to.deep.equal(['user.created', 'user.updated', 'user.updated']);
    });

    it('keeps groups and roles if the assertion has no groups', async () => {
      const { resolver } = start();
      await resolver.resolve(alice);
      expect(roles(await resolver.resolve({ subject: 'alice' }))).to.deep.equal(['viewer']);
      expect((await directory.findUser('alice'))?.groups).to.deep.equal(['staff']);
      expect((await directory.findUser('alice'))?.displayName).to.equal('Alice');
    });

    it('gives the roles of a newer mapping even if the assertion has no groups', async () => {
      const { resolver, administration } = start();
      await resolver.resolve(alice);
      await resolver.resolve({ subject: 'alice' });
      await administration.mappings.set('staff', ['editor']);
      expect(roles(await resolver.resolve({ subject: 'alice' }))).to.deep.equal(['editor', 'viewer']);
      await administration.mappings.delete('staff');
      expect(roles(await resolver.resolve({ subject: 'alice', displayName: 'Alice B.' }))).to.deep.equal(['viewer']);
      expect(await directory.findUser('alice')).to.include({ displayName: 'Alice B.', version: 2 });
    });

    it('keeps granted roles regardless of the groups', async () => {
      const { resolver, administration } = start();
      await resolver.resolve(alice);
      await administration.users.addRoles('alice', ['editor']);
      expect(roles(await resolver.resolve(alice))).to.deep.equal(['editor', 'viewer']);
      expect(roles(await resolver.resolve({ ...alice, groups: [] }))).to.deep.equal(['editor']);
    });

    it('does not share entries between instances whose configurations map groups differently', async () => {
      const one = start();
      const other = start({ groupRoles: { staff: ['other'] } });
      expect(roles(await one.resolver.resolve(alice))).to.deep.equal(['viewer']);
      expect(roles(await other.resolver.resolve(alice))).to.deep.equal(['other']);
      expect(roles(await one.resolver.resolve(alice))).to.deep.equal(['viewer']);
      expect(roles(await one.resolver.find('alice'))).to.deep.equal(['viewer']);
    });

    it('answers concurrent, different assertions of one subject separately', async () => {
      const { resolver } = start();
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          resolver.resolve({ ...alice, groups: index % 3 === 0 ? ['admins'] : index % 3 === 1 ? ['staff'] : [] }),
        ),
      );
      for (const [index, account] of answers.entries()) {
        expect(roles(account)).to.deep.equal([['admin'], ['viewer'], []][index % 3]);
      }
    });

    it('refuses to start with a configuration that has invalid roles', () => {
      expect(() => start({ groupRoles: { staff: ['two words'] } }))
        .to.throw(/groupRoles/)
        .with.property('code', 'ERR_CONFIG');
    });
  });

  describe('provisioning', () => {
    const strangers: readonly (readonly [Provisioning, Assertion, Partial<Account> | undefined])[] = [
      ['create', alice, { pending: false }],
      ['create', { subject: 'alice' }, { pending: false }],
      ['pending', alice, { pending: true }],
      ['known-users', alice, undefined],
      ['mapped-groups-only', alice, { pending: false }],
      ['mapped-groups-only', { ...alice, groups: ['unmapped'] }, undefined],
      ['mapped-groups-only', { ...alice, groups: [] }, undefined],
      ['mapped-groups-only', { subject: 'alice' }, undefined],
    ];
    for (const [provisioning, assertion, expected] of strangers) {
      const groups = assertion.groups === undefined ? 'no groups field' : `groups [${assertion.groups}]`;
      it(`${expected === undefined ? 'creates no row' : 'creates a row'} for an unknown subject with ${groups} (${provisioning})`, async () => {
        const { resolver } = start({ provisioning });
        const account = await resolver.resolve(assertion);
        if (expected === undefined) expect(account).to.equal(undefined);
        else expect(account).to.include(expected);
        expect((await directory.findUser('alice')) === undefined).to.equal(expected === undefined);
      });
    }

    it('updates a known user in every mode', async () => {
      for (const provisioning of ['create', 'pending', 'known-users', 'mapped-groups-only'] as const) {
        await directory.createUser({ subject: provisioning, authMethod: 'proxy' });
        const { resolver } = start({ provisioning });
        const account = await resolver.resolve({ ...alice, subject: provisioning });
        expect(account, provisioning).to.include({ displayName: 'Alice', pending: false });
        expect(roles(account), provisioning).to.deep.equal(['viewer']);
      }
    });

    it('removes the roles of a user whose groups are no longer mapped, and keeps the row', async () => {
      const { resolver } = start({ provisioning: 'mapped-groups-only' });
      await resolver.resolve(alice);
      expect(roles(await resolver.resolve({ ...alice, groups: [] }))).to.deep.equal([]);
      expect(roles(await resolver.find('alice'))).to.deep.equal([]);
    });

    it('accepts an unknown subject once there is a row', async () => {
      const { resolver, administration } = start({ provisioning: 'known-users' });
      expect(await resolver.resolve(alice)).to.equal(undefined);
      await administration.users.create({ subject: 'alice', authMethod: 'proxy' });
      expect(roles(await resolver.resolve(alice))).to.deep.equal(['viewer']);
    });
  });
});
