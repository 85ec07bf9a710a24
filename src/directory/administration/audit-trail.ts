// Lists the entries of the audit trail, and deletes old entries.

import { LatchkeyError } from '../../vocabulary/errors.js';
import type { AuditFilters } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { AuditEntry } from '../../vocabulary/types.js';
import { checkPage, eachItem, type Page, type PageOptions } from './listing.js';

/** Selects a page of the audit entries that match the filters. An absent filter matches every entry. */
export interface AuditListing extends AuditFilters, PageOptions<Pick<AuditEntry, 'id'>> {}

/** The audit trail records who changed what, and from which address. */
export interface Audit {
  /**
   * Lists one page of the entries that match the filters, newest first.
   *
   * @throws {LatchkeyError} `ERR_PAGE` when `limit` is out of range, or `after` is not an entry.
   *
   * @example
   * const [latest] = await auth.audit.list({ subject: 'bob', action: 'user.changed', limit: 1 });
   */
  list(listing?: AuditListing): Promise<readonly AuditEntry[]>;
  /**
   * Iterates over all entries that match the filters, newest first. Loads each page only when you request the first
   * entry of that page.
   *
   * @example
   * for await (const { at, action, actor } of auth.audit.iterate({ since: new Date('2026-01-01') })) {
   *   console.log(at.toISOString(), action, actor.subject);
   * }
   */
  iterate(filters?: AuditFilters): AsyncIterable<AuditEntry>;
  /**
   * Deletes all entries that were made before this instant, and returns the number of deleted entries. Audit entries
   * are never deleted in any other way.
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
