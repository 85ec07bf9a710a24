// Contract of Directory, part: finding users by text, role and group.
import { strict as assert } from 'node:assert';
import { groupMatches } from '../../src/vocabulary/group-pattern.js';
import type { UserQuery } from '../../src/vocabulary/port-values.js';
import type { UserRow } from '../../src/vocabulary/types.js';
import { type CurrentDirectory, provisioned } from './directory-harness.js';
import type { TestRunner } from './runner.js';

/** `listUsers` and `countGroupSets`. */
export function searchContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  describe('listUsers, with a query', () => {
    const found = async (query: Omit<UserQuery, 'limit'>): Promise<readonly string[]> =>
      (await current().listUsers({ limit: 100, ...query })).map(({ subject }) => subject);

    it('finds text in subject, name and email, case-insensitively, without special characters', async () => {
      const ada = { subject: 'ada', displayName: 'Ada Lovelace', email: 'countess@example.com' };
      await current().provision(ada, 'active');
      await current().provision({ subject: '50%_off\\', displayName: 'Émile' }, 'active');
      await current().provision({ subject: 'grace' }, 'active');
      assert.deepEqual(await found({ search: 'AD' }), ['ada']);
      assert.deepEqual(await found({ search: 'love' }), ['ada']);
      assert.deepEqual(await found({ search: 'Countess@' }), ['ada']);
      assert.deepEqual(await found({ search: 'c' }), ['ada', 'grace']);
      for (const text of ['%', '_', '\\', '0%_o']) assert.deepEqual(await found({ search: text }), ['50%_off\\'], text);
      assert.deepEqual(await found({ search: 'mile' }), ['50%_off\\']);
      for (const text of ['a\0', '\ud800', "' OR true --"]) assert.deepEqual(await found({ search: text }), [], text);
    });

    it('finds exact text in any alphabet, and A to Z case-insensitively', async () => {
      await current().provision({ subject: 'Émile', displayName: 'ΟΔΟΣ', email: 'X@Zoë.example' }, 'active');
      await current().provision({ subject: 'ADMINISTRATOR', displayName: 'I, Robot' }, 'active');
      for (const text of ['Émile', 'ΟΔΟΣ', 'Zoë', 'ÉMILE', 'x@zoë'])
        assert.deepEqual(await found({ search: text }), ['Émile'], text);
      for (const text of ['ADMINI', 'admini', 'i, r', 'I, R'])
        assert.deepEqual(await found({ search: text }), ['ADMINISTRATOR'], text);
    });

    it('filters by method, disabled, pending and their combination', async () => {
      await provisioned(current(), 'ada');
      await current().provision({ subject: 'bob' }, 'pending');
      await current().createUser({ subject: 'carol', authMethod: 'local' });
      await current().createUser({ subject: 'dan', authMethod: 'local' });
      await current().updateUser('dan', { disabled: true });
      assert.deepEqual(await found({ authMethod: 'proxy' }), ['ada', 'bob']);
      assert.deepEqual(await found({ authMethod: 'local' }), ['carol', 'dan']);
      assert.deepEqual(await found({ disabled: true }), ['dan']);
      assert.deepEqual(await found({ disabled: false }), ['ada', 'bob', 'carol']);
      assert.deepEqual(await found({ pending: true }), ['bob']);
      assert.deepEqual(await found({ authMethod: 'local', disabled: false, pending: false }), ['carol']);
    });

    it('finds users with a role: granted, by a current mapping, or by the caller’s groups', async () => {
      const role = { role: 'editor', groups: ['desk-*'] };
      await provisioned(current(), 'ada', ['desk-eu']);
      await provisioned(current(), 'bob', ['staff']);
      await provisioned(current(), 'carol', ['others']);
      await current().createUser({ subject: 'dan', authMethod: 'local', grantedRoles: ['editor'] });
      // Eve had the role by a mapping that is now deleted.
      await current().putMapping({ group: 'former', roles: ['editor'] });
      await provisioned(current(), 'eve', ['former']);
      await current().deleteMapping('former');
      await provisioned(current(), 'frank', ['desk-eu']);
      await current().updateUser('frank', { authMethod: 'local' });
      assert.deepEqual(await found({ role }), ['ada', 'dan']);
      await current().putMapping({ group: 'sta*', roles: ['editor', 'reader'] });
      assert.deepEqual(await found({ role }), ['ada', 'bob', 'dan']);
      assert.deepEqual(await found({ role: { role: 'admin', groups: [] } }), []);
      assert.deepEqual(await found({ role: { role: 'a\0', groups: ['*'] } }), []);
      assert.deepEqual(await found({ role: { role: 'admin', groups: ['a\0*', '\ud800'] } }), []);
    });

    it('pages through the filtered users, each once', async () => {
      for (let index = 0; index < 7; index += 1) {
        await current().createUser({ subject: `user-${index}`, authMethod: index % 2 === 0 ? 'local' : 'proxy' });
      }
      const pages: string[][] = [];
      for (let after: UserRow | undefined; ; ) {
        const page: readonly UserRow[] = await current().listUsers({ authMethod: 'local', limit: 2, after });
        if (page.length === 0) break;
        pages.push(page.map(({ subject }) => subject));
        after = page.at(-1);
      }
      assert.deepEqual(pages, [
        ['user-0', 'user-2'],
        ['user-4', 'user-6'],
      ]);
    });
  });

  describe('countGroupSets', () => {
    it('counts the proxy users of each set of groups with a match', async () => {
      for (const [subject, groups] of [
        ['ada', ['staff', 'desk-eu']],
        ['bob', ['desk-eu', 'staff']],
        ['carol', ['desk-us']],
        ['dan', ['staff']],
        ['eve', []],
      ] as const) {
        await provisioned(current(), subject, groups);
      }
      await provisioned(current(), 'frank', ['desk-eu']);
      await current().updateUser('frank', { authMethod: 'local' });
      await current().updateUser('carol', { disabled: true });
      const counted = async (group: string) =>
        [...(await current().countGroupSets(group))].sort((one, other) => one.groups.length - other.groups.length);
      assert.deepEqual(await counted('desk-*'), [
        { groups: ['desk-us'], users: 1 },
        { groups: ['desk-eu', 'staff'], users: 2 },
      ]);
      assert.deepEqual(await counted('staff'), [
        { groups: ['staff'], users: 1 },
        { groups: ['desk-eu', 'staff'], users: 2 },
      ]);
      assert.deepEqual(await counted('nobody'), []);
      assert.deepEqual(await counted('a\0*'), []);
    });

    it('matches groups like groupMatches, with any characters', async () => {
      const groups = [
        '',
        'staff',
        'Staff',
        'staff ',
        'a%b',
        'a_b',
        'axb',
        'a\\b',
        'a\\',
        '100%',
        '*',
        'a*b',
        "o'clock",
      ];
      const more = ['CN=Ops\\, EU,OU=Groups', 'é', 'e\u0301', '🎵 music', '[a-z]', 'a.b', 'line\nbreak'];
      const all = [...groups, ...more].filter((group) => group !== '');
      for (const [index, group] of all.entries()) await provisioned(current(), `user-${index}`, [group]);
      const patterns = [
        ...all,
        'a*',
        '*b',
        'a%*',
        'a_*',
        'a\\*',
        '*\\*',
        '**',
        '*%',
        's*f',
        '*🎵*',
        'CN=*OU=Groups',
        '[*]',
      ];
      // A store can match the group of its own mapping and the caller's groups by different code, so both are tested.
      const holders = async (groups: readonly string[]): Promise<readonly string[]> => {
        const users = await current().listUsers({ role: { role: 'editor', groups }, limit: 100 });
        return users.flatMap((user) => user.groups).sort();
      };
      for (const pattern of patterns) {
        const counted = (await current().countGroupSets(pattern)).flatMap((set) => set.groups).sort();
        const expected = all.filter((group) => groupMatches(pattern, group)).sort();
        assert.deepEqual(counted, expected, JSON.stringify(pattern));
        assert.deepEqual(await holders([pattern]), expected, JSON.stringify(pattern));
        await current().putMapping({ group: pattern, roles: ['editor'] });
        assert.deepEqual(await holders([]), expected, JSON.stringify(pattern));
        await current().deleteMapping(pattern);
      }
    });
  });
}
