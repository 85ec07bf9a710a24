// Contract of Directory, part: instances that follow the journal.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { type JournalInstance, type JournalRow, journalKeys, type Position } from '../../src/vocabulary/journal.js';
import { follow, journalOf } from './directory-follower.js';
import { atOnce, type CurrentDirectory, provisioned } from './directory-harness.js';
import type { TestRunner } from './runner.js';

const place = ({ seq, nonce }: Position): Position => ({ seq, nonce });

/** `Journal`. */
export function followingContract(current: CurrentDirectory, { describe, it }: TestRunner): void {
  const journal = () => journalOf(current);
  const instance = async (id: string): Promise<JournalInstance | undefined> =>
    (await journal().instances()).find((candidate) => candidate.id === id);
  const consecutive = (rows: readonly JournalRow[]) =>
    rows.every(({ seq }, index) => seq === (rows[0]?.seq ?? 0) + index);

  describe('journal.join', () => {
    it('adds a row, and returns the latest rows, with this one as the last', async () => {
      const noted = [await journal().note(['a']), await journal().note(['b', 'c'])];
      const { rows } = await journal().join(randomUUID(), 3000, 3);
      assert.deepEqual(rows.map(place), [...noted, place(rows.at(-1) ?? assert.fail())]);
      assert.deepEqual(
        rows.map(({ keys }) => keys),
        [['a'], ['b', 'c'], [journalKeys.joined]],
      );
    });

    it('returns at most the requested number of rows, without a gap', async () => {
      for (let index = 0; index < 5; index += 1) await journal().note([`key-${index}`]);
      for (const count of [1, 2, 5]) {
        const { rows } = await journal().join(randomUUID(), 3000, count);
        assert.equal(rows.length, count);
        assert(consecutive(rows));
        assert.deepEqual(rows.at(-1)?.keys, [journalKeys.joined]);
      }
    });

    it('adds an instance that has acknowledged this row', async () => {
      const id = randomUUID();
      const { rows } = await journal().join(id, 2500, 1);
      const made = await instance(id);
      assert.deepEqual(made, { id, beat: made?.beat, acknowledged: rows[0]?.seq, waitMilliseconds: 2500 });
    });

    it('returns the same database id to all instances', async () => {
      const [one, other] = [await journal().join(randomUUID(), 3000, 1), await journal().join(randomUUID(), 3000, 1)];
      assert.equal(one.database, other.database);
      assert.notEqual(one.database, '');
    });

    for (const count of [20, 200]) {
      it(`returns the same history to ${count} concurrent instances, each up to its own row`, async () => {
        const start = await journal().note(['start']);
        const joins = await atOnce(count, () => journal().join(randomUUID(), 3000, count + 1));
        const longest = joins.map(({ rows }) => rows).find((rows) => rows.at(-1)?.seq === start.seq + count);
        assert.deepEqual(place(longest?.[0] ?? assert.fail('one is the last')), start);
        for (const { rows } of joins) {
          const shared = rows.filter(({ seq }) => seq >= start.seq);
          assert.deepEqual(shared, longest?.slice(0, shared.length));
        }
        assert.equal(new Set(joins.map(({ rows }) => rows.at(-1)?.seq)).size, count);
      });
    }
  });

  describe('journal.beat', () => {
    it('returns the rows after the position, in order, each once', async () => {
      const follower = await follow(current);
      assert.deepEqual(await follower.poll(), []);
      const noted = [await journal().note(['a']), await journal().note(['b']), await journal().note(['c'])];
      assert.deepEqual((await follower.poll()).map(place), noted);
      assert.deepEqual(await follower.poll(), []);
      const again = await journal().beat(follower.id, noted[0] ?? assert.fail());
      assert.deepEqual(
        again?.map(({ keys }) => keys),
        [['b'], ['c']],
      );
    });

    it('acknowledges the given position, not the returned rows, and increments the beat', async () => {
      const follower = await follow(current);
      const [joined, before] = [follower.position(), await instance(follower.id)];
      await journal().note(['a']);
      await follower.poll();
      const after = await instance(follower.id);
      assert.deepEqual(after, { ...before, beat: Number(before?.beat) + 1, acknowledged: joined.seq });
      await follower.poll();
      assert.equal((await instance(follower.id))?.acknowledged, joined.seq + 1);
    });

    it('returns rows with any keys, and with none', async () => {
      const follower = await follow(current);
      const odd = ['', 'a,b', '{"a"}', 'NULL', '\\', "'", '"', '🎵', 'new\nline', 'ada '];
      for (const keys of [odd, [], ['']]) await journal().note(keys);
      assert.deepEqual(
        (await follower.poll()).map(({ keys }) => keys),
        [odd, [], ['']],
      );
    });

    it('returns undefined for an unknown position, and writes nothing', async () => {
      const follower = await follow(current);
      const { seq, nonce } = await journal().note(['a']);
      await follower.poll();
      const before = await instance(follower.id);
      const places: readonly Position[] = [
        { seq, nonce: `${nonce}x` },
        { seq, nonce: nonce.toUpperCase() === nonce ? nonce.toLowerCase() : nonce.toUpperCase() },
        { seq, nonce: `${nonce} ` },
        { seq, nonce: '' },
        { seq, nonce: `${nonce}\0` },
        { seq: seq + 1, nonce },
        { seq: seq + 1000, nonce },
        { seq: seq - 1, nonce },
        { seq: -1, nonce },
        { seq: seq + 0.5, nonce },
        { seq: Number.NaN, nonce },
        { seq: 2 ** 70, nonce },
      ];
      for (const odd of places) assert.equal(await journal().beat(follower.id, odd), undefined, JSON.stringify(odd));
      assert.deepEqual(await instance(follower.id), before);
    });

    it('returns undefined for an unknown instance', async () => {
      const follower = await follow(current);
      const gone = await follow(current);
      await journal().leave(gone.id);
      for (const id of [gone.id, randomUUID(), '', `${follower.id} `, follower.id.toUpperCase(), 'a\0', '\ud800']) {
        assert.equal(await journal().beat(id, follower.position()), undefined);
        assert.equal(await instance(id), undefined);
      }
    });

    it('changes only its own instance while others beat', async () => {
      const followers = await atOnce(20, () => follow(current));
      await atOnce(20, async (index) => {
        for (let round = 0; round < 10; round += 1) await followers[index]?.poll();
      });
      for (const follower of followers) {
        const found = await instance(follower.id);
        assert.equal(found?.acknowledged, follower.position().seq);
      }
    });
  });

  describe('journal.leave', () => {
    it('removes one instance, and no other', async () => {
      const [one, other] = [await follow(current), await follow(current)];
      await journal().leave(one.id);
      await journal().leave(one.id);
      await journal().leave('a\0');
      assert.equal(await instance(one.id), undefined);
      assert.notEqual(await instance(other.id), undefined);
    });

    it('removes an instance with the given beat, but not one that has beaten since', async () => {
      const follower = await follow(current);
      const seen = (await instance(follower.id))?.beat ?? assert.fail();
      await follower.poll();
      await journal().leave(follower.id, seen);
      assert.equal((await instance(follower.id))?.beat, seen + 1);
      await journal().leave(follower.id, seen + 1);
      assert.equal(await instance(follower.id), undefined);
    });

    it('either removes an instance that beats at the same time, or lets its beat succeed', async () => {
      for (let round = 0; round < 20; round += 1) {
        const follower = await follow(current);
        const beat = (await instance(follower.id))?.beat ?? assert.fail();
        const position = follower.position();
        const [rows] = await Promise.all([journal().beat(follower.id, position), journal().leave(follower.id, beat)]);
        assert.equal((await instance(follower.id)) === undefined, rows === undefined);
      }
    });
  });

  describe('journal.note', () => {
    it('adds one row with these keys, and returns its position', async () => {
      const follower = await follow(current);
      const position = await journal().note(['a', 'b']);
      assert.deepEqual(await follower.poll(), [{ ...position, keys: ['a', 'b'] }]);
    });

    it('accepts 10,000 keys', async () => {
      const follower = await follow(current);
      const keys = Array.from({ length: 10_000 }, (_, index) => journalKeys.user(`user-${index}`));
      await journal().note(keys);
      assert.deepEqual((await follower.poll())[0]?.keys, keys);
    });

    it('refuses text that a database would alter, and adds no row', async () => {
      const follower = await follow(current);
      for (const key of ['a\0', '\ud800', 'a\udc00']) {
        const refused = { name: 'LatchkeyError', code: 'ERR_DIRECTORY_VALUE' };
        await assert.rejects(journal().note(['fine', key]), refused);
      }
      assert.deepEqual(await follower.poll(), []);
    });
  });

  describe('journal.prune', () => {
    /** Prunes until this position is deleted. Repeats, because a row of the current millisecond is not old yet. */
    async function pruneBefore(id: string, gone: Position): Promise<void> {
      do {
        await journal().prune(0);
      } while ((await journal().beat(id, gone)) !== undefined);
    }

    it('deletes no row younger than the given age', async () => {
      const follower = await follow(current);
      const start = follower.position();
      await journal().note(['a']);
      await journal().prune(3600);
      assert.equal((await journal().beat(follower.id, start))?.length, 1);
    });

    it('deletes older rows, except the newest of them, from which all later rows can be read', async () => {
      const follower = await follow(current);
      const start = follower.position();
      const last = await journal().note(['a']);
      await pruneBefore(follower.id, start);
      assert.deepEqual(await journal().beat(follower.id, last), []);
      const next = await journal().note(['b']);
      assert.equal(next.seq, last.seq + 1);
      assert.deepEqual(await journal().beat(follower.id, last), [{ ...next, keys: ['b'] }]);
      await provisioned(current(), 'ada');
      const { rows } = await journal().join(randomUUID(), 3000, 1000);
      assert.deepEqual(rows.map(place).slice(0, 2), [last, next]);
      assert(consecutive(rows));
    });

    it('never leaves a gap after an existing position, while others write', async () => {
      const follower = await follow(current);
      const place = follower.position();
      const work = atOnce<unknown>(60, (index) =>
        index % 3 === 0 ? journal().prune(0) : journal().note([`key-${index}`]),
      );
      let done = false;
      const ended = work.finally(() => {
        done = true;
      });
      while (!done) {
        const rows = await journal().beat(follower.id, place);
        assert(rows === undefined || (consecutive(rows) && (rows[0]?.seq ?? place.seq + 1) === place.seq + 1));
      }
      await ended;
      const { rows } = await journal().join(randomUUID(), 3000, 1000);
      assert(consecutive(rows));
      assert.equal(rows.at(-1)?.seq, place.seq + 41);
    });
  });
}
