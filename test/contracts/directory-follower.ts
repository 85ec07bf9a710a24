// Who follows the journal of a directory under test.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { Journal, JournalRow, Position } from '../../src/vocabulary/journal.js';
import type { CurrentDirectory } from './directory-harness.js';

/** An instance that has joined, and all that it has read since. */
export interface Follower {
  readonly id: string;
  /** Beats once; the rows that are new since. Fails where one is missing before another. */
  poll(): Promise<readonly JournalRow[]>;
  /** All rows since it joined. */
  readonly rows: readonly JournalRow[];
  /** The last row that it knows. */
  position(): Position;
}

/** The journal of the directory of the test that runs. */
export function journalOf(current: CurrentDirectory): Journal {
  return current().journal ?? assert.fail('see DirectoryHarness.withoutJournal');
}

/** Joins. */
export async function follow(current: CurrentDirectory): Promise<Follower> {
  const id = randomUUID();
  const joined = await journalOf(current).join(id, 3000, 1);
  let position: Position = joined.rows.at(-1) ?? assert.fail('a join gives its own row');
  const rows: JournalRow[] = [];
  return {
    id,
    rows,
    position: () => position,
    async poll() {
      const more = await journalOf(current).beat(id, position);
      assert(more !== undefined, 'the instance and its place are there');
      for (const row of more) {
        assert.equal(row.seq, position.seq + 1);
        position = { seq: row.seq, nonce: row.nonce };
        rows.push(row);
      }
      return more;
    },
  };
}

/** Follows while the work goes on, without a pause, and once after it. */
export async function followed(follower: Follower, work: Promise<unknown>): Promise<void> {
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  ended.catch(() => {});
  while (!done) {
    await follower.poll();
  }
  await ended;
  await follower.poll();
}
