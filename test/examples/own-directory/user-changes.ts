// own-directory: changes of users by people, with versions, guards and the audit trail.
import { type Directory, journalKeys, LatchkeyError, type UserChange, type UserRow } from 'latchkey';
import { differences, requireUser, writeAudit } from './audit.js';
import type { Database } from './database.js';
import { guard } from './holders.js';
import { append } from './journal.js';
import { insertUser, lockUser, writtenUser } from './users.js';
import { isStorable, requireStorable, sortedSet } from './values.js';

/** The members of a user's row that people change. */
type Changeable = Pick<UserRow, 'authMethod' | 'disabled' | 'pending' | 'grantedRoles'>;

/** Changes of the `accounts` table by people. */
export function userChanges(database: Database): Pick<Directory, 'createUser' | 'updateUser' | 'deleteUser'> {
  return {
    async createUser({ grantedRoles = [], ...profile }, context = {}) {
      requireStorable(profile.subject, profile.displayName, profile.email, grantedRoles);
      return database.transaction(async (session) => {
        if (!(await insertUser(session, { ...profile, grantedRoles: sortedSet(grantedRoles) }))) {
          throw new LatchkeyError('ERR_SUBJECT_TAKEN');
        }
        const user = await writtenUser(session, profile.subject);
        const { displayName, email } = user;
        const changes = differences({}, { ...special(user), displayName, email });
        await writeAudit(session, context, { action: 'user.created', subject: user.subject, changes });
        return user;
      });
    },

    async updateUser(subject, change, context = {}) {
      requireStorable(change.addRoles, change.removeRoles);
      return database.transaction(async (session) => {
        const { before, after } = await guard(session, context);
        const present = isStorable(subject) ? await lockUser(session, subject) : undefined;
        requireUser(context, present);
        if (present === undefined) return undefined;
        const next = changed(present, change);
        const changes = differences(changeable(present), next);
        if (Object.keys(changes).length === 0) return present;
        await before(subject);
        await session.write(
          `UPDATE accounts SET latchkey_method = ?, is_active = ?, latchkey_pending = ?, rights = ?
          WHERE latchkey_id = ?`,
          [next.authMethod, !next.disabled, next.pending, JSON.stringify(next.grantedRoles), present.id],
        );
        await after();
        await writeAudit(session, context, { action: 'user.changed', subject, changes });
        const user = await writtenUser(session, subject);
        await append(session, [journalKeys.user(subject)]);
        return user;
      });
    },

    async deleteUser(subject, context = {}) {
      return database.transaction(async (session) => {
        const { before, after } = await guard(session, context);
        const present = isStorable(subject) ? await lockUser(session, subject) : undefined;
        requireUser(context, present);
        if (present === undefined) return false;
        await before(subject);
        await session.write('DELETE FROM accounts WHERE latchkey_id = ?', [present.id]);
        await after();
        const changes = differences(special(present), {});
        await writeAudit(session, context, { action: 'user.deleted', subject, changes });
        await append(session, [journalKeys.user(subject)]);
        return true;
      });
    },
  };
}

/** The values that belong in the audit entry of a created or deleted user: those that are not false or empty. */
function special(user: Changeable): Partial<Changeable> {
  const fields = Object.entries(changeable(user));
  return Object.fromEntries(
    fields.filter(([, value]) => value !== false && !(Array.isArray(value) && value.length === 0)),
  );
}

function changeable({ authMethod, disabled, pending, grantedRoles }: Changeable): Changeable {
  return { authMethod, disabled, pending, grantedRoles };
}

function changed(user: UserRow, change: UserChange): Changeable {
  const { disabled = user.disabled, pending = user.pending, authMethod = user.authMethod } = change;
  const { addRoles = [], removeRoles = [] } = change;
  const granted = [...user.grantedRoles, ...addRoles].filter((role) => !removeRoles.includes(role));
  return { authMethod, disabled, pending, grantedRoles: sortedSet(granted) };
}
