// Contract of Directory, part: the rows that changes add to the journal.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { type JournalRow, journalKeys } from '../../src/vocabulary/journal.js';
import { follow, followed } from './directory-follower.js';
import {
  assertion,
  atOnce,
  type CurrentDirectory,
  later,
  newDevice,
  paired,
  pairedAt,
  provisioned,
  winners,
} from './directory-harness.js';
import type { TestRunner } from './runner.js';

type Change = readonly [title: string, change: () => Promise<unknown>, keys: readonly string[]];

const { user, device, mapping } = journalKeys;

/** The calls that add rows to `Directory.journal`, and those that do not. */
export function journalContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  /** Returns the rows that the work adds. */
  async function added(work: () => Promise<unknown>): Promise<readonly JournalRow[]> {
    const follower = await follow(current);
    await work();
    return follower.poll();
  }
  const keysOf = (rows: readonly JournalRow[]) => rows.map(({ keys }) => [...keys].sort());
  const update = (change: Parameters<ReturnType<CurrentDirectory>['updateUser']>[1]) =>
    current().updateUser('ada', change);
  const put = (roles: readonly string[], note?: string) =>
    current().putMapping({ group: 'staff', roles, ...(note === undefined ? {} : { note }) });

  describe('the journal', () => {
    const changes: readonly Change[] = [
      [
        'a login with another display name',
        () => current().provision(assertion('ada', { displayName: 'A' }), 'never'),
        [user('ada')],
      ],
      [
        'a login with another email',
        () => current().provision(assertion('ada', { email: 'a@b.example' }), 'active'),
        [user('ada')],
      ],
      [
        'a login with other groups',
        () => current().provision(assertion('ada', { groups: [] }), 'active'),
        [user('ada')],
      ],
      ['a user who is disabled', () => update({ disabled: true }), [user('ada')]],
      ['a user who becomes pending', () => update({ pending: true }), [user('ada')]],
      ['a user who is converted', () => update({ authMethod: 'local' }), [user('ada')]],
      ['a granted role', () => update({ addRoles: ['auditor'] }), [user('ada')]],
      ['a user who is deleted', () => current().deleteUser('ada'), [user('ada')]],
      ['a mapping', () => put(['writer']), [mapping]],
      ['a note of a mapping', () => put(['reader'], 'why'), [mapping]],
      ['a mapping that is deleted', () => current().deleteMapping('staff'), [mapping]],
    ];
    for (const [title, change, keys] of changes) {
      it(`has one row for ${title}`, async () => {
        await provisioned(current(), 'ada');
        await put(['reader']);
        assert.deepEqual(keysOf(await added(change)), [keys]);
      });
    }

    it('has one row for each change of a device, including its revocation', async () => {
      const { user: owner, device: phone } = await paired(current(), 'ada');
      const rows = await added(async () => {
        await current().renameDevice(owner.id, phone.id, 'Tablet');
        await current().renewDevice(phone.id, 1, later(10), later(100_000));
        await current().confirmRenewal(phone.id, 2, later(600));
        await current().revokeDevices(owner.id, { only: phone.id }, later(20));
      });
      assert.deepEqual(
        keysOf(rows),
        Array.from({ length: 4 }, () => [device(phone.id)]),
      );
    });

    for (const count of [2, 300]) {
      it(`names in one row all ${count} devices that one call revokes, and no others`, async () => {
        const { user: owner, device: spared } = await paired(current(), 'ada');
        const phones = Array.from({ length: count }, () => newDevice(owner.id));
        for (const phone of phones) await current().createDevice(phone);
        const former = newDevice(owner.id);
        await current().createDevice(former);
        await current().revokeDevices(owner.id, { only: former.id }, later(1));
        const rows = await added(() => current().revokeDevices(owner.id, { except: spared.id }, later(2)));
        assert.deepEqual(keysOf(rows), [phones.map(({ id }) => device(id)).sort()]);
      });
    }

    it('contains subjects unchanged, with any characters', async () => {
      const subjects = ['a,b', '{"a"}', 'NULL', 'u:ada', "o'hara", 'back\\slash', 'ádá 🎵', '*', 'ada ', 'new\nline'];
      for (const subject of subjects) await provisioned(current(), subject);
      const rows = await added(async () => {
        for (const subject of subjects) await current().updateUser(subject, { disabled: true });
        for (const subject of subjects) await provisioned(current(), subject, [subject]);
      });
      assert.deepEqual(
        keysOf(rows),
        [...subjects, ...subjects].map((subject) => [user(subject)]),
      );
    });

    const idle: readonly (readonly [string, () => Promise<unknown>])[] = [
      [
        'users who are created',
        async () => {
          await provisioned(current(), 'grace');
          await current().createUser({ subject: 'root', authMethod: 'local' });
        },
      ],
      [
        'logins that change nothing',
        async () => {
          await provisioned(current(), 'ada');
          await current().provision({ subject: 'ada' }, 'never');
          await current().provision({ subject: 'nobody' }, 'never');
          await current().createUser({ subject: 'root', authMethod: 'local' });
          await current().provision(assertion('root'), 'active');
        },
      ],
      [
        'changes of users without effect',
        async () => {
          await update({ disabled: false, addRoles: [], removeRoles: ['admin'] });
          await current().updateUser('nobody', { disabled: true });
          await current().deleteUser('nobody');
        },
      ],
      [
        'changes of mappings without effect',
        async () => {
          await put(['reader']);
          await current().deleteMapping('nobodys');
        },
      ],
      [
        'changes that are refused',
        async () => {
          const keeping = { role: 'admin', groups: ['engineers'] };
          const refused = [
            current().updateUser('ada', { disabled: true }, { keeping }),
            current().deleteUser('ada', { keeping }),
            current().updateUser('ada', { disabled: true }, { version: 99 }),
            current().deleteUser('ada', { version: 99 }),
            current().putMapping({ group: 'staff', roles: ['writer'] }, { version: 99 }),
            current().deleteMapping('staff', { version: 99 }),
            current().createUser({ subject: 'ada', authMethod: 'local' }),
          ];
          assert.equal((await Promise.allSettled(refused)).filter(({ status }) => status === 'fulfilled').length, 0);
        },
      ],
      [
        'devices that are paired, used or left unchanged',
        async () => {
          const { user: owner, device: phone } = await paired(current(), 'ada');
          await current().createDevice(phone);
          await current().touchDevices([{ id: phone.id, lastUsedAt: later(1), lastAddress: '192.0.2.1' }]);
          await current().touchUsers([{ userId: owner.id, lastAssertedAt: later(1) }]);
          await current().renameDevice(owner.id, phone.id, phone.name);
          await current().renameDevice(owner.id, randomUUID(), 'Tablet');
          await current().renewDevice(phone.id, 2, later(1), later(2));
          await current().confirmRenewal(phone.id, 1, later(1));
          await current().confirmRenewal(phone.id, 2, later(1));
          await current().revokeDevices(owner.id, { except: phone.id }, later(1));
          await current().revokeDevices(owner.id, { only: randomUUID() }, later(1));
        },
      ],
      [
        'reads, and pruning the audit trail',
        async () => {
          await current().findUser('ada');
          await current().listUsers({ limit: 10 });
          await current().mapping();
          await current().countGroupSets('staff');
          await current().searchDevices({ now: pairedAt, limit: 10 });
          await current().pruneAudit(later(0));
        },
      ],
    ];
    for (const [title, work] of idle) {
      it(`has no row for ${title}`, async () => {
        await provisioned(current(), 'ada');
        await put(['reader']);
        assert.deepEqual(keysOf(await added(work)), []);
      });
    }

    it('has no second row for a repeated renewal, confirmation or revocation', async () => {
      const { user: owner, device: phone } = await paired(current(), 'ada');
      const steps = [
        () => current().renewDevice(phone.id, 1, later(10), later(100_000)),
        () => current().confirmRenewal(phone.id, 2, later(600)),
        () => current().revokeDevices(owner.id, 'all', later(20)),
      ];
      for (const step of steps) {
        assert.equal((await added(step)).length, 1);
        assert.deepEqual(keysOf(await added(step)), []);
      }
    });

    it('numbers its rows consecutively, and gives each its own nonce', async () => {
      await provisioned(current(), 'ada');
      const rows = await added(async () => {
        for (let index = 0; index < 10; index += 1) await update({ disabled: index % 2 === 0 });
      });
      assert.equal(rows.length, 10);
      assert.equal(new Set(rows.map(({ nonce }) => nonce)).size, 10);
      for (const { nonce } of rows) assert(nonce.length >= 22, 'a nonce has 128 bits or more');
    });

    for (const count of [20, 200]) {
      it(`contains each of ${count} concurrent changes once, and never shows a gap`, async () => {
        const people = await atOnce(10, (index) => paired(current(), `user-${index}`));
        const follower = await follow(current);
        const expected: string[] = [];
        const change = async (index: number): Promise<unknown> => {
          const { user: owner, device: phone } = people[index % 10] ?? assert.fail();
          const subject = `user-${index % 10}`;
          if (index % 4 === 3) {
            expected.push(mapping);
            return current().putMapping({ group: `group-${index}`, roles: ['reader'] });
          }
          if (index % 4 === 2) {
            const named = await current().renameDevice(owner.id, phone.id, `Phone ${index}`);
            return named && expected.push(device(phone.id));
          }
          expected.push(user(subject));
          return index % 4 === 1
            ? current().provision(assertion(subject, { groups: [`group-${index}`] }), 'active')
            : current().updateUser(subject, { addRoles: [`role-${index}`] });
        };
        await followed(follower, atOnce(count, change));
        assert.deepEqual(follower.rows.flatMap(({ keys }) => keys).sort(), expected.sort());
        // Concurrent logins may share a row.
        assert(follower.rows.length <= count);
        assert.equal(new Set(follower.rows.map(({ nonce }) => nonce)).size, follower.rows.length);
      });

      it(`has one row if one of ${count} concurrent changes succeeds`, async () => {
        const { version } = await provisioned(current(), 'ada');
        const follower = await follow(current);
        const grants = Array.from({ length: count }, (_, index) =>
          current().updateUser('ada', { addRoles: [`role-${index}`] }, { version }),
        );
        assert.equal(await winners(grants, 'ERR_VERSION'), 1);
        await atOnce(count, () => provisioned(current(), 'ada', ['others']));
        assert.deepEqual(keysOf(await follower.poll()), [[user('ada')], [user('ada')]]);
      });
    }
  });
}
