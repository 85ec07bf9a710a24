// Renames and merges users in the Postgres directory.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { UserChangeContext } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { UserRow } from '../../vocabulary/types.js';
import { requireStorableActor, requireUser } from '../audit-diff.js';
import { formerSubjectsOf, mergedUser, renameNotes } from '../merged-user.js';
import { isStorable, requireStorable } from '../storable-text.js';
import { writeAudit } from './audit-queries.js';
import { append } from './journal-queries.js';
import { isDuplicate, type Run, type Sql } from './pool.js';
import { lockMapping, requireHolder } from './role-guard.js';
import { userColumns, userOf } from './rows.js';

const columns = userColumns.join(', ');

/**
 * Creates the methods that rename and merge users. Each rename or merge first locks the mapping, so that only one of
 * them runs at a time.
 */
export function sqlRenames({
  run,
  transaction,
}: Sql): Required<Pick<Directory, 'findSpellings' | 'renameUser' | 'mergeUsers'>> {
  return {
    async findSpellings(subject) {
      if (!isStorable(subject)) {
        return [];
      }
      const statement = `SELECT ${columns} FROM latchkey_users WHERE lower(subject) = $1::text ORDER BY subject`;
      return (await run(statement, [subject])).map(userOf);
    },

    async renameUser(from, to, context = {}) {
      requireStorable(to);
      requireStorableActor(context);
      if (!isStorable(from)) {
        requireUser(context, undefined);
        return undefined;
      }
      try {
        return await transaction((run) => rename(run, from, to, context));
      } catch (error) {
        throw isDuplicate(error) ? new LatchkeyError('ERR_SUBJECT_TAKEN') : error;
      }
    },

    async mergeUsers(from, to, context = {}) {
      requireStorableActor(context);
      if (![from, to].every(isStorable)) {
        if (!isStorable(from)) {
          requireUser(context, undefined);
        }
        return undefined;
      }
      return transaction((run) => merge(run, from, to, context));
    },
  };
}

async function lock(run: Run, subject: string): Promise<UserRow | undefined> {
  const statement = `SELECT ${columns} FROM latchkey_users WHERE subject = $1::text FOR UPDATE`;
  const [row] = await run(statement, [subject]);
  return row && userOf(row);
}

async function rename(run: Run, from: string, to: string, context: UserChangeContext): Promise<UserRow | undefined> {
  await lockMapping(run);
  const present = await lock(run, from);
  requireUser(context, present);
  if (present === undefined || from === to) {
    return present;
  }
  const [row] = await run(
    `UPDATE latchkey_users SET subject = $2::text, former_subjects = $3::text[], version = version + 1, updated_at = now()
    WHERE id = $1::uuid RETURNING ${columns}`,
    [present.id, to, formerSubjectsOf(to, present)],
  );
  await finish(run, context, 'user.renamed', from, to);
  return row && userOf(row);
}

async function merge(run: Run, from: string, to: string, context: UserChangeContext): Promise<UserRow | undefined> {
  await lockMapping(run);
  const one = await lock(run, from);
  requireUser(context, one);
  const other = await lock(run, to);
  if (one === undefined || other === undefined || from === to) {
    return from === to ? one : undefined;
  }
  const next = mergedUser(one, other);
  await run('UPDATE latchkey_devices SET user_id = $2::uuid WHERE user_id = $1::uuid', [one.id, other.id]);
  await run('DELETE FROM latchkey_users WHERE id = $1::uuid', [one.id]);
  const [row] = await run(
    `UPDATE latchkey_users SET granted_roles = $2::text[], disabled = $3::boolean, pending = $4::boolean,
      last_asserted_at = $5::timestamptz, host_user_id = $6::text, former_subjects = $7::text[], version = version + 1,
      updated_at = now()
    WHERE id = $1::uuid RETURNING ${columns}`,
    [
      other.id,
      next.grantedRoles,
      next.disabled,
      next.pending,
      next.lastAssertedAt?.toISOString() ?? null,
      next.hostUserId ?? null,
      next.formerSubjects,
    ],
  );
  if (context.keeping !== undefined) {
    await requireHolder(run, context.keeping, [one, other]);
  }
  await finish(run, context, 'user.merged', from, to);
  return row && userOf(row);
}

async function finish(
  run: Run,
  context: UserChangeContext,
  action: 'user.renamed' | 'user.merged',
  from: string,
  to: string,
): Promise<void> {
  for (const note of renameNotes(action, from, to)) {
    await writeAudit(run, context, note);
  }
  await append(run, [journalKeys.user(from), journalKeys.user(to)]);
}
