// Provides the current group → role mappings, and reads them through the cache.
import { journalKeys } from '../../vocabulary/journal.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Entry, MappingEntry } from '../cache/cache-entries.js';
import type { CacheReader } from '../cache/look-up.js';
import type { PrincipalCache } from '../cache/principal-cache.js';
import { type ConfiguredGroupRoles, type GroupsToRoles, groupsToRoles } from './role-mapping.js';

/** The current mappings of the directory and the configuration. */
export interface CurrentMapping {
  /**
   * Returns the mappings if this process has them in memory. Does no I/O.
   *
   * @param at the result of `PrincipalCache.moment`, if the caller reads several entries at once
   */
  peek(at?: number): GroupsToRoles | undefined;
  /**
   * Combines the mappings of a cache entry with those of the configuration. If there is no entry, reads the mappings
   * from the directory. Rejects if the directory fails.
   */
  of(entry: Entry | undefined, reader: CacheReader): Promise<GroupsToRoles>;
  /**
   * Reads the mappings from the caches, or from the directory if they are not cached. Rejects if the directory fails.
   */
  read(reader: CacheReader): Promise<GroupsToRoles>;
}

/**
 * Creates a `CurrentMapping`. The mappings of directory and configuration are combined again only after the directory's
 * mappings have changed.
 */
export function currentMapping(options: {
  readonly directory: Pick<Directory, 'mapping'>;
  readonly cache: Pick<PrincipalCache, 'peek'>;
  readonly configured: ConfiguredGroupRoles;
}): CurrentMapping {
  const { directory, cache, configured } = options;
  let latest: { readonly entry: MappingEntry; readonly mapping: GroupsToRoles } | undefined;

  function compiled(entry: MappingEntry): GroupsToRoles {
    if (latest?.entry !== entry) latest = { entry, mapping: groupsToRoles(entry.groupRoles, configured) };
    return latest.mapping;
  }

  async function of(cached: Entry | undefined, reader: CacheReader): Promise<GroupsToRoles> {
    if (cached?.kind === 'mapping') return compiled(cached);
    const entry = await reader.loadShared(journalKeys.mapping, async () => {
      const { groupRoles, position } = await directory.mapping();
      const deciding = groupRoles.map(({ group, roles }) => ({ group, roles }));
      return { key: journalKeys.mapping, entry: { kind: 'mapping', groupRoles: deciding }, position };
    });
    if (entry.kind !== 'mapping') throw new Error('The cache entry of the mappings has another kind');
    return compiled(entry);
  }

  return {
    of,

    async read(reader) {
      const [cached] = await reader.get([journalKeys.mapping], ({ kind }) => kind === 'mapping');
      return of(cached, reader);
    },

    peek(at) {
      const entry = cache.peek(journalKeys.mapping, at);
      return entry?.kind === 'mapping' ? compiled(entry) : undefined;
    },
  };
}
