// Creates, changes and deletes users in the Postgres directory on behalf of administrators.
import { randomUUID } from 'node:crypto';
import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { ChangeContext, NewUser, UserChange, UserChangeContext } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { UserRow } from '../../vocabulary/types.js';
import { changed, existenceOf, isUser, requireStorableActor, requireUser, userChanges } from '../audit-diff.js';
import { freshNonce } from '../journal-head.js';
import { isStorable, requireStorable, sortedSet } from '../storable-text.js';
import { actorParams, writeAudit } from './audit-queries.js';
import { append, journalled } from './journal-queries.js';
import type { Run, Sql, SqlRow } from './pool.js';
import { guarded } from './role-guard.js';
import { userColumns, userOf } from './rows.js';

const columns = userColumns.join(', ');

/*
 * Matches the row only if the row has not changed since it was read. Every change by Latchkey increments the version.
 * The other columns detect an UPDATE by the host itself, which might not increment the version. Because of this
 * condition, a change needs no lock between its read and its write.
 */
const asSeen = `subject = $1::text AND id = $2::uuid AND version = $3::integer AND disabled = $4::boolean
  AND pending = $5::boolean AND auth_method = $6::text AND granted_roles @> $7::text[] AND granted_roles <@ $7::text[]`;

const seenParams = (seen: UserRow): readonly unknown[] => [
  seen.subject,
  seen.id,
  seen.version,
  seen.disabled,
  seen.pending,
  seen.authMethod,
  seen.grantedRoles,
];

const entryOf = (rows: string): string => `INSERT INTO latchkey_audit (actor, address, action, subject, changes)
  SELECT $8::text, $9::text, $10::text, subject, $11::text::jsonb FROM ${rows}`;

const updateStatement = `WITH updated AS (
    UPDATE latchkey_users SET disabled = $12::boolean, pending = $13::boolean, auth_method = $14::text,
      granted_roles = $15::text[], version = version + 1, updated_at = now()
    WHERE ${asSeen} RETURNING ${columns}
  ), entry AS (${entryOf('updated')}),
  ${journalled('SELECT ARRAY[$16::text] AS keys FROM updated', '$17')}
  SELECT ${columns} FROM updated`;

const deleteStatement = `WITH deleted AS (DELETE FROM latchkey_users WHERE ${asSeen} RETURNING subject),
  entry AS (${entryOf('deleted')}) SELECT subject FROM deleted`;

const attempts = 100;

/** Creates the methods that create, change and delete users. */
export function sqlUserChanges(sql: Sql): Pick<Directory, 'createUser' | 'updateUser' | 'deleteUser'> {
  const { run, transaction } = sql;
  return {
    async createUser(user: NewUser, context: ChangeContext = {}): Promise<UserRow> {
      const { subject, authMethod, displayName, email, grantedRoles } = user;
      requireStorable(subject, displayName, email, grantedRoles);
      requireStorableActor(context);
      return transaction(async (own) => {
        const [row] = await own(
          `INSERT INTO latchkey_users (id, subject, auth_method, display_name, email, granted_roles)
          VALUES ($1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text[])
          ON CONFLICT (subject) DO NOTHING RETURNING ${columns}`,
          [randomUUID(), subject, authMethod, displayName ?? null, email ?? null, sortedSet(grantedRoles ?? [])],
        );
        if (row === undefined) {
          throw new LatchkeyError('ERR_SUBJECT_TAKEN');
        }
        const created = userOf(row);
        await writeAudit(own, context, existenceOf(created, 'user.created'));
        return created;
      });
    },

    async updateUser(
      subject: string,
      change: UserChange,
      context: UserChangeContext = {},
    ): Promise<UserRow | undefined> {
      requireStorable(change.addRoles, change.removeRoles);
      requireStorableActor(context);
      if (!isStorable(subject)) {
        requireUser(context, undefined);
        return undefined;
      }
      return meeting(subject, context, async (seen, fresh) => {
        if (seen === undefined) {
          return { result: undefined };
        }
        const next = changed(seen, change);
        const changes = userChanges(seen, next);
        // A call that changes nothing must not take a lock, because a lock is a write.
        if (Object.keys(changes).length === 0) {
          return fresh ? { result: seen } : undefined;
        }
        const params = [
          ...seenParams(seen),
          ...actorParams(context),
          'user.changed',
          JSON.stringify(changes),
          ...[next.disabled, next.pending, next.authMethod, next.grantedRoles],
          ...[journalKeys.user(subject), freshNonce()],
        ];
        const write = async (own: Run): Promise<SqlRow | undefined> => (await own(updateStatement, params))[0];
        const row = unmakes(seen, next, context)
          ? await guarded(sql, context.keeping, async (own, lets) => (await lets({ user: seen, next })) ?? write(own))
          : await write(run);
        return row && { result: userOf(row) };
      });
    },

    async deleteUser(subject: string, context: UserChangeContext = {}): Promise<boolean> {
      requireStorableActor(context);
      if (!isStorable(subject)) {
        requireUser(context, undefined);
        return false;
      }
      return meeting(subject, context, async (seen) => {
        if (seen === undefined) {
          return { result: false };
        }
        const { action, changes } = existenceOf(seen, 'user.deleted');
        const params = [...seenParams(seen), ...actorParams(context), action, JSON.stringify(changes)];
        const deleted = await guarded(sql, context.keeping, async (own, lets) => {
          const again = await lets({ user: seen });
          if (again !== undefined) {
            return again;
          }
          const rows = await own(deleteStatement, params);
          if (rows.length > 0) {
            // A separate statement adds the journal row, because the DELETE deletes the devices only at its end. If the
            // DELETE locked the journal's head earlier, it could deadlock with a device change that waits for the head.
            await append(own, [journalKeys.user(subject)]);
          }
          return rows.length > 0;
        });
        return deleted ? { result: true } : undefined;
      });
    },
  };

  /**
   * Reads the row and changes it. If the row was changed after the read, `change` returns `undefined` and is called
   * again. The row in `context.current` is used only for a change that writes, because only the write checks that the
   * row has not changed.
   */
  async function meeting<T>(
    subject: string,
    context: UserChangeContext,
    change: (seen: UserRow | undefined, fresh: boolean) => Promise<{ readonly result: T } | undefined>,
  ): Promise<T> {
    const { current: given } = context;
    const hinted = given?.subject === subject && isUser(context, given) ? await change(given, false) : undefined;
    if (hinted !== undefined) {
      return hinted.result;
    }
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const seen = await find(subject);
      requireUser(context, seen);
      const outcome = await change(seen, true);
      if (outcome !== undefined) {
        return outcome.result;
      }
    }
    throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE', { detail: 'The row kept changing while it was read.' });
  }

  async function find(subject: string): Promise<UserRow | undefined> {
    const [row] = await run(`SELECT ${columns} FROM latchkey_users WHERE subject = $1::text`, [subject]);
    return row && userOf(row);
  }
}

/** Returns `true` if the change can take the guarded role from the user. Only such a change needs the guard. */
function unmakes(
  seen: UserRow,
  next: Pick<UserRow, 'authMethod' | 'disabled' | 'pending' | 'grantedRoles'>,
  { keeping }: ChangeContext,
): boolean {
  return (
    keeping !== undefined &&
    ((next.disabled && !seen.disabled) ||
      (next.pending && !seen.pending) ||
      (next.authMethod === 'local' && seen.authMethod === 'proxy') ||
      (seen.grantedRoles.includes(keeping.role) && !next.grantedRoles.includes(keeping.role)))
  );
}
