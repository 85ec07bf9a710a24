// Contract of Directory, part: the positions of results.
import { strict as assert } from 'node:assert';
import { journalKeys, type Position } from '../../src/vocabulary/journal.js';
import { type Follower, follow, followed, journalOf } from './directory-follower.js';
import { assertion, atOnce, type CurrentDirectory, paired, provisioned } from './directory-harness.js';
import type { TestRunner } from './runner.js';

/** `Positioned`. */
export function positionsContract(current: CurrentDirectory, without: boolean, { describe, it }: TestRunner): void {
  const login = (groups: readonly string[]) => current().provision(assertion('ada', { groups }), 'active');

  if (without) {
    it('returns results without positions, as its harness declares', async () => {
      const { device } = await paired(current(), 'ada');
      const results = [
        await login(['staff']),
        await current().findUser('ada'),
        await current().findDevice(device.id),
        await current().mapping(),
      ];
      for (const result of results) assert.equal(result?.position, undefined);
    });
    return;
  }

  describe('positions', () => {
    it('are that of the last row, if nothing is written', async () => {
      const { device } = await paired(current(), 'ada', {});
      await login(['staff']);
      const last = await journalOf(current).note(['anything']);
      const unchanged = await login(['staff']);
      assert.equal(unchanged.outcome, 'unchanged');
      assert.deepEqual(unchanged.position, last);
      assert.deepEqual((await current().findUser('ada'))?.position, last);
      assert.deepEqual((await current().findDevice(device.id))?.position, last);
      assert.deepEqual((await current().mapping()).position, last);
      const created = await current().provision(assertion('grace'), 'active');
      assert.equal(created.outcome, 'created');
      assert.deepEqual(created.position, last);
    });

    it('are that of the login’s own row, if it writes', async () => {
      await provisioned(current(), 'ada');
      const follower = await follow(current);
      const { outcome, position } = await login(['others']);
      assert.equal(outcome, 'updated');
      await journalOf(current).note(['anything']);
      const [row] = await follower.poll();
      assert.deepEqual(position, { seq: row?.seq, nonce: row?.nonce });
    });

    for (const count of [20, 200]) {
      it(`are never newer than the result, during ${count} changes and as many reads`, async () => {
        const { user, device } = await paired(current(), 'ada');
        const before = { user: user.version, generation: (await current().mapping()).generation };
        const follower = await follow(current);
        /** The reads: each with its key, and the number of changes of this key that it contains. */
        const reads: { key: string; counted: number; position: Position | undefined; where: string }[] = [];
        const read = (where: string, key: string, counted: number, position: Position | undefined) =>
          reads.push({ where, key, counted, position });
        const userKey = journalKeys.user('ada');
        const change = async (index: number): Promise<unknown> => {
          if (index % 4 === 0) return current().updateUser('ada', { addRoles: [`role-${index}`] });
          if (index % 4 === 1) return current().putMapping({ group: `group-${index}`, roles: ['reader'] });
          if (index % 4 === 2) return current().renameDevice(user.id, device.id, `Phone ${index}`);
          const result = await login([`group-${index % 16}`]);
          assert(result.outcome === 'updated' || result.outcome === 'unchanged');
          return read(result.outcome, userKey, result.user.version - before.user, result.position);
        };
        const look = async (index: number): Promise<unknown> => {
          if (index % 3 === 0) {
            const found = await current().findUser('ada');
            return read('findUser', userKey, Number(found?.version) - before.user, found?.position);
          }
          if (index % 3 === 1) {
            const { generation, position } = await current().mapping();
            return read('mapping', journalKeys.mapping, generation - before.generation, position);
          }
          const found = await current().findDevice(device.id);
          read('findDevice', journalKeys.device(device.id), Number(found?.device.version) - 1, found?.position);
          return read('owner', userKey, Number(found?.user.version) - before.user, found?.position);
        };
        await followed(
          follower,
          atOnce(2 * count, (index) => (index % 2 === 0 ? change : look)(index >> 1)),
        );
        for (const { where, key, counted, position } of reads) {
          const upTo = rowsUpTo(follower, key, position ?? assert.fail(`${where} has a position`));
          assert(counted >= upTo, `${where} has ${counted} changes at a position after ${upTo}`);
          // A login that writes returns the position of its own row.
          if (where === 'updated') assert.equal(counted, upTo);
        }
      });
    }
  });
}

/** The number of rows with the key, up to the position. */
function rowsUpTo({ rows }: Follower, key: string, { seq, nonce }: Position): number {
  const there = rows.find((row) => row.seq === seq);
  // There is no such row if the position is that of the join.
  if (there !== undefined) assert.equal(there.nonce, nonce);
  return rows.filter((row) => row.seq <= seq && row.keys.includes(key)).length;
}
