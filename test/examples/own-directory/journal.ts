// own-directory: the journal of changes, with which all processes check whether their cached values are still valid.
import { randomBytes } from 'node:crypto';
import { type Journal, type JournalRow, journalKeys, LatchkeyError, type Position } from 'latchkey';
import { type Database, limited, type Row, type Session } from './database.js';
import { isStorable, parsed, requireStorable } from './values.js';

/**
 * The position of the last change. Read it before the value that carries it: a value newer than its position only costs
 * the cache another read, but a cache would keep an older value forever. One statement that reads both does not help:
 * InnoDB does not take its snapshot in one moment, and may show a change without the one before it.
 */
export async function head(session: Session): Promise<Position> {
  const [row] = await session.rows('SELECT seq, nonce FROM latchkey_journal_head');
  return positionOf(row);
}

/**
 * Adds a row for the change of this transaction. Call it last: all changes wait for this lock, so a transaction that
 * holds it must not wait for anything else. The lock lasts until COMMIT, so rows are numbered in the order of commits.
 * (AUTO_INCREMENT numbers them in the order of the INSERTs, so that a row could appear after its successor was read.)
 */
export async function append(session: Session, keys: readonly string[]): Promise<Position> {
  // Not only UPDATE, because its lock ends shortly before all other sessions can see the change.
  const [last] = await session.rows('SELECT seq FROM latchkey_journal_head FOR UPDATE');
  if (last === undefined) throw headLost();
  const position = { seq: Number(last['seq']) + 1, nonce: randomBytes(16).toString('base64url') };
  const params = [position.seq, position.nonce];
  await session.write('UPDATE latchkey_journal_head SET seq = ?, nonce = ?', params);
  await session.write('INSERT INTO latchkey_journal (seq, nonce, names, at) VALUES (?, ?, ?, UTC_TIMESTAMP(3))', [
    ...params,
    JSON.stringify(keys),
  ]);
  return position;
}

/** The journal in MariaDB. */
export function journal(database: Database): Journal {
  return {
    join: (id, waitMilliseconds, count) =>
      database.transaction(async (session) => {
        const joined = await append(session, [journalKeys.joined]);
        await session.write(
          `INSERT INTO latchkey_instances (id, beat, acknowledged, wait_milliseconds) VALUES (?, 0, ?, ?)
          ON DUPLICATE KEY UPDATE beat = beat + 1, acknowledged = VALUES(acknowledged),
            wait_milliseconds = VALUES(wait_milliseconds)`,
          [id, joined.seq, waitMilliseconds],
        );
        const latest = `SELECT seq, nonce, names FROM latchkey_journal ORDER BY seq DESC ${limited(count)}`;
        const rows = (await session.rows(latest)).map(rowOf).reverse();
        const [named] = await session.rows('SELECT database_id FROM latchkey_journal_head');
        return { database: String(named?.['database_id']), rows };
      }),

    async beat(id, after) {
      if (!isStorable(id) || !isStorable(after.nonce) || !Number.isSafeInteger(after.seq)) return undefined;
      return database.transaction(async (session) => {
        // Locks the row, so that it is not pruned before the rows after it are read.
        const place = 'SELECT seq FROM latchkey_journal WHERE seq = ? AND nonce = ? LOCK IN SHARE MODE';
        if ((await session.rows(place, [after.seq, after.nonce])).length === 0) return undefined;
        const beat = 'UPDATE latchkey_instances SET beat = beat + 1, acknowledged = ? WHERE id = ?';
        if ((await session.write(beat, [after.seq, id])) === 0) return undefined;
        for (;;) {
          const since = 'SELECT seq, nonce, names FROM latchkey_journal WHERE seq > ? ORDER BY seq';
          const rows = (await session.rows(since, [after.seq])).map(rowOf);
          // If there is a gap, the missing row is already committed and will be visible soon.
          if (rows.every(({ seq }, index) => seq === after.seq + 1 + index)) return rows;
        }
      });
    },

    async instances() {
      const rows = await database.rows('SELECT id, beat, acknowledged, wait_milliseconds FROM latchkey_instances');
      return rows.map((row) => ({
        id: String(row['id']),
        beat: Number(row['beat']),
        acknowledged: Number(row['acknowledged']),
        waitMilliseconds: Number(row['wait_milliseconds']),
      }));
    },

    async leave(id, beat) {
      if (!isStorable(id)) return;
      await (beat === undefined
        ? database.write('DELETE FROM latchkey_instances WHERE id = ?', [id])
        : database.write('DELETE FROM latchkey_instances WHERE id = ? AND beat = ?', [id, beat]));
    },

    async note(keys) {
      requireStorable(keys);
      return database.transaction((session) => append(session, keys));
    },

    async prune(ageSeconds) {
      // Deletes only from the beginning, up to the first row that is not old. If only the dates decided, a clock that was
      // set back could delete a row from the middle, and an instance before that row would never read it.
      const [kept] = await database.rows(
        `SELECT COALESCE(
          (SELECT seq FROM latchkey_journal WHERE at >= UTC_TIMESTAMP(3) - INTERVAL ? SECOND ORDER BY seq LIMIT 1) - 1,
          (SELECT MAX(seq) FROM latchkey_journal)
        ) AS seq`,
        [ageSeconds],
      );
      await database.write('DELETE FROM latchkey_journal WHERE seq < ?', [Number(kept?.['seq'])]);
    },
  };
}

function rowOf(row: Row): JournalRow {
  return { ...positionOf(row), keys: parsed(row['names']) as readonly string[] };
}

function positionOf(row: Row | undefined): Position {
  if (row === undefined) throw headLost();
  return { seq: Number(row['seq']), nonce: String(row['nonce']) };
}

function headLost(): LatchkeyError {
  const detail = 'latchkey_journal_head is empty: insert the seq and nonce of the last row of latchkey_journal.';
  return new LatchkeyError('ERR_DIRECTORY_SCHEMA', { detail: `${detail} Then call invalidateAll().` });
}
