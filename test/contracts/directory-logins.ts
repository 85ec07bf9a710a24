// Contract of Directory, part: ended logins.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { assertion, atOnce, type CurrentDirectory, provisioned } from './directory-harness.js';
import type { TestRunner } from './runner.js';

/** `endLogin`. */
export function loginsContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  const ended = async (subject: string): Promise<readonly string[] | undefined> =>
    (await current().findUser(subject))?.endedLogins;

  describe('endLogin', () => {
    it('starts from no ended logins', async () => {
      await provisioned(current(), 'ada');
      assert.equal(await ended('ada'), undefined);
    });

    it('adds the id to a sorted set in this user’s row only', async () => {
      const { id } = await provisioned(current(), 'ada');
      await provisioned(current(), 'grace');
      for (const login of ['b', 'a', 'C', 'b', 'a.0-_z']) assert.equal(await current().endLogin(id, login, 9), true);
      assert.deepEqual(await ended('ada'), ['C', 'a', 'a.0-_z', 'b']);
      assert.equal(await ended('grace'), undefined);
    });

    it('keeps the greatest ids, up to the maximum', async () => {
      const { id } = await provisioned(current(), 'ada');
      for (const login of ['d', 'a', 'c', 'b']) await current().endLogin(id, login, 3);
      assert.deepEqual(await ended('ada'), ['b', 'c', 'd']);
      await current().endLogin(id, 'a', 3);
      assert.deepEqual(await ended('ada'), ['b', 'c', 'd']);
    });

    it('loses none of many concurrent calls', async () => {
      const { id } = await provisioned(current(), 'ada');
      await atOnce(20, (index) => current().endLogin(id, `login-${index + 10}`, 100));
      assert.equal((await ended('ada'))?.length, 20);
    });

    it('changes neither version nor updatedAt, and writes no audit entry', async () => {
      const before = await provisioned(current(), 'ada');
      const entries = await current().listAudit({ limit: 10 });
      await current().endLogin(before.id, 'a', 9);
      assert.deepEqual(await current().findUser('ada'), { ...before, endedLogins: ['a'] });
      assert.deepEqual(await current().listAudit({ limit: 10 }), entries);
    });

    it('affects the rows of every verb that returns the user, and survives changes of the user', async () => {
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

    it('does not affect a later user with the same subject', async () => {
      const { id } = await provisioned(current(), 'ada');
      await current().endLogin(id, 'a', 9);
      await current().deleteUser('ada');
      assert.equal(await current().endLogin(id, 'b', 9), false);
      await provisioned(current(), 'ada');
      assert.equal(await ended('ada'), undefined);
    });

    it('returns false for an unknown or malformed user id', async () => {
      assert.equal(await current().endLogin(randomUUID(), 'a', 9), false);
      assert.equal(await current().endLogin('x', 'a', 9), false);
    });
  });
}
