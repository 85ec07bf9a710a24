// Contract of Directory, part: the group → role mapping and its generation.
import { strict as assert } from 'node:assert';
import type { DirectoryMapping } from '../../src/vocabulary/types.js';
import { atOnce, type CurrentDirectory } from './directory-harness.js';
import type { TestRunner } from './runner.js';

/** `mapping`, `putMapping` and `deleteMapping`. */
export function mappingContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  /** The generation, and the roles of each group. */
  const facts = ({ generation, groupRoles }: DirectoryMapping) => ({
    generation,
    groupRoles: groupRoles.map(({ group, roles }) => ({ group, roles })),
  });
  const generation = async (): Promise<number> => (await current().mapping()).generation;

  describe('mapping', () => {
    it('begins without mappings, and does not change the generation', async () => {
      const mapping = await current().mapping();
      assert.deepEqual(mapping.groupRoles, []);
      assert(Number.isSafeInteger(mapping.generation));
      assert.deepEqual(await current().mapping(), mapping);
    });

    it('returns all mappings in the order of their groups, with roles as sorted sets', async () => {
      await current().putMapping({ group: 'staff', roles: ['writer', 'reader', 'writer'] });
      await current().putMapping({ group: 'admins', roles: ['admin'] });
      assert.deepEqual(facts(await current().mapping()).groupRoles, [
        { group: 'admins', roles: ['admin'] },
        { group: 'staff', roles: ['reader', 'writer'] },
      ]);
    });

    it('returns mappings with their own generation during changes', async () => {
      const start = await generation();
      const edits = atOnce(20, (index) => current().putMapping({ group: `group-${index}`, roles: ['reader'] }));
      const reads = await atOnce(40, () => current().mapping());
      for (const mapping of [...reads, ...(await edits)]) {
        assert.equal(mapping.groupRoles.length, mapping.generation - start);
      }
    });
  });

  describe('putMapping', () => {
    it('increments the generation, and returns the current mapping', async () => {
      const start = await generation();
      const added = await current().putMapping({ group: 'staff', roles: ['reader'] });
      const given = (roles: readonly string[]) => [{ group: 'staff', roles }];
      assert.deepEqual(facts(added), { generation: start + 1, groupRoles: given(['reader']) });
      const changed = await current().putMapping({ group: 'staff', roles: ['admin'] });
      assert.deepEqual(facts(changed), { generation: start + 2, groupRoles: given(['admin']) });
      assert.deepEqual(await current().mapping(), changed);
    });

    it('changes nothing if the same mapping exists', async () => {
      const added = await current().putMapping({ group: 'staff', roles: ['reader', 'writer'] });
      assert.deepEqual(await current().putMapping({ group: 'staff', roles: ['writer', 'reader'] }), added);
    });

    it('distinguishes groups by every character', async () => {
      for (const group of ['staff', 'Staff', 'staff ', 'CN=Staff,OU=Groups,DC=example,DC=com', '__proto__']) {
        await current().putMapping({ group, roles: [`role of ${group}`] });
      }
      assert.equal((await current().mapping()).groupRoles.length, 5);
    });

    it('refuses text that a database would alter', async () => {
      const refused = { name: 'LatchkeyError', code: 'ERR_DIRECTORY_VALUE' };
      await assert.rejects(current().putMapping({ group: 'a\0', roles: ['reader'] }), refused);
      await assert.rejects(current().putMapping({ group: 'a', roles: ['\udfff'] }), refused);
      assert.deepEqual((await current().mapping()).groupRoles, []);
    });

    it('refuses a mapping without roles', async () => {
      const before = await current().putMapping({ group: 'staff', roles: ['reader'] });
      const refused = { name: 'LatchkeyError', code: 'ERR_DIRECTORY_VALUE' };
      await assert.rejects(current().putMapping({ group: 'staff', roles: [] }), refused);
      assert.deepEqual(await current().mapping(), before);
    });
  });

  describe('deleteMapping', () => {
    it('deletes the mapping, and increments the generation', async () => {
      await current().putMapping({ group: 'admins', roles: ['admin'] });
      const before = await current().putMapping({ group: 'staff', roles: ['reader'] });
      const after = await current().deleteMapping('staff');
      assert.deepEqual(facts(after), {
        generation: before.generation + 1,
        groupRoles: [{ group: 'admins', roles: ['admin'] }],
      });
      assert.deepEqual(await current().mapping(), after);
    });

    it('changes nothing if there is no mapping', async () => {
      const before = await current().putMapping({ group: 'staff', roles: ['reader'] });
      assert.deepEqual(await current().deleteMapping('Staff'), before);
      assert.deepEqual(await current().deleteMapping('staff\0'), before);
    });
  });

  describe('concurrent changes of the mapping', () => {
    it('increment the generation once for each effective change', async () => {
      const start = await generation();
      // Ten groups, each set to the same roles four times: ten of forty calls take effect.
      await atOnce(40, (index) => current().putMapping({ group: `group-${index % 10}`, roles: ['reader'] }));
      assert.equal(await generation(), start + 10);
      // Five groups, each deleted four times: five of twenty calls take effect.
      await atOnce(20, (index) => current().deleteMapping(`group-${index % 5}`));
      assert.equal(await generation(), start + 15);
    });

    it('return a separate generation for every change, which contains its effect', async () => {
      const start = await generation();
      const edits = await atOnce(30, async (index) => {
        const group = `group-${index}`;
        return { group, mapping: await current().putMapping({ group, roles: ['reader'] }) };
      });
      const generations = edits.map((edit) => edit.mapping.generation).sort((a, b) => a - b);
      assert.deepEqual(
        generations,
        Array.from({ length: 30 }, (_, index) => start + 1 + index),
      );
      for (const { group, mapping } of edits) {
        assert(mapping.groupRoles.some((entry) => entry.group === group));
      }
    });
  });
}
