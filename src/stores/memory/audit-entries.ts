// The audit trail of the in-memory directory.
import type { AuditQuery, ChangeContext } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { AuditEntry, Clock } from '../../vocabulary/types.js';
import type { AuditNote } from '../audit-diff.js';
import { isEntryId } from '../storable-text.js';

/** The audit trail, and the function that the other parts of the directory use to write entries. */
export interface MemoryAudit {
  readonly verbs: Pick<Directory, 'listAudit' | 'pruneAudit'>;
  write(context: ChangeContext, note: AuditNote): void;
}

/** Creates an audit trail in memory. */
export function memoryAudit(now: Clock): MemoryAudit {
  let entries: AuditEntry[] = [];
  let last = 0;

  return {
    write({ actor = {} }, note) {
      last += 1;
      // The actor is copied, because the caller might change the object later.
      entries.push(
        Object.freeze({ id: String(last), at: new Date(now()), actor: Object.freeze({ ...actor }), ...note }),
      );
    },

    verbs: {
      async listAudit(query: AuditQuery): Promise<readonly AuditEntry[]> {
        if (query.after !== undefined && !isEntryId(query.after.id)) {
          return [];
        }
        const end = query.after === undefined ? Number.POSITIVE_INFINITY : Number(query.after.id);
        return entries
          .filter((entry) => Number(entry.id) < end && finds(query, entry))
          .toReversed()
          .slice(0, query.limit);
      },

      async pruneAudit(before: Date): Promise<number> {
        const kept = entries.filter(({ at }) => at >= before);
        const pruned = entries.length - kept.length;
        entries = kept;
        return pruned;
      },
    },
  };
}

function finds(query: AuditQuery, { at, actor, action, subject, group, deviceId }: AuditEntry): boolean {
  return (
    (query.actor === undefined || query.actor === actor.subject) &&
    (query.action === undefined || query.action === action) &&
    (query.subject === undefined || query.subject === subject) &&
    (query.group === undefined || query.group === group) &&
    (query.deviceId === undefined || query.deviceId === deviceId) &&
    (query.since === undefined || at >= query.since) &&
    (query.until === undefined || at < query.until)
  );
}
