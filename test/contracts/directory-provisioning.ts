// Contract of Directory, part: provisioning.
import { strict as assert } from 'node:assert';
import type { CreateMode } from '../../src/vocabulary/port-values.js';
import { assertion, atOnce, type CurrentDirectory, provisioned } from './directory-harness.js';
import type { TestRunner } from './runner.js';

const unstorable = ['with\0NUL', 'with \ud800 alone', 'with \udc00 alone'];

/** `provision`. */
export function provisioningContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  describe('provision', () => {
    it('creates a row for a new subject, and returns created', async () => {
      const result = await current().provision(assertion('ada'), 'active');
      assert(result.outcome === 'created');
      const { id, createdAt, updatedAt, ...rest } = result.user;
      assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      assert(createdAt instanceof Date && updatedAt instanceof Date);
      assert.deepEqual(rest, {
        subject: 'ada',
        authMethod: 'proxy',
        displayName: 'Ada Lovelace',
        email: 'ada@example.com',
        groups: ['engineers', 'staff'],
        grantedRoles: [],
        disabled: false,
        pending: false,
        version: 1,
      });
      assert.deepEqual(await current().findUser('ada'), result.user);
    });

    it('creates a row from a subject alone', async () => {
      const result = await current().provision({ subject: 'ada' }, 'active');
      assert(result.outcome === 'created');
      assert.deepEqual(result.user.groups, []);
      assert(!('displayName' in result.user) && !('email' in result.user));
    });

    it('creates a row that waits for approval with create: pending', async () => {
      const result = await current().provision(assertion('ada'), 'pending');
      assert(result.outcome === 'created' && result.user.pending);
    });

    it('does not change the pending mark of an existing row', async () => {
      await current().provision(assertion('ada'), 'pending');
      const again = await current().provision(assertion('ada', { groups: ['staff'] }), 'active');
      assert(again.outcome === 'updated' && again.user.pending);
    });

    it('returns absent, and creates nothing, with create: never and no row', async () => {
      assert.deepEqual(await current().provision(assertion('ada'), 'never'), { outcome: 'absent' });
      assert.equal(await current().findUser('ada'), undefined);
    });

    it('updates an existing row with create: never', async () => {
      await provisioned(current(), 'ada');
      const result = await current().provision(assertion('ada', { groups: [] }), 'never');
      assert(result.outcome === 'updated');
      assert.deepEqual(result.user.groups, []);
    });

    it('returns unchanged, and the same row, if nothing differs', async () => {
      const first = await current().provision(assertion('ada'), 'active');
      for (const create of ['active', 'pending', 'never'] satisfies CreateMode[]) {
        const again = await current().provision(assertion('ada'), create);
        assert.deepEqual(again, { ...first, outcome: 'unchanged' });
      }
    });

    it('treats groups in another order, or with duplicates, as the same set', async () => {
      await current().provision(assertion('ada', { groups: ['b', 'a', 'b'] }), 'active');
      const again = await current().provision(assertion('ada', { groups: ['a', 'b', 'a'] }), 'active');
      assert(again.outcome === 'unchanged');
      assert.deepEqual(again.user.groups, ['a', 'b']);
    });

    const changes = [
      ['display name', assertion('ada', { displayName: 'Countess' }), { displayName: 'Countess' }],
      ['email', assertion('ada', { email: 'a@example.com' }), { email: 'a@example.com' }],
      ['groups', assertion('ada', { groups: ['staff'] }), { groups: ['staff'] }],
    ] as const;
    for (const [what, asserted, expected] of changes) {
      it(`updates a different ${what}, and nothing else`, async () => {
        const before = await provisioned(current(), 'ada');
        const result = await current().provision(asserted, 'active');
        assert(result.outcome === 'updated');
        const { updatedAt, ...after } = result.user;
        const { updatedAt: _, ...was } = before;
        assert.deepEqual(after, { ...was, ...expected, version: 2 });
        assert(updatedAt >= before.updatedAt);
        assert.deepEqual(await current().findUser('ada'), result.user);
      });
    }

    it('keeps the values that the assertion does not contain', async () => {
      const before = await provisioned(current(), 'ada');
      const silent = await current().provision({ subject: 'ada' }, 'active');
      assert.deepEqual(silent, { outcome: 'unchanged', user: before });
    });

    it('clears the groups if the assertion has none', async () => {
      await provisioned(current(), 'ada');
      const result = await current().provision(assertion('ada', { groups: [] }), 'active');
      assert(result.outcome === 'updated');
      assert.deepEqual(result.user.groups, []);
    });

    it('keeps granted roles and the disabled mark', async () => {
      await provisioned(current(), 'ada');
      await current().updateUser('ada', { disabled: true, addRoles: ['auditor'] });
      const result = await current().provision(assertion('ada', { groups: [] }), 'active');
      assert(result.outcome === 'updated' && result.user.disabled);
      assert.deepEqual(result.user.grantedRoles, ['auditor']);
    });

    it('never writes a local row', async () => {
      const local = await current().createUser({ subject: 'root', authMethod: 'local', displayName: 'Root' });
      const result = await current().provision(assertion('root'), 'active');
      assert.deepEqual(result, { outcome: 'unchanged', user: local });
      assert.deepEqual(await current().findUser('root'), local);
    });

    it('distinguishes subjects by every character', async () => {
      const subjects = ['ada', 'Ada', 'ada ', 'ádá', 'ａｄａ', '%', '_', 'ada@example.com', '__proto__'];
      const users = await Promise.all(subjects.map((subject) => provisioned(current(), subject)));
      assert.equal(new Set(users.map((user) => user.id)).size, subjects.length);
    });

    it('refuses text that a database would alter', async () => {
      for (const text of unstorable) {
        const refused = { name: 'LatchkeyError', code: 'ERR_DIRECTORY_VALUE' };
        await assert.rejects(current().provision({ subject: text }, 'active'), refused);
        await assert.rejects(current().provision(assertion('ada', { displayName: text }), 'active'), refused);
        await assert.rejects(current().provision(assertion('ada', { email: text }), 'active'), refused);
        await assert.rejects(current().provision(assertion('ada', { groups: [text] }), 'active'), refused);
      }
      assert.deepEqual(await current().listUsers({ limit: 10 }), []);
    });

    for (const count of [20, 200]) {
      it(`creates one row for ${count} concurrent calls with one new subject`, async () => {
        const results = await atOnce(count, () => current().provision(assertion('ada'), 'active'));
        const outcomes = results.map((result) => result.outcome).sort();
        assert.deepEqual(outcomes, ['created', ...Array.from({ length: count - 1 }, () => 'unchanged')]);
        const rows = await current().listUsers({ limit: 10 });
        assert.equal(rows.length, 1);
        for (const result of results) {
          assert(result.outcome !== 'absent');
          assert.deepEqual(result.user, rows[0]);
        }
      });
    }

    it('increments the version once for each of many different concurrent calls', async () => {
      await provisioned(current(), 'ada');
      const results = await atOnce(40, (index) =>
        current().provision(assertion('ada', { groups: [`group-${index % 4}`] }), 'active'),
      );
      const updates = results.filter((result) => result.outcome === 'updated').length;
      for (const [index, result] of results.entries()) {
        assert(result.outcome === 'updated' || result.outcome === 'unchanged');
        assert.deepEqual(result.user.groups, [`group-${index % 4}`]);
      }
      assert.equal((await current().findUser('ada'))?.version, 1 + updates);
    });
  });
}
