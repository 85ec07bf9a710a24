// Contract of Directory, part: the last user with a role.
import { strict as assert } from 'node:assert';
import type { RoleHolders } from '../../src/vocabulary/port-values.js';
import type { AuditEntry } from '../../src/vocabulary/types.js';
import { atOnce, type CurrentDirectory, provisioned, winners } from './directory-harness.js';
import type { TestRunner } from './runner.js';

const last = { name: 'LatchkeyError', code: 'ERR_LAST_ADMINISTRATOR' };
const keeping: RoleHolders = { role: 'admin', groups: ['operators', 'ops-*'] };

/** `ChangeContext.keeping`. */
export function guardContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  const trail = (): Promise<readonly AuditEntry[]> => current().listAudit({ limit: 1000 });

  describe('a change that keeps a role', () => {
    const admit = (subject: string, groups: readonly string[]) => provisioned(current(), subject, groups);
    const disable = (subject: string) => current().updateUser(subject, { disabled: true }, { keeping });
    const refuses = (change: Promise<unknown>): Promise<void> => assert.rejects(change, last);

    it('is refused if the last user with the role would lose it, whether it is granted or managed', async () => {
      const ways: readonly (() => Promise<unknown>)[] = [
        async () => {
          await admit('ada', []);
          await current().updateUser('ada', { addRoles: ['admin'] });
          await refuses(current().updateUser('ada', { removeRoles: ['admin'] }, { keeping }));
        },
        async () => {
          await admit('ada', ['operators']);
          await refuses(current().updateUser('ada', { authMethod: 'local' }, { keeping }));
        },
        async () => {
          await admit('ada', ['ops-eu']);
        },
        async () => {
          await admit('ada', ['staff']);
          await current().putMapping({ group: 'st*f', roles: ['admin', 'reader'] });
          await refuses(current().deleteMapping('st*f', { keeping }));
          await refuses(current().putMapping({ group: 'st*f', roles: ['reader'] }, { keeping }));
        },
      ];
      for (const begin of ways) {
        await begin();
        const before = await current().findUser('ada');
        const { length } = await trail();
        await refuses(disable('ada'));
        await refuses(current().updateUser('ada', { pending: true }, { keeping }));
        await refuses(current().deleteUser('ada', { keeping }));
        assert.deepEqual(await current().findUser('ada'), before);
        assert.equal((await trail()).length, length);
        await current().deleteUser('ada');
      }
    });

    it('succeeds if another accepted user has the role', async () => {
      await admit('ada', ['operators']);
      for (const change of [{ disabled: true }, { pending: true }]) {
        await admit('grace', ['operators']);
        await current().updateUser('grace', change);
        await refuses(disable('ada'));
        await current().deleteUser('grace');
      }
      await admit('grace', ['operators']);
      await current().updateUser('grace', { authMethod: 'local' });
      await refuses(disable('ada'));
      await current().updateUser('grace', { addRoles: ['admin'] });
      assert.equal((await disable('ada'))?.disabled, true);
      await refuses(disable('grace'));
    });

    it('succeeds if no user loses the role', async () => {
      await admit('ada', ['operators']);
      await admit('grace', ['staff']);
      assert.equal((await disable('grace'))?.disabled, true);
      await current().putMapping({ group: 'staff', roles: ['admin'] });
      await current().deleteMapping('staff', { keeping });
      assert.equal(await current().deleteUser('grace', { keeping }), true);
      await refuses(disable('ada'));
    });

    it('succeeds if no user had the role before', async () => {
      await admit('ada', ['staff']);
      await current().putMapping({ group: 'staff', roles: ['reader'] }, { keeping });
      assert.equal((await disable('ada'))?.disabled, true);
      await current().deleteMapping('staff', { keeping });
      assert.equal(await current().deleteUser('ada', { keeping }), true);
    });

    it('compares groups exactly: the only special character of a pattern is *', async () => {
      for (const group of ['Operators', 'operators ', 'opsxeu', 'o%', 'opérators']) await admit(group, [group]);
      await admit('ada', ['operators']);
      await refuses(disable('ada'));
    });

    for (const count of [20, 200]) {
      it(`leaves one of ${count} users who are disabled at once`, async () => {
        await atOnce(count, (index) => admit(`user-${index}`, ['operators']));
        const changes = Array.from({ length: count }, (_, index) => disable(`user-${index}`));
        assert.equal(await winners(changes, 'ERR_LAST_ADMINISTRATOR'), count - 1);
      });
    }

    it('leaves one administrator if one is disabled while the other one’s mapping is deleted', async () => {
      await admit('ada', ['operators']);
      await admit('grace', ['staff']);
      await current().putMapping({ group: 'staff', roles: ['admin'] });
      const changes = [disable('ada'), current().deleteMapping('staff', { keeping })];
      assert.equal(await winners(changes, 'ERR_LAST_ADMINISTRATOR'), 1);
    });
  });
}
