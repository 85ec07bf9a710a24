// H17: in other systems, cache keys were ambiguous or truncated, and alternating groups found an outdated entry.
import { expect } from 'chai';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import type { Directory, SharedState } from '../../src/vocabulary/ports.js';
import type { Assertion } from '../../src/vocabulary/types.js';
import { type Instance, instance } from '../support/instances.js';
import { alice, groupRoles, roles } from '../support/people.js';
import { type Counted, counted } from '../support/ports.js';
import { inMemory, inRedis } from '../support/shared-states.js';

for (const states of [inMemory(), inRedis()]) {
  describe(`H17: a cache entry is used for exactly its own assertion (${states.name})`, () => {
    let directory: Counted<Directory>;
    let instances: readonly [Instance, Instance];

    before(() => states.start());
    after(() => states.stop());
    beforeEach(async () => {
      directory = counted(memoryDirectory());
      const options = { directory: directory.port, groupRoles };
      instances = [
        instance({ ...options, state: await states.connect() }),
        instance({ ...options, state: await states.connect() }),
      ];
    });
    afterEach(async () => {
      for (const { resolver } of instances) await resolver.close();
      await states.flush();
    });

    const rounds = Array.from({ length: 12 }, (_, round) => round);

    it('gives alternating groups the roles of the current assertion, on each instance', async () => {
      for (const round of rounds) {
        const admin = round % 2 === 0;
        for (const { resolver } of instances) {
          const account = await resolver.resolve({ ...alice, groups: [admin ? 'admins' : 'staff'] });
          expect(roles(account), `round ${round}`).to.deep.equal([admin ? 'admin' : 'viewer']);
        }
      }
    });

    it('gives each instance the roles of its own assertion, and keeps the last groups in the row', async () => {
      for (const round of rounds) {
        const [one, other] = round % 2 === 0 ? instances : [instances[1], instances[0]];
        expect(roles(await one.resolver.resolve({ ...alice, groups: ['admins'] }))).to.deep.equal(['admin']);
        expect(roles(await other.resolver.resolve({ ...alice, groups: ['staff'] }))).to.deep.equal(['viewer']);
        expect((await directory.port.findUser('alice'))?.groups).to.deep.equal(['staff']);
        expect(roles(await other.resolver.find('alice'))).to.deep.equal(['viewer']);
      }
    });

    it('keeps one entry per user, so that earlier groups never find an earlier entry', async () => {
      const { resolver, administration } = instances[0];
      const admin = { ...alice, groups: ['admins'] };
      await resolver.resolve(admin);
      await resolver.resolve(alice);
      await administration.users.addRoles('alice', ['editor']);
      directory.reset();
      expect(roles(await resolver.resolve(admin))).to.deep.equal(['admin', 'editor']);
      expect(directory.count('provision')).to.equal(1);
      const keys = ['u:alice', 'u:alice:admins'].map((key) => instances[0].cache.peek(key)?.kind);
      expect(keys[1]).to.equal(undefined);
    });

    const lookAlikes: readonly (readonly [Assertion, Assertion])[] = [
      [
        { subject: 'a', groups: ['staff,admins'] },
        { subject: 'a', groups: ['admins', 'staff'] },
      ],
      [
        { subject: 'a', groups: ['admins'] },
        { subject: 'a', groups: [] },
      ],
      [{ subject: 'a', groups: ['admins'] }, { subject: 'a' }],
      [
        { subject: 'a', displayName: 'admins', groups: [] },
        { subject: 'a', displayName: '', groups: ['admins'] },
      ],
      [{ subject: 'a' }, { subject: 'a', groups: [] }],
      [{ subject: 'a' }, { subject: 'a', displayName: '' }],
      [
        { subject: 'a', displayName: 'x' },
        { subject: 'a', displayName: 'y' },
      ],
      [
        { subject: 'a', email: 'x' },
        { subject: 'a', email: 'y' },
      ],
      [
        { subject: 'a', displayName: 'x' },
        { subject: 'a', email: 'x' },
      ],
      // Each pair is the same text if the parts are only joined by this separator, with the number of groups first.
      ...[';', ',', ':', '|', ' ', ''].map((sign): [Assertion, Assertion] => [
        { subject: 'a', email: ['x', '3', 'admins'].join(sign), groups: ['staff'] },
        { subject: 'a', email: 'x', groups: ['admins', '1', 'staff'] },
      ]),
      [{ subject: 'a:mapping' }, { subject: 'mapping' }],
      [{ subject: 'x'.repeat(255) }, { subject: `${'x'.repeat(254)}y` }],
      [{ subject: 'user:a' }, { subject: 'a' }],
      [{ subject: 'device:a' }, { subject: 'a' }],
    ];
    for (const [index, [one, other]] of lookAlikes.entries()) {
      it(`never answers an assertion with the entry of a similar one (pair ${index + 1})`, async () => {
        const { resolver } = instances[0];
        for (const [asked, before] of [
          [one, other],
          [other, one],
        ] as const) {
          await resolver.resolve(before);
          directory.reset();
          const account = await resolver.resolve(asked);
          expect(directory.count('provision')).to.equal(1);
          expect(account?.subject).to.equal(asked.subject);
          const mapped = { admins: 'admin', staff: 'viewer' };
          if (asked.groups !== undefined) {
            const given = Object.entries(mapped).filter(([group]) => asked.groups?.includes(group));
            expect(roles(account)).to.deep.equal(given.map(([, role]) => role).sort());
          }
          await resolver.close();
          await states.flush();
        }
      });
    }

    it('refuses an entry under another user’s key', async () => {
      const state = await states.connect();
      const written = new Map<string, string>();
      const put: SharedState['put'] = async (key, text) => void written.set(key, text);
      const spy = instance({ directory: directory.port, groupRoles, state: { ...state, put } });
      await spy.resolver.resolve({ subject: 'boss', groups: ['admins'] });
      await spy.resolver.resolve({ subject: 'alice', groups: [] });
      await spy.resolver.close();
      const keyOf = (subject: string) =>
        [...written.keys()].find((key) => key.endsWith(`:u:${subject}`)) ?? expect.fail();
      await state.put(keyOf('alice'), written.get(keyOf('boss')) ?? '', 600);
      for (const each of instances) {
        const account = await each.resolver.find('alice');
        expect(account?.subject).to.equal('alice');
        expect(roles(account)).to.deep.equal([]);
      }
    });
  });
}
