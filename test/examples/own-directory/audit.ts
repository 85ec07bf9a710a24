// own-directory: the audit trail. Each change writes its entry in its own transaction.
import {
  type AuditAction,
  type AuditEntry,
  type AuditValue,
  type ChangeContext,
  type Directory,
  LatchkeyError,
  type UserChangeContext,
  type UserRow,
} from 'latchkey';
import { type Database, limited, type Parameter, type Row, type Session } from './database.js';
import { optional } from './rows.js';
import { isId, isStorable, parsed, requireStorable, same } from './values.js';

/** An entry without its id, time and actor. */
type Note = Pick<AuditEntry, 'action' | 'subject' | 'group' | 'deviceId' | 'changes'>;

/** Throws `ERR_VERSION` unless the row has the version that the caller requires. */
export function requireVersion({ version: seen }: ChangeContext, present: number | undefined): void {
  if (seen !== undefined && seen !== (present ?? 'none')) throw new LatchkeyError('ERR_VERSION');
}

/** Also checks the user id: another person can get the login of a deleted user. */
export function requireUser(context: UserChangeContext, present: UserRow | undefined): void {
  requireVersion(context, present?.version);
  if (context.userId !== undefined && context.userId !== present?.id) throw new LatchkeyError('ERR_VERSION');
}

/** The differences between two rows, by the members' names. */
export function differences(
  before: Readonly<Record<string, AuditValue | undefined>>,
  after: Readonly<Record<string, AuditValue | undefined>>,
): Note['changes'] {
  const names = Object.keys({ ...before, ...after }).filter((name) => !same(before[name], after[name]));
  return Object.fromEntries(
    names.map((name) => {
      const [from, to] = [before[name], after[name]];
      return [name, { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
    }),
  );
}

/** Adds an entry to the audit trail. */
export async function writeAudit(session: Session, { actor }: ChangeContext, note: Note): Promise<void> {
  requireStorable(actor?.subject, actor?.address);
  // UTC_TIMESTAMP, not NOW, because a session that runs this by hand can have another time zone.
  await session.write(
    `INSERT INTO latchkey_audit (at, actor, address, action, subject, group_name, device_id, changes)
    VALUES (UTC_TIMESTAMP(3), ?, ?, ?, ?, ?, ?, ?)`,
    [
      actor?.subject ?? null,
      actor?.address ?? null,
      note.action,
      note.subject ?? null,
      note.group ?? null,
      note.deviceId ?? null,
      JSON.stringify(note.changes),
    ],
  );
}

/** Reads and prunes the audit trail. */
export function audit(database: Database): Pick<Directory, 'listAudit' | 'pruneAudit'> {
  return {
    async listAudit({ actor, action, subject, group, deviceId, since, until, after, limit }) {
      const findable = [actor, subject, group].every((text) => text === undefined || isStorable(text));
      const ids = (deviceId === undefined || isId(deviceId)) && (after === undefined || /^\d{1,18}$/.test(after.id));
      if (!findable || !ids) return [];
      const filters: readonly (readonly [string, Parameter | undefined])[] = [
        ['actor = ?', actor],
        ['action = ?', action],
        ['subject = ?', subject],
        ['group_name = ?', group],
        ['device_id = ?', deviceId],
        ['at >= ?', since],
        ['at < ?', until],
        // Compared as a number: MariaDB converts a BIGINT to a float if it compares it with text.
        ['id < CAST(? AS UNSIGNED)', after?.id],
      ];
      const given = filters.filter((filter): filter is readonly [string, Parameter] => filter[1] !== undefined);
      const rows = await database.rows(
        `SELECT CAST(id AS CHAR) AS id, at, actor, address, action, subject, group_name, device_id, changes
        FROM latchkey_audit WHERE ${['TRUE', ...given.map(([condition]) => condition)].join(' AND ')}
        ORDER BY latchkey_audit.id DESC ${limited(limit)}`,
        given.map(([, value]) => value),
      );
      return rows.map(entryOf);
    },

    pruneAudit: (before) => database.write('DELETE FROM latchkey_audit WHERE at < ?', [before]),
  };
}

function entryOf(row: Row): AuditEntry {
  return {
    id: String(row['id']),
    at: row['at'] as Date,
    actor: { ...optional('subject', row['actor'], String), ...optional('address', row['address'], String) },
    action: row['action'] as AuditAction,
    ...optional('subject', row['subject'], String),
    ...optional('group', row['group_name'], String),
    ...optional('deviceId', row['device_id'], String),
    changes: parsed(row['changes']) as AuditEntry['changes'],
  };
}
