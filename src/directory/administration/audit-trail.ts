// The audit trail: read, and cut off at its old end.

import { LatchkeyError } from '../../vocabulary/errors.js';
import type { AuditQuery } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import { type Loose, present } from '../../vocabulary/present.js';
import type { AuditEntry } from '../../vocabulary/types.js';
import { checkLimit } from './field-rules.js';

/** Who did what to whom, and from where. */
export interface Audit {
  /** Entries, newest first. `limit`: 1–1,000, default 100. Rejects with `ERR_PAGE`. */
  list(
    query?: Loose<Omit<AuditQuery, 'limit'>> & { readonly limit?: number | undefined },
  ): Promise<readonly AuditEntry[]>;
  /** Deletes what is older than this instant; returns how many entries. Nothing is ever deleted otherwise. */
  prune(before: Date): Promise<number>;
}

/** The audit trail of a directory. */
export function audit(directory: Pick<Directory, 'listAudit' | 'pruneAudit'>): Audit {
  return {
    list: async (query = {}) => directory.listAudit({ ...present(query), limit: checkLimit(query.limit ?? 100) }),

    async prune(before) {
      if (!(before instanceof Date) || Number.isNaN(before.getTime())) {
        throw new LatchkeyError('ERR_CONFIG', { detail: 'audit.prune: expected a Date, saw something else.' });
      }
      return directory.pruneAudit(before);
    },
  };
}
