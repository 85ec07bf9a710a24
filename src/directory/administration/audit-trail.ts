// Lists the audit trail and deletes its old entries.

import { LatchkeyError } from '../../vocabulary/errors.js';
import type { AuditQuery } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { AuditEntry } from '../../vocabulary/types.js';
import { checkLimit } from './field-rules.js';

/** The audit trail: who changed what, and from where. */
export interface Audit {
  /**
   * Lists entries, newest first. `limit`: 1–1,000, default 100.
   *
   * @throws {LatchkeyError} `ERR_PAGE` when `limit` is out of range.
   */
  list(query?: Omit<AuditQuery, 'limit'> & { readonly limit?: number | undefined }): Promise<readonly AuditEntry[]>;
  /** Deletes the entries older than this instant and returns their number. Entries are never deleted otherwise. */
  prune(before: Date): Promise<number>;
}

/** Creates the audit API of a directory. */
export function audit(directory: Pick<Directory, 'listAudit' | 'pruneAudit'>): Audit {
  return {
    list: async (query = {}) => directory.listAudit({ ...query, limit: checkLimit(query.limit ?? 100) }),

    async prune(before) {
      if (!(before instanceof Date) || Number.isNaN(before.getTime())) {
        throw new LatchkeyError('ERR_CONFIG', { detail: 'audit.prune: expected a Date, saw something else.' });
      }
      return directory.pruneAudit(before);
    },
  };
}
