// An instance that follows the journal of the directory under test.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { Journal, JournalRow, Position } from '../../src/vocabulary/journal.js';
import type { CurrentDirectory } from './directory-harness.js';

/** An instance that has joined, with all rows that it has read since. */
export interface Follower {
  readonly id: string;
  /** Beats once, and returns the new rows. Fails if there is a gap between rows. */
  poll(): Promise<readonly JournalRow[]>;
  /** All rows since it joined. */
  readonly rows: readonly JournalRow[];
  /** The position of the last row that it has read. */
  position(): Position;
}

/** The journal of the current test's directory. */
export function journalOf(current: CurrentDirectory): Journal {
  return current().journal ?? assert.fail('see DirectoryHarness.withoutJournal');
}

/** Joins the journal as a new instance. */
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

/** Polls without a pause until the work ends, and once more after it. */
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
