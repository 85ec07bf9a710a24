// The audit trail of the Postgres directory. Each change writes its audit entry in the same statement or transaction.
import type { AuditQuery, ChangeContext } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { AuditEntry } from '../../vocabulary/types.js';
import type { AuditNote } from '../audit-diff.js';
import { isEntryId, isId, isStorable } from '../storable-text.js';
import type { Run, Sql } from './pool.js';
import { all, parameters } from './query-parameters.js';
import { auditEntryOf } from './rows.js';

/** Writes an audit entry. Call this function in the transaction of the change. */
export async function writeAudit(run: Run, context: ChangeContext, note: AuditNote): Promise<void> {
  await run(
    `INSERT INTO latchkey_audit (actor, address, action, subject, group_name, device_id, changes)
    VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::uuid, $7::text::jsonb)`,
    [
      ...actorParams(context),
      note.action,
      note.subject ?? null,
      note.group ?? null,
      note.deviceId ?? null,
      JSON.stringify(note.changes),
    ],
  );
}

/** Returns the actor of a change, as parameters for statements that write their own audit entry. */
export function actorParams({ actor }: ChangeContext): readonly [string | null, string | null] {
  return [actor?.subject ?? null, actor?.address ?? null];
}

/** Creates the methods of the audit trail. */
export function sqlAudit({ run }: Sql): Pick<Directory, 'listAudit' | 'pruneAudit'> {
  return {
    async listAudit(query: AuditQuery): Promise<readonly AuditEntry[]> {
      const { actor, action, subject, group, deviceId, since, until, after, limit } = query;
      const findable = [actor, subject, group].every((text) => text === undefined || isStorable(text));
      if (!findable || (deviceId !== undefined && !isId(deviceId)) || (after !== undefined && !isEntryId(after.id))) {
        return [];
      }
      const params = parameters();
      // Conditions that the query leaves open are omitted, because a condition such as `$1 IS NULL OR …` would prevent
      // the use of an index.
      const conditions = [
        ...(actor === undefined ? [] : [`actor = ${params.add(actor, 'text')}`]),
        ...(action === undefined ? [] : [`action = ${params.add(action, 'text')}`]),
        ...(subject === undefined ? [] : [`subject = ${params.add(subject, 'text')}`]),
        ...(group === undefined ? [] : [`group_name = ${params.add(group, 'text')}`]),
        ...(deviceId === undefined ? [] : [`device_id = ${params.add(deviceId, 'uuid')}`]),
        ...(since === undefined ? [] : [`at >= ${params.add(since.toISOString(), 'timestamptz')}`]),
        ...(until === undefined ? [] : [`at < ${params.add(until.toISOString(), 'timestamptz')}`]),
        ...(after === undefined ? [] : [`id < ${params.add(after.id, 'bigint')}`]),
      ];
      const rows = await run(
        `SELECT id, at, actor, address, action, subject, group_name, device_id, changes FROM latchkey_audit
        WHERE ${all(conditions)} ORDER BY id DESC LIMIT ${params.add(limit, 'integer')}`,
        params.values,
      );
      return rows.map(auditEntryOf);
    },

    async pruneAudit(before: Date): Promise<number> {
      const [row] = await run(
        `WITH pruned AS (DELETE FROM latchkey_audit WHERE at < $1::timestamptz RETURNING id)
        SELECT count(*)::integer AS entries FROM pruned`,
        [before.toISOString()],
      );
      return Number(row?.['entries']);
    },
  };
}
