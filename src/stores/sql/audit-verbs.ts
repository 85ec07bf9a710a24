// The audit trail in SQLite and MySQL. Each change writes its entry in the same transaction.
import type { AuditQuery, ChangeContext } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { AuditEntry } from '../../vocabulary/types.js';
import type { AuditNote } from '../audit-diff.js';
import { isEntryId, isId, isStorable } from '../storable-text.js';
import type { Dialect } from './dialect.js';
import { auditEntryOf } from './row-values.js';
import { rows, type SqlSession, type SqlValue, type Work, write } from './statement.js';
import { requireFitting } from './text-lengths.js';

/** Writes an audit entry. Call this function in the transaction of the change. */
export function* writeAudit(dialect: Dialect, { actor }: ChangeContext, note: AuditNote): Work<void> {
  yield* write(
    `INSERT INTO latchkey_audit (at, actor, address, action, subject, group_name, device_id, changes)
    VALUES (${dialect.now}, ?, ?, ?, ?, ?, ?, ?)`,
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

/**
 * Checks that the actor can be stored.
 * @throws {LatchkeyError} `ERR_DIRECTORY_VALUE` when a database cannot store the actor unaltered
 */
export function requireFittingActor({ actor }: ChangeContext): void {
  requireFitting('name', actor?.subject, actor?.address);
}

/** The audit trail. */
export function sqlAudit(session: SqlSession): Pick<Directory, 'listAudit' | 'pruneAudit'> {
  return {
    async listAudit(query: AuditQuery): Promise<readonly AuditEntry[]> {
      const { actor, action, subject, group, deviceId, since, until, after, limit } = query;
      const findable = [actor, subject, group].every((text) => text === undefined || isStorable(text));
      if (!findable || (deviceId !== undefined && !isId(deviceId)) || (after !== undefined && !isEntryId(after.id))) {
        return [];
      }
      const filters: readonly (readonly [condition: string, value: SqlValue | undefined])[] = [
        ['actor = ?', actor],
        ['action = ?', action],
        ['subject = ?', subject],
        ['group_name = ?', group],
        ['device_id = ?', deviceId],
        ['at >= ?', since?.getTime()],
        ['at < ?', until?.getTime()],
        ['id < ?', after === undefined ? undefined : Number(after.id)],
      ];
      const { where, params } = allOf(filters);
      const found = await session.read(() =>
        rows(
          `SELECT id, at, actor, address, action, subject, group_name, device_id, changes FROM latchkey_audit
          WHERE ${where} ORDER BY id DESC LIMIT ${wholeNumber(limit)}`,
          params,
        ),
      );
      return found.map(auditEntryOf);
    },

    async pruneAudit(before: Date): Promise<number> {
      return session.change(() => write('DELETE FROM latchkey_audit WHERE at < ?', [before.getTime()]));
    },
  };
}

/**
 * Joins the conditions that have a value. The other conditions are omitted, because they would prevent the use of an
 * index.
 */
export function allOf(filters: readonly (readonly [condition: string, value: SqlValue | undefined])[]): {
  readonly where: string;
  readonly params: readonly SqlValue[];
} {
  const given = filters.filter((filter): filter is readonly [string, SqlValue] => filter[1] !== undefined);
  return {
    where: given.map(([condition]) => condition).join(' AND ') || '1 = 1',
    params: given.map(([, value]) => value),
  };
}

/**
 * Converts the number for a LIMIT to a whole number, which is safe in the text of a statement. Some versions of MySQL
 * accept no parameter in a LIMIT.
 */
export function wholeNumber(limit: number): number {
  return Math.max(0, Math.trunc(Number(limit)) || 0);
}
