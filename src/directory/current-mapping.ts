// directory/: who is that here, and what may they do? The mappings as they are now.
import type { Directory } from '../ports.js';
import type { Reading } from './coherent-cache.js';
import { type Entry, type MappingEntry, mappingKey } from './entries.js';
import { lanes } from './lanes.js';
import type { PrincipalCache } from './principal-cache.js';
import { type ConfiguredGroupRoles, type GroupsToRoles, groupsToRoles } from './role-mapping.js';

/** The mappings of the directory and the configuration, through the cache. */
export interface CurrentMapping {
  /** What this process holds of them. No I/O. */
  held(): GroupsToRoles | undefined;
  /** What the reading of `mappingKey` gave, or else what the directory has. Rejects with `ERR_DIRECTORY_UNAVAILABLE`. */
  of(reading: Reading<Entry> | undefined): GroupsToRoles | Promise<GroupsToRoles>;
}

/** The current mappings; they are put together anew only when they changed. */
export function currentMapping(options: {
  readonly directory: Directory;
  readonly cache: PrincipalCache;
  readonly configured: ConfiguredGroupRoles;
}): CurrentMapping {
  const { directory, cache, configured } = options;
  const loads = lanes<GroupsToRoles>();
  let latest: { readonly entry: MappingEntry; readonly mapping: GroupsToRoles } | undefined;

  function compiled(entry: MappingEntry): GroupsToRoles {
    if (latest?.entry !== entry) latest = { entry, mapping: groupsToRoles(entry.mapping, configured) };
    return latest.mapping;
  }

  async function load(): Promise<GroupsToRoles> {
    const [reading] = await cache.read([mappingKey]);
    if (reading?.value?.kind === 'mapping') return compiled(reading.value);
    const entry: MappingEntry = { kind: 'mapping', mapping: await directory.mapping() };
    if (reading !== undefined) await cache.fill([{ reading, value: entry }]);
    return compiled(entry);
  }

  return {
    held() {
      const entry = cache.peek(mappingKey);
      return entry?.kind === 'mapping' ? compiled(entry) : undefined;
    },
    of: (reading) => (reading?.value?.kind === 'mapping' ? compiled(reading.value) : loads.enter(mappingKey, '', load)),
  };
}
