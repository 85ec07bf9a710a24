// Directory, the part about users who get another subject.
import { strict as assert } from 'node:assert';
import type { UserChangeContext } from '../../src/vocabulary/port-values.js';
import type { AuditEntry, UserRow } from '../../src/vocabulary/types.js';
import { assertion, atOnce, type CurrentDirectory, paired, provisioned, winners } from './directory-harness.js';
import type { TestRunner } from './runner.js';

const actor = { subject: 'root' };

/** `renameUser` and `findSpellings`, of a directory that has them. */
export function renamesContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  const rename = async (from: string, to: string, context?: UserChangeContext): Promise<UserRow | undefined> =>
    (await current().renameUser?.(from, to, context)) ?? undefined;
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

  describe('findSpellings', () => {
    const found = async (subject: string): Promise<readonly string[]> =>
      ((await current().findSpellings?.(subject)) ?? []).map((user) => user.subject);

    renaming('finds the users whose subjects differ in the case of A to Z at most', async () => {
      const names = [
        'ada',
        'Ada',
        'ADA',
        'adam',
        'ad',
        'ada ',
        'àda',
        'Àda',
        'ÀDA',
        'İda',
        'ıda',
        'ida',
        'Ida',
        'Kim',
        'ſam',
      ];
      for (const name of names) await provisioned(current(), name);
      assert.deepEqual(await found('ada'), ['ADA', 'Ada', 'ada']);
      assert.deepEqual(await found('àda'), ['àda']);
      assert.deepEqual(await found('Àda'), ['ÀDA', 'Àda']);
      assert.deepEqual(await found('ida'), ['Ida', 'ida']);
      assert.deepEqual(await found('kim'), ['Kim']);
      assert.deepEqual(await found('sam'), []);
      for (const none of ['Ada', 'a%', 'ad_', 'nobody', '', 'a\0', '\ud800']) assert.deepEqual(await found(none), []);
    });

    renaming('returns whole rows, and follows renames', async () => {
      const ada = await provisioned(current(), 'Ada');
      assert.deepEqual(await current().findSpellings?.('ada'), [ada]);
      const renamed = await rename('Ada', 'ada');
      assert.deepEqual(await current().findSpellings?.('ada'), [renamed]);
    });
  });
}
