// own-directory: the journal of changes, by which the caches of all processes know what they may still believe.
import { randomBytes } from 'node:crypto';
import { type Journal, type JournalRow, journalKeys, LatchkeyError, type Position } from 'latchkey';
import { type Database, limited, type Row, type Session } from './database.js';
import { isStorable, parsed, requireStorable } from './values.js';

/**
 * The position of the last change. Ask for it before what it is to go with: what is newer than its position costs a cache
 * nothing but another look, what is older would be believed for good. One statement that reads both is no way round:
 * InnoDB does not take its snapshot in one instant, and may show a change without the one before it.
 */
export async function head(session: Session): Promise<Position> {
  const [row] = await session.rows('SELECT seq, nonce FROM latchkey_journal_head');
  return positionOf(row);
}

/**
 * Adds a row for the change of this transaction, as its last statement: all changes wait for this lock, and whoever holds
 * it must not wait for anything else. It lasts until COMMIT, so rows are numbered in the order of the commits. (AUTO_INCREMENT
 * numbers them in the order of the INSERTs, and a row would come to light behind the back of whoever has read the next one.)
 */
export async function append(session: Session, keys: readonly string[]): Promise<Position> {
  // Not UPDATE alone: the lock that it leaves ends a moment before the change can be seen by everybody.
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
        // Locked, so that it is not pruned before the rows after it are read.
        const place = 'SELECT seq FROM latchkey_journal WHERE seq = ? AND nonce = ? LOCK IN SHARE MODE';
        if ((await session.rows(place, [after.seq, after.nonce])).length === 0) return undefined;
        const beat = 'UPDATE latchkey_instances SET beat = beat + 1, acknowledged = ? WHERE id = ?';
        if ((await session.write(beat, [after.seq, id])) === 0) return undefined;
        for (;;) {
          const since = 'SELECT seq, nonce, names FROM latchkey_journal WHERE seq > ? ORDER BY seq';
          const rows = (await session.rows(since, [after.seq])).map(rowOf);
          // A row without the one before it: that one is committed, and there in a moment.
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
      // Only ever a beginning, up to the first row that is not old. By the dates alone, a clock that was set back could have
      // a row deleted from the middle, and whoever stands before it would never hear of it.
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
