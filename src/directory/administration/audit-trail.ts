// Lists the audit trail and deletes its old entries.

import { LatchkeyError } from '../../vocabulary/errors.js';
import type { AuditFilters } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { AuditEntry } from '../../vocabulary/types.js';
import { checkPage, eachItem, type Page, type PageOptions } from './listing.js';

/** Which page of which entries to list. Absent fields do not filter. */
export interface AuditListing extends AuditFilters, PageOptions<Pick<AuditEntry, 'id'>> {}

/** The audit trail: who changed what, and from where. */
export interface Audit {
  /**
   * Lists a page of the entries that match, newest first.
   *
   * @throws {LatchkeyError} `ERR_PAGE` when `limit` is out of range, or `after` is not an entry.
   *
   * @example
   * const [latest] = await auth.audit.list({ subject: 'bob', action: 'user.changed', limit: 1 });
   */
  list(listing?: AuditListing): Promise<readonly AuditEntry[]>;
  /**
   * Reads all entries that match, newest first, page by page as you ask for them. Rejects as `list` does.
   *
   * @example
   * for await (const { at, action, actor } of auth.audit.iterate({ since: new Date('2026-01-01') })) {
   *   console.log(at.toISOString(), action, actor.subject);
   * }
   */
  iterate(filters?: AuditFilters): AsyncIterable<AuditEntry>;
  /**
   * Deletes the entries older than this instant and returns their number. Entries are never deleted otherwise.
   *
   * @example
   * const year = 365 * 24 * 60 * 60 * 1000;
   * const entries = await auth.audit.prune(new Date(Date.now() - year));
   */
  prune(before: Date): Promise<number>;
}

/** Creates the audit API of a directory. */
export function audit(directory: Pick<Directory, 'listAudit' | 'pruneAudit'>): Audit {
  async function read(filters: AuditFilters, page: Page<Pick<AuditEntry, 'id'>>): Promise<readonly AuditEntry[]> {
    return directory.listAudit({ ...filters, ...page });
  }

  return {
    list: async (listing = {}) => read(listing, checkPage(listing, placeOf)),
    iterate: (filters = {}) => eachItem(filters, read),

    async prune(before) {
      if (!(before instanceof Date) || Number.isNaN(before.getTime())) {
        throw new LatchkeyError('ERR_CONFIG', { detail: 'audit.prune: expected a Date, saw something else.' });
      }
      return directory.pruneAudit(before);
    },
  };
}

function placeOf({ id }: Pick<AuditEntry, 'id'>): Pick<AuditEntry, 'id'> | undefined {
  return typeof id === 'string' && /^\d{1,18}$/.test(id) ? { id } : undefined;
}
