// Contract of Directory, part: finding and administering users.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { UserRow } from '../../src/vocabulary/types.js';
import { assertion, atOnce, type CurrentDirectory, newDevice, provisioned } from './directory-harness.js';
import type { TestRunner } from './runner.js';

/** `findUser`, `findUserById`, `listUsers`, `createUser`, `updateUser` and `deleteUser`. */
export function usersContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  describe('findUser and findUserById', () => {
    it('find the row by its exact subject and by its id', async () => {
      const user = await provisioned(current(), 'ada');
      await provisioned(current(), 'grace');
      assert.deepEqual(await current().findUser('ada'), user);
      assert.deepEqual(await current().findUserById(user.id), user);
    });

    it('find nothing for an unknown subject', async () => {
      await provisioned(current(), 'ada\ufffd');
      for (const subject of ['', 'ad', 'ADA', '%', 'ada\0', 'ada\ud800', '__proto__', 'constructor']) {
        assert.equal(await current().findUser(subject), undefined);
      }
    });

    it('find nothing for an unknown or malformed id', async () => {
      const user = await provisioned(current(), 'ada');
      for (const id of [randomUUID(), '', 'ada', user.id.toUpperCase(), `{${user.id}}`, `${user.id}\0`]) {
        assert.equal(await current().findUserById(id), undefined);
      }
    });
  });

  describe('listUsers', () => {
    it('returns users in the order of code points, page by page', async () => {
      const subjects = ['zoe', 'Zed', 'adam', 'émile', 'Adam', '10', '9', 'a-b', 'ab', 'a b', '\ufb00', '\u{1f511}'];
      await Promise.all(subjects.map((subject) => provisioned(current(), subject)));
      const expected = subjects.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      assert.deepEqual(
        (await current().listUsers({ limit: 100 })).map((user) => user.subject),
        expected,
      );

      const paged: UserRow[] = [];
      for (;;) {
        const page = await current().listUsers({ limit: 5, after: paged.at(-1) });
        assert(page.length <= 5);
        paged.push(...page);
        if (page.length < 5) {
          break;
        }
      }
      assert.deepEqual(
        paged.map((user) => user.subject),
        expected,
      );
    });

    it('can begin after a subject that does not exist', async () => {
      const [, grace] = [await provisioned(current(), 'ada'), await provisioned(current(), 'grace')];
      assert.deepEqual(await current().listUsers({ after: { subject: 'b' }, limit: 10 }), [grace]);
      assert.deepEqual(await current().listUsers({ after: { subject: 'grace' }, limit: 10 }), []);
    });
  });

  describe('createUser', () => {
    it('adds a row with the given values', async () => {
      const profile = { subject: 'root', authMethod: 'local', displayName: 'Root', email: 'root@example.com' } as const;
      const user = await current().createUser({ ...profile, grantedRoles: ['b', 'a', 'b'] });
      const { id, createdAt, updatedAt, ...rest } = user;
      assert.deepEqual(rest, {
        ...profile,
        groups: [],
        grantedRoles: ['a', 'b'],
        disabled: false,
        pending: false,
        version: 1,
      });
      assert.deepEqual(await current().findUserById(id), user);
    });

    it('adds a row from a subject alone, which the proxy fills later', async () => {
      await current().createUser({ subject: 'ada', authMethod: 'proxy' });
      const result = await current().provision(assertion('ada'), 'never');
      assert(result.outcome === 'updated');
      assert.deepEqual(result.user.groups, ['engineers', 'staff']);
    });

    it('rejects an existing subject with ERR_SUBJECT_TAKEN, and does not change its row', async () => {
      const user = await provisioned(current(), 'ada');
      const again = current().createUser({ subject: 'ada', authMethod: 'local', grantedRoles: ['admin'] });
      await assert.rejects(again, { name: 'LatchkeyError', code: 'ERR_SUBJECT_TAKEN' });
      assert.deepEqual(await current().findUser('ada'), user);
    });

    it('creates one user for many concurrent calls with one subject', async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, () => current().createUser({ subject: 'ada', authMethod: 'local' })),
      );
      assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
      for (const result of results) {
        assert(result.status === 'fulfilled' || result.reason.code === 'ERR_SUBJECT_TAKEN');
      }
      assert.equal((await current().listUsers({ limit: 10 })).length, 1);
    });

    it('refuses text that a database would alter', async () => {
      const refused = { name: 'LatchkeyError', code: 'ERR_DIRECTORY_VALUE' };
      const broken = 'a\ud800';
      await assert.rejects(current().createUser({ subject: broken, authMethod: 'local' }), refused);
      await assert.rejects(
        current().createUser({ subject: 'ada', authMethod: 'local', grantedRoles: [broken] }),
        refused,
      );
      await provisioned(current(), 'ada');
      await assert.rejects(current().updateUser('ada', { addRoles: [broken] }), refused);
    });
  });

  it('treats undefined members of its arguments like absent ones', async () => {
    const none = { displayName: undefined, email: undefined };
    const made = await current().createUser({ subject: 'ada', authMethod: 'local', ...none, grantedRoles: undefined });
    assert.deepEqual([made.grantedRoles, made.displayName, made.email], [[], undefined, undefined]);
    const change = { disabled: undefined, pending: undefined, authMethod: undefined, addRoles: undefined };
    assert.deepEqual(await current().updateUser('ada', { ...change, removeRoles: undefined }), made);

    const first = await current().provision({ subject: 'eve', ...none, groups: undefined }, 'active');
    assert(first.outcome === 'created');
    assert.deepEqual([first.user.groups, first.user.displayName, first.user.email], [[], undefined, undefined]);
    const eve = { subject: 'eve', displayName: 'Eve', email: 'eve@example.com', groups: ['staff'] };
    const second = await current().provision(eve, 'active');
    assert(second.outcome === 'updated');
    const third = await current().provision({ subject: 'eve', ...none, groups: undefined }, 'active');
    assert.deepEqual(third, { outcome: 'unchanged', user: second.user });
  });

  describe('updateUser', () => {
    const flags = [
      [{ disabled: true }, { disabled: false }],
      [{ pending: true }, { pending: false }],
      [{ authMethod: 'local' }, { authMethod: 'proxy' }],
    ] as const;
    for (const [there, back] of flags) {
      it(`applies ${JSON.stringify(there)} and its reverse, and nothing else`, async () => {
        const before = await provisioned(current(), 'ada');
        const changed = await current().updateUser('ada', there);
        assert(changed !== undefined);
        assert.deepEqual(changed, { ...before, ...there, version: 2, updatedAt: changed.updatedAt });
        assert.deepEqual(await current().findUser('ada'), changed);
        const restored = await current().updateUser('ada', back);
        assert.deepEqual(restored, { ...before, version: 3, updatedAt: restored?.updatedAt });
      });
    }

    it('adds and removes roles, also in one change', async () => {
      await provisioned(current(), 'ada');
      await current().updateUser('ada', { addRoles: ['c', 'a', 'a'] });
      const user = await current().updateUser('ada', { addRoles: ['b'], removeRoles: ['c', 'unknown'] });
      assert.deepEqual(user?.grantedRoles, ['a', 'b']);
      assert.deepEqual(user?.groups, ['engineers', 'staff']);
      assert.equal(user?.version, 3);
    });

    it('removes a role that the same change adds', async () => {
      const before = await provisioned(current(), 'ada');
      assert.deepEqual(await current().updateUser('ada', { addRoles: ['admin'], removeRoles: ['admin'] }), before);
    });

    it('writes nothing if nothing changes', async () => {
      await provisioned(current(), 'ada');
      const before = await current().updateUser('ada', { addRoles: ['a', 'b'] });
      const idle = {
        disabled: false,
        pending: false,
        authMethod: 'proxy',
        addRoles: ['b'],
        removeRoles: ['c'],
      } as const;
      for (const change of [{}, idle, { addRoles: [], removeRoles: [] }, { addRoles: ['b', 'a'] }]) {
        assert.deepEqual(await current().updateUser('ada', change), before);
      }
    });

    it('returns undefined without a row', async () => {
      assert.equal(await current().updateUser('nobody', { disabled: true }), undefined);
      assert.equal(await current().updateUser('no\0body', { disabled: true }), undefined);
    });

    it('loses none of many concurrent additions and removals of roles', async () => {
      await provisioned(current(), 'ada');
      await current().updateUser('ada', { addRoles: Array.from({ length: 20 }, (_, index) => `old-${index}`) });
      await atOnce(20, (index) =>
        current().updateUser(
          'ada',
          index % 2 === 0 ? { addRoles: [`new-${index}`] } : { removeRoles: [`old-${index}`] },
        ),
      );
      const even = Array.from({ length: 10 }, (_, index) => index * 2);
      const expected = [...even.map((index) => `new-${index}`), ...even.map((index) => `old-${index}`)].sort();
      const user = await current().findUser('ada');
      assert.deepEqual(user?.grantedRoles, expected);
      assert.equal(user?.version, 22);
    });

    it('is not undone by concurrent logins', async () => {
      await provisioned(current(), 'ada');
      await atOnce<unknown>(30, (index) =>
        index === 15
          ? current().updateUser('ada', { disabled: true, addRoles: ['auditor'] })
          : current().provision(assertion('ada', { groups: [`group-${index}`] }), 'active'),
      );
      const user = await current().findUser('ada');
      assert.deepEqual([user?.disabled, user?.grantedRoles], [true, ['auditor']]);
    });
  });

  describe('deleteUser', () => {
    it('deletes the row and its devices', async () => {
      const [ada, grace] = [await provisioned(current(), 'ada'), await provisioned(current(), 'grace')];
      const [hers, other] = [newDevice(ada.id), newDevice(grace.id)];
      await current().createDevice(hers);
      await current().createDevice(other);
      assert.equal(await current().deleteUser('ada'), true);
      assert.equal(await current().findUser('ada'), undefined);
      assert.equal(await current().findUserById(ada.id), undefined);
      assert.equal(await current().findDevice(hers.id), undefined);
      assert.deepEqual((await current().findDevice(other.id))?.user, grace);
    });

    it('returns false without a row', async () => {
      assert.equal(await current().deleteUser('nobody'), false);
      assert.equal(await current().deleteUser('no\0body'), false);
    });

    it('returns true for one of many concurrent calls', async () => {
      await provisioned(current(), 'ada');
      const results = await atOnce(10, () => current().deleteUser('ada'));
      assert.equal(results.filter(Boolean).length, 1);
    });

    it('never makes an id available again', async () => {
      const first = await provisioned(current(), 'ada');
      await current().deleteUser('ada');
      const second = await provisioned(current(), 'ada');
      assert.notEqual(second.id, first.id);
      assert.equal(second.version, 1);
    });
  });
}
