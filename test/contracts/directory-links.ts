// Directory, the part about links to rows of the host's own table.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { HostLink } from '../../src/vocabulary/port-values.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import type { AuditEntry } from '../../src/vocabulary/types.js';
import { assertion, atOnce, type CurrentDirectory, paired, provisioned, winners } from './directory-harness.js';
import type { TestRunner } from './runner.js';

type Link = NonNullable<Directory['linkHostUser']>;

/** `linkHostUser`, of a directory that has it. */
export function linksContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  const link: Link = async (...call) => (await current().linkHostUser?.(...call)) ?? undefined;
  const trail = (): Promise<readonly AuditEntry[]> => current().listAudit({ limit: 100 });
  const taken = { name: 'LatchkeyError', code: 'ERR_HOST_USER_TAKEN' };
  const raced = { name: 'LatchkeyError', code: 'ERR_VERSION' };

  const linked = async (...call: Parameters<Link>): Promise<HostLink> => {
    const made = await link(...call);
    assert(made !== undefined);
    return made;
  };

  /** Whether this directory can link. One for the host's own table need not. */
  function linking(title: string, test: () => Promise<void>): void {
    it(title, async () => {
      if (typeof current().linkHostUser === 'function') await test();
    });
  }

  describe('linkHostUser', () => {
    linking('links a user, and changes the version', async () => {
      const { id, version, hostUserId } = await provisioned(current(), 'ada');
      assert.equal(hostUserId, undefined);
      const made = await linked(id, '7');
      assert.equal(made.changed, true);
      assert.equal(made.user.hostUserId, '7');
      assert.equal(made.user.version, version + 1);
      assert.deepEqual(await current().findUser('ada'), made.user);
      assert.deepEqual(await current().findUserById(id), made.user);
      assert.deepEqual(await current().listUsers({ limit: 5 }), [made.user]);
    });

    linking('keeps the first link, whatever comes later', async () => {
      const { id } = await provisioned(current(), 'ada');
      const { user } = await linked(id, '7');
      for (const other of ['7', '8', 'é', 'x'.repeat(255)]) {
        assert.deepEqual(await link(id, other), { changed: false, user });
      }
      assert.deepEqual(await current().findUser('ada'), user);
    });

    linking('of 20 concurrent calls, lets one win', async () => {
      const { id } = await provisioned(current(), 'ada');
      const made = await atOnce(20, (index) => link(id, `row-${index}`));
      assert.equal(made.filter((each) => each?.changed).length, 1);
      assert.equal(new Set(made.map((each) => each?.user.hostUserId)).size, 1);
      const [first] = made;
      assert.equal((await current().findUser('ada'))?.hostUserId, first?.user.hostUserId);
    });

    linking('gives a row of the host to one user, of 20 who want it at once, too', async () => {
      const users = await atOnce(20, (index) => provisioned(current(), `user-${index}`));
      const calls = users.map(({ id }) => link(id, '7'));
      assert.equal(await winners(calls, taken.code), 1);
      const holders = (await current().listUsers({ limit: 100 })).filter(({ hostUserId }) => hostUserId === '7');
      assert.equal(holders.length, 1);
      const late = await provisioned(current(), 'late');
      await assert.rejects(link(late.id, '7'), taken);
      assert.equal((await current().findUser('late'))?.hostUserId, undefined);
    });

    linking('compares ids exactly', async () => {
      for (const [index, hostUserId] of ['a', 'A', 'a ', 'á', '7', '07'].entries()) {
        const { id } = await provisioned(current(), `user-${index}`);
        assert.equal((await linked(id, hostUserId)).user.hostUserId, hostUserId);
      }
    });

    linking('removes a link, which then is free', async () => {
      const { id } = await provisioned(current(), 'ada');
      const other = await provisioned(current(), 'grace');
      const { user } = await linked(id, '7');
      const removed = await linked(id, undefined);
      assert.equal(removed.changed, true);
      assert.equal(removed.user.hostUserId, undefined);
      assert.equal(removed.user.version, user.version + 1);
      assert.deepEqual(await link(id, undefined), { changed: false, user: removed.user });
      assert.equal((await linked(other.id, '7')).changed, true);
    });

    linking('frees the row of a deleted user, and gives a later user of that subject no link', async () => {
      const { id } = await provisioned(current(), 'ada');
      await linked(id, '7');
      await current().deleteUser('ada');
      const later = await provisioned(current(), 'ada');
      assert.equal(later.hostUserId, undefined);
      assert.equal((await linked(later.id, '7')).changed, true);
    });

    linking('is kept by logins and by changes', async () => {
      const { id } = await provisioned(current(), 'ada');
      await linked(id, '7');
      const updated = await current().provision(assertion('ada', { groups: ['others'] }), 'active');
      assert.equal('user' in updated && updated.user.hostUserId, '7');
      assert.equal((await current().updateUser('ada', { disabled: true }))?.hostUserId, '7');
      const { user, device } = await paired(current(), 'ada');
      assert.equal(user.hostUserId, '7');
      assert.equal((await current().findDevice(device.id))?.user.hostUserId, '7');
    });

    linking('writes entries with a context, and none without', async () => {
      const actor = { subject: 'root', address: '192.0.2.7' };
      const { id } = await provisioned(current(), 'ada');
      await link(id, '7');
      assert.deepEqual(await trail(), []);
      await link(id, undefined, { actor });
      await link(id, undefined, { actor });
      await link(id, '8', { actor });
      await link(id, '9', { actor });
      const told = (await trail()).map(({ id: _, at: __, ...entry }) => entry);
      assert.deepEqual(told, [
        { actor, action: 'user.linked', subject: 'ada', changes: { hostUserId: { to: '8' } } },
        { actor, action: 'user.unlinked', subject: 'ada', changes: { hostUserId: { from: '7' } } },
      ]);
    });

    linking('goes by the version', async () => {
      const { id, version } = await provisioned(current(), 'ada');
      await assert.rejects(link(id, '7', { version: version + 1 }), raced);
      assert.equal((await linked(id, '7', { version })).changed, true);
      await assert.rejects(link(id, undefined, { version }), raced);
      await assert.rejects(link(randomUUID(), '8', { version: 1 }), raced);
    });

    linking('knows no user with another id, and refuses what cannot be stored', async () => {
      const { id } = await provisioned(current(), 'ada');
      assert.equal(await link(randomUUID(), '7'), undefined);
      assert.equal(await link('ada', '7'), undefined);
      for (const value of ['a\0', '\ud800']) {
        await assert.rejects(link(id, value), { name: 'LatchkeyError', code: 'ERR_DIRECTORY_VALUE' });
      }
    });
  });
}
