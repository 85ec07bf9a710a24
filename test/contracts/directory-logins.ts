// Directory, the part about logins that ended.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { assertion, atOnce, type CurrentDirectory, provisioned } from './directory-harness.js';
import type { TestRunner } from './runner.js';

/** `endLogin`. */
export function loginsContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  const ended = async (subject: string): Promise<readonly string[] | undefined> =>
    (await current().findUser(subject))?.endedLogins;

  describe('endLogin', () => {
    it('begins with none', async () => {
      await provisioned(current(), 'ada');
      assert.equal(await ended('ada'), undefined);
    });

    it('adds to the row of this user alone, a sorted set', async () => {
      const { id } = await provisioned(current(), 'ada');
      await provisioned(current(), 'grace');
      for (const login of ['b', 'a', 'C', 'b', 'a.0-_z']) assert.equal(await current().endLogin(id, login, 9), true);
      assert.deepEqual(await ended('ada'), ['C', 'a', 'a.0-_z', 'b']);
      assert.equal(await ended('grace'), undefined);
    });

    it('keeps the greatest ids', async () => {
      const { id } = await provisioned(current(), 'ada');
      for (const login of ['d', 'a', 'c', 'b']) await current().endLogin(id, login, 3);
      assert.deepEqual(await ended('ada'), ['b', 'c', 'd']);
      await current().endLogin(id, 'a', 3);
      assert.deepEqual(await ended('ada'), ['b', 'c', 'd']);
    });

    it('loses none of many at once', async () => {
      const { id } = await provisioned(current(), 'ada');
      await atOnce(20, (index) => current().endLogin(id, `login-${index + 10}`, 100));
      assert.equal((await ended('ada'))?.length, 20);
    });

    it('moves neither version nor updatedAt, and is not in the trail', async () => {
      const before = await provisioned(current(), 'ada');
      const entries = await current().listAudit({ limit: 10 });
      await current().endLogin(before.id, 'a', 9);
      assert.deepEqual(await current().findUser('ada'), { ...before, endedLogins: ['a'] });
      assert.deepEqual(await current().listAudit({ limit: 10 }), entries);
    });

    it('comes with every verb that gives the row, and outlasts its changes', async () => {
      const { id } = await provisioned(current(), 'ada', ['staff']);
      await current().endLogin(id, 'a', 9);
      const { user } = (await current().provision(assertion('ada', { groups: ['ops'] }), 'active')) as {
        readonly user: { readonly endedLogins?: readonly string[] };
      };
      assert.deepEqual(user.endedLogins, ['a']);
      assert.deepEqual((await current().findUserById(id))?.endedLogins, ['a']);
      assert.deepEqual((await current().updateUser('ada', { disabled: true }))?.endedLogins, ['a']);
      assert.deepEqual((await current().listUsers({ limit: 9 }))[0]?.endedLogins, ['a']);
    });

    it('ends with the user: another of the same name begins with none', async () => {
      const { id } = await provisioned(current(), 'ada');
      await current().endLogin(id, 'a', 9);
      await current().deleteUser('ada');
      assert.equal(await current().endLogin(id, 'b', 9), false);
      await provisioned(current(), 'ada');
      assert.equal(await ended('ada'), undefined);
    });

    it('knows nobody by an id that is not there, or is none', async () => {
      assert.equal(await current().endLogin(randomUUID(), 'a', 9), false);
      assert.equal(await current().endLogin('x', 'a', 9), false);
    });
  });
}
