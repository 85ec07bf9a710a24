// stores/ - users of the SQL directory as people change them: made, changed and removed, each in one transaction.
import { randomUUID } from 'node:crypto';
import type { ChangeContext, NewUser, UserChange, UserChangeContext } from '../directory-values.js';
import { LatchkeyError } from '../errors.js';
import { journalKeys } from '../journal.js';
import type { Directory } from '../ports.js';
import type { UserRow } from '../types.js';
import { changed, existenceOf, requireStorableActor, requireUser, userChanges } from './changes.js';
import { writeAudit } from './sql-audit.js';
import { guard } from './sql-holders.js';
import { append } from './sql-journal.js';
import type { Run, Sql } from './sql-pool.js';
import { userColumns, userOf } from './sql-rows.js';
import { isStorable, requireStorable, sortedSet } from './text.js';

const columns = userColumns.join(', ');

const updateStatement = `UPDATE latchkey_users SET disabled = $2::boolean, pending = $3::boolean, auth_method = $4::text,
  granted_roles = $5::text[], version = version + 1, updated_at = now()
  WHERE subject = $1::text RETURNING ${columns}`;

/** Changes of users in SQL. */
export function sqlUserChanges({ run, transaction }: Sql): Pick<Directory, 'createUser' | 'updateUser' | 'deleteUser'> {
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
      requireStorable(change.grant, change.withdraw);
      requireStorableActor(context);
      if (!isStorable(subject)) {
        requireUser(context, undefined);
        return undefined;
      }
      // What alters nothing must not even lock: that would be a write.
      const seen = await found(run, subject, '');
      if (seen === undefined || Object.keys(userChanges(seen, changed(seen, change))).length === 0) {
        requireUser(context, seen);
        return seen;
      }
      return transaction(async (own) => {
        const { before, after } = await guard(own, context);
        const user = await found(own, subject, 'FOR NO KEY UPDATE');
        requireUser(context, user);
        const next = user && changed(user, change);
        const changes = user && next && userChanges(user, next);
        if (next === undefined || changes === undefined || Object.keys(changes).length === 0) {
          return user;
        }
        const { disabled, pending, authMethod, grantedRoles } = next;
        await before(subject);
        const [row] = await own(updateStatement, [subject, disabled, pending, authMethod, grantedRoles]);
        await after();
        await writeAudit(own, context, { action: 'user.changed', subject, changes });
        await append(own, [journalKeys.user(subject)]);
        return row && userOf(row);
      });
    },

    async deleteUser(subject: string, context: UserChangeContext = {}): Promise<boolean> {
      requireStorableActor(context);
      if (!isStorable(subject)) {
        requireUser(context, undefined);
        return false;
      }
      return transaction(async (own) => {
        const { before, after } = await guard(own, context);
        const user = await found(own, subject, 'FOR UPDATE');
        requireUser(context, user);
        if (user === undefined) {
          return false;
        }
        await before(subject);
        await own('DELETE FROM latchkey_users WHERE subject = $1::text', [subject]);
        await after();
        await writeAudit(own, context, existenceOf(user, 'user.removed'));
        await append(own, [journalKeys.user(subject)]);
        return true;
      });
    },
  };
}

async function found(
  run: Run,
  subject: string,
  lock: '' | 'FOR UPDATE' | 'FOR NO KEY UPDATE',
): Promise<UserRow | undefined> {
  const [row] = await run(`SELECT ${columns} FROM latchkey_users WHERE subject = $1::text ${lock}`, [subject]);
  return row && userOf(row);
}
