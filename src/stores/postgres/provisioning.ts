// Provisioning in the Postgres directory. Creates and updates users from assertions, with one statement for a batch of
// logins.
import { randomUUID } from 'node:crypto';
import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys, type Positioned } from '../../vocabulary/journal.js';
import type { CreateMode, Provisioned } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Assertion } from '../../vocabulary/types.js';
import { inBatches } from '../batches.js';
import { freshNonce } from '../journal-head.js';
import { requireStorable, sortedSet } from '../storable-text.js';
import { headColumns, joinHead, journalled, positionOf } from './journal-queries.js';
import { type Sql, type SqlRow, sqlState } from './pool.js';
import { userColumns, userOf } from './rows.js';

const columns = userColumns.join(', ');
const columnsOfUser = userColumns.map((column) => `u.${column}`).join(', ');

const wanted = 'coalesce(a.display_name, u.display_name), coalesce(a.email, u.email), coalesce(a.groups, u.groups)';
const differs = `u.auth_method = 'proxy' AND (u.display_name, u.email, u.groups) IS DISTINCT FROM (${wanted})`;
const assertedUsers = 'asserted a JOIN latchkey_users u ON u.subject = a.subject';

/*
 * One statement compares and writes. `current` is the row in the snapshot of the statement. `updated` writes the row
 * only if it differs from the assertion. If the row does not differ, the statement writes and locks nothing: no new row
 * version, no transaction id, no WAL. (`ON CONFLICT … DO UPDATE … WHERE` would lock the row, which is a write.)
 * `locked` waits for a concurrent change and then reads the row after that change. If that row no longer differs, the
 * snapshot is outdated. The outcome is then `raced`, and the statement runs again.
 *
 * `created` inserts users after `updated` has run, in the order of their subjects, so that two statements cannot
 * deadlock.
 *
 * An updated user has the position of the new journal row. An unchanged user has the position of the head `h`, which
 * comes from the same snapshot. A created user has the position of `h` too, although the user is newer than `h`. That
 * is safe, because only a value that is older than its position could be mistaken for a current value.
 */
const statementWith = (lock: string): string => `WITH asserted AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($1::text::jsonb)
      AS a (subject text, display_name text, email text, groups text[], creation text, id uuid)
  ), current AS (
    SELECT ${columnsOfUser}, (${differs}) AS differs FROM ${assertedUsers}
  ), locked AS (
    SELECT u.id FROM ${assertedUsers} WHERE ${differs} ORDER BY u.id FOR NO KEY UPDATE OF u ${lock}
  ), updated AS (
    UPDATE latchkey_users u SET (display_name, email, groups) = ROW (${wanted}), version = version + 1, updated_at = now()
    FROM locked, asserted a WHERE u.id = locked.id AND a.subject = u.subject
    RETURNING ${columnsOfUser}
  ), created AS (
    INSERT INTO latchkey_users (id, subject, auth_method, display_name, email, groups, pending)
    SELECT a.id, a.subject, 'proxy', a.display_name, a.email, coalesce(a.groups, '{}'), a.creation = 'pending'
    FROM asserted a, (SELECT count(*) FROM updated) AS first
    WHERE a.creation <> 'never' AND NOT EXISTS (SELECT FROM current WHERE current.subject = a.subject)
    ORDER BY a.subject
    ON CONFLICT (subject) DO NOTHING
    RETURNING ${columns}
  ), ${journalled(
    `SELECT array_agg('${journalKeys.user('')}' || subject ORDER BY subject) AS keys
    FROM updated, (SELECT count(*) FROM created) AS made HAVING count(*) > 0`,
    '$2',
  )}
  SELECT 'updated' AS outcome, ${columns}, head.seq AS head_seq, head.nonce AS head_nonce FROM updated CROSS JOIN head
  UNION ALL
  SELECT CASE WHEN differs THEN 'raced' ELSE 'unchanged' END, ${columns}, ${headColumns} FROM current ${joinHead}
  WHERE NOT EXISTS (SELECT FROM updated WHERE updated.id = current.id)
  UNION ALL
  SELECT 'created', ${columns}, ${headColumns} FROM created ${joinHead}`;

const waiting = statementWith('');
const passingOver = statementWith('SKIP LOCKED');

interface Asked {
  readonly subject: string;
  readonly display_name: string | undefined;
  readonly email: string | undefined;
  readonly groups: readonly string[] | undefined;
  readonly creation: CreateMode;
  readonly id: string;
}

type Outcome = Positioned<Provisioned>;

// The maximum number of attempts. This maximum is reached only if a row exists but is invisible, for example because of
// a row-level security policy.
const attempts = 100;

/**
 * Creates the method `provision`. Because of the lock on the journal's head, changes commit one at a time. So
 * concurrent logins share one statement and one journal row. The shared statement skips rows that another transaction
 * has locked, so that no login waits for the row of another user. Skipped logins then run one by one.
 */
export function sqlProvisioning({ run }: Sql): Pick<Directory, 'provision'> {
  async function ask(statement: string, asked: readonly Asked[]): Promise<readonly (Outcome | undefined)[]> {
    const rows = await run(statement, [JSON.stringify(asked), freshNonce()]);
    const bySubject = new Map(rows.map((row) => [String(row['subject']), row]));
    return asked.map(({ subject, creation }) => outcomeOf(bySubject.get(subject), creation));
  }

  /**
   * Repeats the statement until no concurrent change interferes. A retry is necessary only if a concurrent change was
   * committed in the meantime.
   */
  async function alone(asked: Asked): Promise<Outcome> {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const [outcome] = await ask(waiting, [asked]);
      if (outcome !== undefined) {
        return outcome;
      }
    }
    throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE', { detail: 'The row kept changing while it was read.' });
  }

  const together = inBatches(
    { underWay: 2, size: 100, keyOf: ({ subject }: Asked) => subject },
    async (asked): Promise<readonly (Outcome | undefined)[]> => {
      try {
        return await ask(passingOver, asked);
      } catch (error) {
        if (asked.length > 1 && wasRefused(error)) {
          return asked.map(() => undefined);
        }
        throw error;
      }
    },
  );

  return {
    async provision(assertion: Assertion, create: CreateMode): Promise<Outcome> {
      const { subject, displayName, email, groups } = assertion;
      requireStorable(subject, displayName, email, groups);
      const asked: Asked = {
        subject,
        display_name: displayName,
        email,
        groups: groups && sortedSet(groups),
        creation: create,
        id: randomUUID(),
      };
      return (await together(asked)) ?? alone(asked);
    },
  };
}

/** Returns `undefined` if the statement must run again. */
function outcomeOf(row: SqlRow | undefined, creation: CreateMode): Outcome | undefined {
  if (row === undefined) {
    // If the statement may create a row but returns none, a concurrent statement has created the row, and the snapshot
    // of this statement does not contain it.
    return creation === 'never' ? { outcome: 'absent' } : undefined;
  }
  const outcome = row['outcome'] as 'created' | 'updated' | 'unchanged' | 'raced';
  return outcome === 'raced' ? undefined : { outcome, user: userOf(row), position: positionOf(row) };
}

/** Returns `true` if the server refused the statement itself, perhaps because of a single login in the batch. */
function wasRefused(error: unknown): boolean {
  const state = error instanceof LatchkeyError ? sqlState(error.cause) : undefined;
  // Errors in the classes 08, 53, 57 and 58 (connection, resources, operator, system) do not depend on the statement,
  // so separate statements would fail, too.
  return state !== undefined && !/^(08|53|57|58)/.test(state);
}
