// The journal of the Postgres directory. Each change adds a journal row in the same transaction, and instances read
// these rows.
import {
  type Journal,
  type JournalInstance,
  type JournalRow,
  journalKeys,
  type Position,
} from '../../vocabulary/journal.js';
import { freshNonce, headLost } from '../journal-head.js';
import { isStorable, requireStorable } from '../storable-text.js';
import type { Run, Sql, SqlRow } from './pool.js';

/**
 * Joins the journal's head to a statement as `h`, in the same snapshot. The head contains the `seq` and the nonce of
 * the journal's latest row. LIMIT tells the planner that the table has one row. Without LIMIT, the planner would assume
 * thousands of rows in a table that was never analyzed, and would start JIT compilation.
 */
export const joinHead = 'LEFT JOIN (SELECT seq, nonce FROM latchkey_journal_head LIMIT 1) h ON true';

/** The columns of the head `h`, under names that no other table uses. */
export const headColumns = 'h.seq AS head_seq, h.nonce AS head_nonce';

/** Reads the position from a row with `headColumns`. */
export function positionOf(row: SqlRow): Position {
  if (row['head_seq'] === null) {
    throw headLost();
  }
  return { seq: Number(row['head_seq']), nonce: String(row['head_nonce']) };
}

/**
 * Returns the CTEs that add a row to the journal. `touched` contains the keys, `head` contains the new `seq` and
 * `nonce`, and `journalled` inserts the row.
 *
 * The head is updated from `touched`. So a statement that changes nothing locks nothing, and every other statement
 * locks the head last. The head stays locked until COMMIT, so rows are numbered in the order of the commits. At READ
 * COMMITTED, a statement that waited for the lock continues from the new head. If the head is missing, `seq` is null
 * and the INSERT fails, so no change is committed without its journal row.
 * @param touched A SELECT that returns one row with `keys`, or no row if nothing changed.
 * @param nonce The placeholder of the parameter that holds `freshNonce()`.
 */
export function journalled(touched: string, nonce: string): string {
  return `touched AS (${touched}), head AS (
    UPDATE latchkey_journal_head h SET seq = h.seq + 1, nonce = ${nonce}::text FROM touched RETURNING h.database, h.seq, h.nonce
  ), journalled AS (
    INSERT INTO latchkey_journal (seq, nonce, keys) SELECT head.seq, head.nonce, touched.keys FROM touched LEFT JOIN head ON true
  )`;
}

const appendStatement = `WITH ${journalled('SELECT $1::text[] AS keys', '$2')}
  SELECT seq AS head_seq, nonce AS head_nonce FROM head`;

/** Adds a journal row. Call this function as the last statement in the transaction of the change. */
export async function append(run: Run, keys: readonly string[]): Promise<Position> {
  const [row] = await run(appendStatement, [keys, freshNonce()]);
  if (row === undefined) {
    throw headLost();
  }
  return positionOf(row);
}

const joinStatement = `WITH ${journalled('SELECT $1::text[] AS keys', '$2')}, registered AS (
    INSERT INTO latchkey_instances (id, beat, acknowledged, wait_milliseconds)
    SELECT $3::text, 0, head.seq, $4::integer FROM head
    ON CONFLICT (id) DO UPDATE SET beat = latchkey_instances.beat + 1, acknowledged = excluded.acknowledged,
      wait_milliseconds = excluded.wait_milliseconds
  )
  SELECT database FROM head`;

/**
 * Reads the journal rows after a position, in one snapshot. If the row at the position exists, all rows after it exist
 * as well, because only the oldest rows are ever deleted.
 */
const beatStatement = `WITH beaten AS (
    UPDATE latchkey_instances i SET beat = i.beat + 1, acknowledged = place.seq
    FROM latchkey_journal place WHERE i.id = $1::text AND place.seq = $2::bigint AND place.nonce = $3::text
    RETURNING i.id
  )
  SELECT j.seq, j.nonce, j.keys FROM beaten LEFT JOIN latchkey_journal j ON j.seq > $2::bigint ORDER BY j.seq`;

/*
 * Deletes only rows before the first row that must be kept. If a row in the middle were deleted, an instance at an
 * earlier position would miss that change. A condition on the time alone could delete such a row if the clock was set
 * back.
 */
const pruneStatement = `DELETE FROM latchkey_journal WHERE seq < coalesce(
    (SELECT seq FROM latchkey_journal WHERE at >= clock_timestamp() - make_interval(secs => $1::double precision)
      ORDER BY seq LIMIT 1),
    (SELECT max(seq) + 1 FROM latchkey_journal)
  ) - 1`;

/** Creates the methods of the journal. */
export function sqlJournal({ run, transaction }: Sql): Journal {
  return {
    async join(
      id,
      waitMilliseconds,
      rows,
    ): Promise<{ readonly database: string; readonly rows: readonly JournalRow[] }> {
      requireStorable(id);
      return transaction(async (own) => {
        // Most rows are read before the head is locked, because other changes must wait while the head is locked.
        const latest = await own('SELECT seq, nonce, keys FROM latchkey_journal ORDER BY seq DESC LIMIT $1::integer', [
          rows,
        ]);
        const [joined] = await own(joinStatement, [[journalKeys.joined], freshNonce(), id, waitMilliseconds]);
        if (joined === undefined) {
          throw headLost();
        }
        const since = await own(
          'SELECT seq, nonce, keys FROM latchkey_journal WHERE $1::bigint IS NULL OR seq > $1::bigint ORDER BY seq',
          [latest[0]?.['seq'] ?? null],
        );
        return {
          database: String(joined['database']),
          rows: [...latest.toReversed(), ...since].map(rowOf).slice(-rows),
        };
      });
    },

    async beat(id, after): Promise<readonly JournalRow[] | undefined> {
      if (![id, after.nonce].every(isStorable) || !Number.isSafeInteger(after.seq)) {
        return undefined;
      }
      const found = await run(beatStatement, [id, after.seq, after.nonce]);
      return found.length === 0 ? undefined : found.filter((row) => row['seq'] !== null).map(rowOf);
    },

    async instances(): Promise<readonly JournalInstance[]> {
      const found = await run('SELECT id, beat, acknowledged, wait_milliseconds FROM latchkey_instances');
      return found.map((row) => ({
        id: String(row['id']),
        beat: Number(row['beat']),
        acknowledged: Number(row['acknowledged']),
        waitMilliseconds: Number(row['wait_milliseconds']),
      }));
    },

    async leave(id, beat): Promise<void> {
      if (isStorable(id)) {
        await run('DELETE FROM latchkey_instances WHERE id = $1::text AND ($2::bigint IS NULL OR beat = $2::bigint)', [
          id,
          beat ?? null,
        ]);
      }
    },

    async note(keys): Promise<Position> {
      requireStorable(keys);
      return append(run, keys);
    },

    async prune(ageSeconds): Promise<void> {
      await run(pruneStatement, [ageSeconds]);
    },
  };
}

function rowOf(row: SqlRow): JournalRow {
  return { seq: Number(row['seq']), nonce: String(row['nonce']), keys: row['keys'] as string[] };
}
