// The journal in SQLite and MySQL. Each change adds a row in the same transaction, and instances read the rows.
import { LatchkeyError } from '../../vocabulary/errors.js';
import {
  type Journal,
  type JournalInstance,
  type JournalRow,
  journalKeys,
  type Position,
} from '../../vocabulary/journal.js';
import { freshNonce, headLost } from '../journal-head.js';
import { isStorable, requireStorable } from '../storable-text.js';
import type { Dialect } from './dialect.js';
import { firstRow, rows, type SqlRow, type SqlSession, type Work, write } from './statement.js';
import { isAtMost, lengths, requireFitting } from './text-lengths.js';

/**
 * Reads the position of the latest row. Read the position before the value. If a value is newer than its position, a
 * cache has to read it once more. If a value were older than its position, a cache would never detect that it is
 * outdated. A single statement for both is not safe, because InnoDB does not take its snapshot atomically. InnoDB can
 * show a change without an earlier change.
 */
export function* head(): Work<Position> {
  const row = yield* firstRow('SELECT seq, nonce FROM latchkey_journal_head');
  if (row === undefined) throw headLost();
  return positionOf(row);
}

/**
 * Adds a journal row. Call this function at the end of the change's transaction, because all changes wait for the lock
 * on the head row. The lock lasts until COMMIT, so rows are numbered in the order of the commits.
 */
export function* append(dialect: Dialect, keys: readonly string[]): Work<Position> {
  // InnoDB releases the lock of an UPDATE slightly before all other transactions can see the change. InnoDB releases
  // the lock of a SELECT … FOR UPDATE only after the change is visible.
  const last = yield* firstRow(`SELECT seq FROM latchkey_journal_head${dialect.forUpdate}`);
  if (last === undefined) throw headLost();
  const position = { seq: Number(last['seq']) + 1, nonce: freshNonce() };
  const { seq, nonce } = position;
  yield* write('UPDATE latchkey_journal_head SET seq = ?, nonce = ?', [seq, nonce]);
  yield* write(`INSERT INTO latchkey_journal (seq, nonce, changed_keys, at) VALUES (?, ?, ?, ${dialect.now})`, [
    seq,
    nonce,
    JSON.stringify(keys),
  ]);
  return position;
}

// The maximum number of reads by `beat`. A second read is enough, unless an operator has deleted a row.
const attempts = 100;

/** The journal. */
export function sqlJournal(dialect: Dialect, session: SqlSession): Journal {
  function* join(
    id: string,
    waitMilliseconds: number,
    count: number,
  ): Work<{ readonly database: string; readonly rows: readonly JournalRow[] }> {
    const joined = yield* append(dialect, [journalKeys.joined]);
    const counted = yield* write(
      'UPDATE latchkey_instances SET beat = beat + 1, acknowledged = ?, wait_milliseconds = ? WHERE id = ?',
      [joined.seq, waitMilliseconds, id],
    );
    if (counted === 0) {
      yield* write('INSERT INTO latchkey_instances (id, beat, acknowledged, wait_milliseconds) VALUES (?, 0, ?, ?)', [
        id,
        joined.seq,
        waitMilliseconds,
      ]);
    }
    const latest = yield* rows('SELECT seq, nonce, changed_keys FROM latchkey_journal WHERE seq > ? ORDER BY seq', [
      joined.seq - count,
    ]);
    const named = yield* firstRow('SELECT database_id FROM latchkey_journal_head');
    return { database: String(named?.['database_id']), rows: latest.map(rowOf) };
  }

  function* beat(id: string, after: Position): Work<readonly JournalRow[] | undefined> {
    // The row is locked, so that `prune` does not delete it before the later rows are read.
    const place = yield* rows(`SELECT seq FROM latchkey_journal WHERE seq = ? AND nonce = ?${dialect.forShare}`, [
      after.seq,
      after.nonce,
    ]);
    if (place.length === 0) return undefined;
    const update = 'UPDATE latchkey_instances SET beat = beat + 1, acknowledged = ? WHERE id = ?';
    if ((yield* write(update, [after.seq, id])) === 0) return undefined;
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const statement = 'SELECT seq, nonce, changed_keys FROM latchkey_journal WHERE seq > ? ORDER BY seq';
      const found = (yield* rows(statement, [after.seq])).map(rowOf);
      // InnoDB can show a row without an earlier row. The earlier row is committed, so the next statement shows it.
      if (found.every(({ seq }, index) => seq === after.seq + 1 + index)) return found;
    }
    throw new LatchkeyError('ERR_DIRECTORY_SCHEMA', {
      detail: 'A row in the middle of latchkey_journal is missing. Call invalidateAll().',
    });
  }

  function* prune(ageSeconds: number): Work<void> {
    // Deletes only rows before the first row that must be kept. If a row in the middle were deleted, an instance at an
    // earlier position would miss that change. A condition on the time alone could delete such a row if the clock was
    // set back.
    const young = yield* firstRow(
      `SELECT seq FROM latchkey_journal WHERE at >= ${dialect.now} - ? ORDER BY seq LIMIT 1`,
      [Math.ceil(ageSeconds * 1000)],
    );
    const last = yield* firstRow('SELECT MAX(seq) AS seq FROM latchkey_journal');
    const kept = young === undefined ? Number(last?.['seq']) : Number(young['seq']) - 1;
    yield* write('DELETE FROM latchkey_journal WHERE seq < ?', [kept]);
  }

  return {
    async join(id, waitMilliseconds, count) {
      requireFitting('label', id);
      return session.change(() => join(id, waitMilliseconds, count));
    },

    async beat(id, after): Promise<readonly JournalRow[] | undefined> {
      if (![id, after.nonce].every(isStorable) || !isAtMost(id, lengths.label) || !Number.isSafeInteger(after.seq)) {
        return undefined;
      }
      return session.change(() => beat(id, after));
    },

    async instances(): Promise<readonly JournalInstance[]> {
      const found = await session.read(() =>
        rows('SELECT id, beat, acknowledged, wait_milliseconds FROM latchkey_instances'),
      );
      return found.map((row) => ({
        id: String(row['id']),
        beat: Number(row['beat']),
        acknowledged: Number(row['acknowledged']),
        waitMilliseconds: Number(row['wait_milliseconds']),
      }));
    },

    async leave(id, beat): Promise<void> {
      if (!isStorable(id)) return;
      const only = beat === undefined ? { text: '', params: [] } : { text: ' AND beat = ?', params: [beat] };
      await session.change(() =>
        write(`DELETE FROM latchkey_instances WHERE id = ?${only.text}`, [id, ...only.params]),
      );
    },

    async note(keys): Promise<Position> {
      requireStorable(keys);
      return session.change(() => append(dialect, keys));
    },

    async prune(ageSeconds): Promise<void> {
      await session.change(() => prune(ageSeconds));
    },
  };
}

function positionOf(row: SqlRow): Position {
  return { seq: Number(row['seq']), nonce: String(row['nonce']) };
}

// Keys keep their order, but sets of groups and roles are sorted.
function rowOf(row: SqlRow): JournalRow {
  return { ...positionOf(row), keys: JSON.parse(String(row['changed_keys'])) as string[] };
}
