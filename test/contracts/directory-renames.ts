// Directory, the part about users who get another subject, and about two users who become one.
import { strict as assert } from 'node:assert';
import type { UserChangeContext } from '../../src/vocabulary/port-values.js';
import type { AuditEntry, UserRow } from '../../src/vocabulary/types.js';
import {
  assertion,
  atOnce,
  type CurrentDirectory,
  later,
  newDevice,
  paired,
  provisioned,
  winners,
} from './directory-harness.js';
import type { TestRunner } from './runner.js';

const actor = { subject: 'root' };

/** `renameUser` and `mergeUsers`, of a directory that has them. */
export function renamesContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  const rename = async (from: string, to: string, context?: UserChangeContext): Promise<UserRow | undefined> =>
    (await current().renameUser?.(from, to, context)) ?? undefined;
  const merge = async (from: string, to: string, context?: UserChangeContext): Promise<UserRow | undefined> =>
    (await current().mergeUsers?.(from, to, context)) ?? undefined;
  const trail = async (): Promise<readonly Omit<AuditEntry, 'id' | 'at'>[]> =>
    (await current().listAudit({ limit: 100 })).map(({ id: _, at: __, ...entry }) => entry);
  const fails = (code: string): object => ({ name: 'LatchkeyError', code });

  function renaming(title: string, test: () => Promise<void>): void {
    it(title, async () => {
      if (typeof current().renameUser === 'function') await test();
    });
  }

  describe('renameUser', () => {
    renaming('keeps everything but the subject', async () => {
      const { user, device } = await paired(current(), 'ada');
      const before = await current().updateUser('ada', { addRoles: ['editor'] });
      await current().linkHostUser?.(user.id, '7');
      const renamed = await rename('ada', 'countess');
      assert.equal(renamed?.id, user.id);
      assert.deepEqual(renamed.formerSubjects, ['ada']);
      assert.deepEqual(renamed.grantedRoles, before?.grantedRoles);
      assert.deepEqual(renamed.groups, user.groups);
      assert.equal(renamed.hostUserId, '7');
      assert.equal(await current().findUser('ada'), undefined);
      assert.deepEqual(await current().findUser('countess'), renamed);
      assert.deepEqual(await current().findUserById(user.id), renamed);
      const found = await current().findDevice(device.id);
      assert.equal(found?.device.subject, 'countess');
      assert.deepEqual(found.user, renamed);
      assert.deepEqual(await current().listUsers({ role: { role: 'editor', groups: [] }, limit: 5 }), [renamed]);
    });

    renaming('keeps the former subjects, but not the one that the user has again', async () => {
      await provisioned(current(), 'a');
      await rename('a', 'b');
      await rename('b', 'c');
      assert.deepEqual((await current().findUser('c'))?.formerSubjects, ['a', 'b']);
      assert.deepEqual((await rename('c', 'a'))?.formerSubjects, ['b', 'c']);
    });

    renaming('gives the former subject to a later user, who is another one', async () => {
      const { user, device } = await paired(current(), 'ada');
      await rename('ada', 'countess');
      const later = await provisioned(current(), 'ada');
      assert.notEqual(later.id, user.id);
      assert.equal(later.formerSubjects, undefined);
      assert.equal((await current().findDevice(device.id))?.user.id, user.id);
      assert.deepEqual(await current().listDevices(later.id, new Date(0)), []);
    });

    renaming('refuses a subject that is taken, and knows no user who is none', async () => {
      const ada = await provisioned(current(), 'ada');
      await provisioned(current(), 'grace');
      await assert.rejects(rename('ada', 'grace'), fails('ERR_SUBJECT_TAKEN'));
      assert.equal(await rename('nobody', 'somebody'), undefined);
      assert.deepEqual(await rename('ada', 'ada'), ada);
      await assert.rejects(rename('ada', 'a\0'), fails('ERR_DIRECTORY_VALUE'));
      assert.deepEqual(await current().findUser('ada'), ada);
    });

    renaming('goes by version and id', async () => {
      const { id, version } = await provisioned(current(), 'ada');
      const other = await provisioned(current(), 'grace');
      await assert.rejects(rename('ada', 'b', { version: version + 1 }), fails('ERR_VERSION'));
      await assert.rejects(rename('ada', 'b', { userId: other.id }), fails('ERR_VERSION'));
      assert.equal((await rename('ada', 'b', { version, userId: id }))?.version, version + 1);
    });

    renaming('writes an entry under each subject', async () => {
      await provisioned(current(), 'ada');
      await rename('ada', 'countess', { actor });
      const changes = { subject: { from: 'ada', to: 'countess' } };
      assert.deepEqual(await trail(), [
        { actor, action: 'user.renamed', subject: 'countess', changes },
        { actor, action: 'user.renamed', subject: 'ada', changes },
      ]);
    });

    renaming('of 20 who want one name at once, lets one have it, and of 20 names for one user, takes one', async () => {
      await atOnce(20, (index) => provisioned(current(), `user-${index}`));
      const calls = Array.from({ length: 20 }, (_, index) => rename(`user-${index}`, 'star'));
      assert.equal(await winners(calls, 'ERR_SUBJECT_TAKEN'), 1);
      const names = await atOnce(20, (index) => rename('star', `star-${index}`));
      assert.equal(names.filter((user) => user !== undefined).length, 1);
      assert.equal((await current().listUsers({ limit: 100 })).length, 20);
    });

    renaming('and 20 logins with the new name at once make one user, or a refusal', async () => {
      await provisioned(current(), 'ada');
      const logins = atOnce(20, () => current().provision(assertion('countess'), 'active'));
      const renamed = await rename('ada', 'countess').catch(({ code }: { code: string }) => code);
      await logins;
      const users = await current().listUsers({ limit: 10 });
      if (renamed === 'ERR_SUBJECT_TAKEN')
        assert.deepEqual(
          users.map(({ subject }) => subject),
          ['ada', 'countess'],
        );
      else
        assert.deepEqual(
          users.map(({ subject }) => subject),
          ['countess'],
        );
    });
  });

  describe('mergeUsers', () => {
    renaming('gives the user who remains the devices, roles, subjects and link of the other', async () => {
      const { user: from, device } = await paired(current(), 'ada');
      const { user: to, device: own } = await paired(current(), 'countess');
      await current().updateUser('ada', { addRoles: ['editor', 'both'] });
      await current().updateUser('countess', { addRoles: ['both', 'reader'] });
      await current().linkHostUser?.(from.id, '7');
      await current().touchUsers([{ userId: from.id, lastAssertedAt: later(5) }]);
      const merged = await merge('ada', 'countess');
      assert.equal(merged?.id, to.id);
      assert.deepEqual(merged.grantedRoles, ['both', 'editor', 'reader']);
      assert.deepEqual(merged.formerSubjects, ['ada']);
      assert.equal(merged.hostUserId, '7');
      assert.deepEqual(merged.lastAssertedAt, later(5));
      assert.equal(await current().findUser('ada'), undefined);
      assert.equal(await current().findUserById(from.id), undefined);
      assert.deepEqual(await current().findUser('countess'), merged);
      assert.deepEqual(await current().listUsers({ role: { role: 'editor', groups: [] }, limit: 5 }), [merged]);
      for (const { id } of [device, own]) {
        const found = await current().findDevice(id);
        assert.deepEqual(found?.user, merged);
        assert.equal(found.device.subject, 'countess');
      }
      assert.equal((await current().listDevices(to.id, later(0))).length, 2);
    });

    renaming('keeps a user disabled, and waiting only if both did', async () => {
      const states = [
        [{ disabled: true }, {}, { disabled: true, pending: false }],
        [{}, { disabled: true }, { disabled: true, pending: false }],
        [{ pending: true }, {}, { disabled: false, pending: false }],
        [{}, { pending: true }, { disabled: false, pending: false }],
        [{ pending: true }, { pending: true }, { disabled: false, pending: true }],
      ] as const;
      for (const [index, [one, other, expected]] of states.entries()) {
        await provisioned(current(), `from-${index}`);
        await provisioned(current(), `to-${index}`);
        await current().updateUser(`from-${index}`, one);
        await current().updateUser(`to-${index}`, other);
        const { disabled, pending } = (await merge(`from-${index}`, `to-${index}`)) ?? {};
        assert.deepEqual({ disabled, pending }, expected);
      }
    });

    renaming('refuses users with two links, and changes nothing', async () => {
      const ada = await provisioned(current(), 'ada');
      const countess = await provisioned(current(), 'countess');
      await current().linkHostUser?.(ada.id, '7');
      await current().linkHostUser?.(countess.id, '8');
      await assert.rejects(merge('ada', 'countess'), fails('ERR_HOST_USER_LINKED'));
      assert.equal((await current().listUsers({ limit: 5 })).length, 2);
      assert.deepEqual(await trail(), []);
    });

    renaming(
      'knows no pair of which one is missing, and leaves a user as it is who is merged with itself',
      async () => {
        const ada = await provisioned(current(), 'ada');
        assert.equal(await merge('ada', 'nobody'), undefined);
        assert.equal(await merge('nobody', 'ada'), undefined);
        assert.deepEqual(await merge('ada', 'ada'), ada);
        await assert.rejects(merge('ada', 'ada', { version: ada.version + 1 }), fails('ERR_VERSION'));
      },
    );

    renaming('writes an entry under each subject', async () => {
      await provisioned(current(), 'ada');
      await provisioned(current(), 'countess');
      await merge('ada', 'countess', { actor });
      const changes = { subject: { from: 'ada', to: 'countess' } };
      assert.deepEqual(await trail(), [
        { actor, action: 'user.merged', subject: 'countess', changes },
        { actor, action: 'user.merged', subject: 'ada', changes },
      ]);
    });

    renaming('keeps an administrator', async () => {
      const keeping = { role: 'admin', groups: ['operators'] };
      await provisioned(current(), 'ada', ['operators']);
      await provisioned(current(), 'countess', ['staff']);
      // The group does not come along: the proxy says which groups the remaining user has.
      await assert.rejects(merge('ada', 'countess', { keeping }), fails('ERR_LAST_ADMINISTRATOR'));
      assert.equal((await current().listUsers({ limit: 5 })).length, 2);
      await current().updateUser('ada', { addRoles: ['admin'] });
      await current().updateUser('countess', { disabled: true });
      await assert.rejects(merge('ada', 'countess', { keeping }), fails('ERR_LAST_ADMINISTRATOR'));
      await current().updateUser('countess', { disabled: false });
      assert.deepEqual((await merge('ada', 'countess', { keeping }))?.grantedRoles, ['admin']);
    });

    renaming('of 20 merges of administrators into users of staff at once, keeps one', async () => {
      const keeping = { role: 'admin', groups: ['operators'] };
      await atOnce(20, (index) => provisioned(current(), `admin-${index}`, ['operators']));
      await atOnce(20, (index) => provisioned(current(), `user-${index}`, ['staff']));
      const calls = Array.from({ length: 20 }, (_, index) => merge(`admin-${index}`, `user-${index}`, { keeping }));
      assert.equal(await winners(calls, 'ERR_LAST_ADMINISTRATOR'), 19);
    });

    renaming('loses no device that is paired at the same time', async () => {
      const { id } = await provisioned(current(), 'ada');
      const to = await provisioned(current(), 'countess');
      const devices = Array.from({ length: 20 }, () => newDevice(id));
      const pairing = Promise.allSettled(devices.map((device) => current().createDevice(device, 50)));
      await merge('ada', 'countess');
      const made = (await pairing).filter(({ status }) => status === 'fulfilled').length;
      assert.equal((await current().listDevices(to.id, later(0))).length, made);
    });
  });
}
