// The journal of the SQL directory: rows that the changes' own statements and transactions add, and who follows them.
import { randomBytes } from 'node:crypto';
import { LatchkeyError } from '../../vocabulary/errors.js';
import {
  type Journal,
  type JournalInstance,
  type JournalRow,
  journalKeys,
  type Position,
} from '../../vocabulary/journal.js';
import { isStorable, requireStorable } from '../storable-text.js';
import type { Run, Sql, SqlRow } from './pool.js';

/**
 * To be joined to what a statement reads: the head `h`, as of the statement's own snapshot. LIMIT tells the planner that
 * it is one row: it takes a table that was never analyzed for thousands, and compiles what it finds costly (JIT).
 */
export const joinHead = 'LEFT JOIN (SELECT seq, nonce FROM latchkey_journal_head LIMIT 1) h ON true';

/** The columns of the head `h`, under names that no other table has. */
export const headColumns = 'h.seq AS head_seq, h.nonce AS head_nonce';

/** The position in a row with `headColumns`. */
export function positionOf(row: SqlRow): Position {
  if (row['head_seq'] === null) {
    throw headLost();
  }
  return { seq: Number(row['head_seq']), nonce: String(row['head_nonce']) };
}

/**
 * A nonce for one row. Not made by the database: one that goes on from a snapshot of its memory could make the same
 * ones again, and a nonce must tell what came before the snapshot from what comes after it.
 */
export function freshNonce(): string {
  return randomBytes(16).toString('base64url');
}

/**
 * CTEs that add a row: `touched` with the keys, `head` with the row's `seq` and `nonce`, and the row itself.
 *
 * The head is updated from `touched`, so nothing is locked where nothing changed, and every other lock of the statement
 * is held by then. That lock lasts until COMMIT: rows are numbered in the order of the commits. Whoever waited for it
 * goes on from the head that the one before left (READ COMMITTED). Without a head there is no `seq`, which the journal
 * refuses: a change is never without its row.
 * @param touched a SELECT of one `keys`, or of no row where nothing changed
 * @param nonce the parameter that holds `freshNonce()`
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

/** Adds a row; as the last statement of the transaction of the change that it is about. */
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

/* One snapshot: where the place is there, so are all rows after it, because only a beginning of the journal is ever deleted. */
const beatStatement = `WITH beaten AS (
    UPDATE latchkey_instances i SET beat = i.beat + 1, acknowledged = place.seq
    FROM latchkey_journal place WHERE i.id = $1::text AND place.seq = $2::bigint AND place.nonce = $3::text
    RETURNING i.id
  )
  SELECT j.seq, j.nonce, j.keys FROM beaten LEFT JOIN latchkey_journal j ON j.seq > $2::bigint ORDER BY j.seq`;

/*
 * Only ever a beginning, up to the first row that is not old: were a row missing in the middle, whoever stands before it
 * would never hear of it. By the clock alone that could be, when the clock is set back.
 */
const pruneStatement = `DELETE FROM latchkey_journal WHERE seq < coalesce(
    (SELECT seq FROM latchkey_journal WHERE at >= clock_timestamp() - make_interval(secs => $1::double precision)
      ORDER BY seq LIMIT 1),
    (SELECT max(seq) + 1 FROM latchkey_journal)
  ) - 1`;

/** The journal in SQL. */
export function sqlJournal({ run, transaction }: Sql): Journal {
  return {
    async join(
      id,
      waitMilliseconds,
      rows,
    ): Promise<{ readonly database: string; readonly rows: readonly JournalRow[] }> {
      requireStorable(id);
      return transaction(async (own) => {
        // What is many is read before the head is locked, for everybody's changes wait for that lock.
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

function headLost(): LatchkeyError {
  const detail = 'latchkey_journal_head is empty: insert the seq and nonce of the last row of latchkey_journal.';
  return new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail: `${detail} Then call invalidateAll().` });
}
