// Lists, changes and previews group → role mappings.
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { OnEvent } from '../../vocabulary/events.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { Directory } from '../../vocabulary/ports.js';
import { isQuestion } from '../../vocabulary/text-rules.js';
import type { Actor, DirectoryMapping, GroupRoles, Mapping } from '../../vocabulary/types.js';
import type { PrincipalCache } from '../cache/principal-cache.js';
import {
  type AdministratorRole,
  type ConfiguredGroupRoles,
  groupsGiving,
  groupsToRoles,
  refuseWildcard,
} from '../resolution/role-mapping.js';
import { byWhom, type ChangeOptions, contextOf } from './change-options.js';
import { checkGroup, checkKnownGroup, checkNote, checkRoles } from './field-rules.js';
import { checkPage, type PageOptions } from './listing.js';
import { countEffects, type MappingPreview } from './mapping-effects.js';

export type { MappingPreview } from './mapping-effects.js';

/** A mapping with its source. This API can change the mappings of the directory, but not those of the configuration. */
export type ListedMapping =
  | (Mapping & { readonly source: 'directory' })
  | (GroupRoles & { readonly source: 'configuration' });

type Place = Pick<ListedMapping, 'group' | 'source'>;

/** Selects a page of the list of mappings. */
export interface MappingListing extends PageOptions<Pick<ListedMapping, 'group' | 'source'>> {}

/** The options of `MappingAdministration.set`. */
export interface MappingOptions {
  /** A note for administrators, 1–500 characters. Without this option, an existing note is removed. */
  readonly note?: string | undefined;
  /** `true` allows a pattern to give the administrator role. By default, the call rejects such a pattern. */
  readonly allowWildcard?: boolean | undefined;
  readonly by?: Actor | undefined;
  /** The version that the mapping must have, or `'none'` if the group must not have a mapping yet. */
  readonly version?: number | 'none' | undefined;
}

/**
 * Lists, changes and previews group → role mappings.
 *
 * @throws {LatchkeyError} `ERR_VERSION` when a change expects a version and the mapping has another version.
 * @throws {LatchkeyError} `ERR_LAST_ADMINISTRATOR` when a change would leave no administrator.
 */
export interface MappingAdministration {
  /**
   * Lists a page of the mappings in effect, sorted by group. If the directory and the configuration both have a mapping
   * for a group, the directory's mapping comes first.
   *
   * @throws {LatchkeyError} `ERR_PAGE` when `limit` is out of range, or `after` is not a mapping of such a list.
   *
   * @example
   * for (const { group, roles, source } of await auth.mappings.list()) {
   *   console.log(`${group} gives ${roles.join(', ')} (${source})`);
   * }
   */
  list(listing?: MappingListing): Promise<readonly ListedMapping[]>;
  /**
   * Iterates over all mappings in effect, in the same order as `list`.
   *
   * @example
   * const groups: string[] = [];
   * for await (const { group } of auth.mappings.iterate()) groups.push(group);
   */
  iterate(): AsyncIterable<ListedMapping>;
  /**
   * Returns the directory's mapping for exactly this group or pattern.
   *
   * @throws {LatchkeyError} `ERR_MAPPING_UNKNOWN` when there is no such mapping.
   *
   * @example
   * const { roles, note, version } = await auth.mappings.find('staff');
   */
  find(group: string): Promise<Mapping>;
  /**
   * Sets the roles that a group gives. If the group contains `*`, every matching group gives these roles.
   *
   * @throws {LatchkeyError} `ERR_GROUP_NAME` when the group is invalid.
   * @throws {LatchkeyError} `ERR_ROLE_NAME` when the list of roles is empty or a role is invalid.
   * @throws {LatchkeyError} `ERR_MAPPING_NOTE` when the note is invalid.
   * @throws {LatchkeyError} `ERR_WILDCARD_ADMINISTRATOR` when a pattern would give the administrator role without
   *   `allowWildcard`.
   *
   * @example
   * await auth.mappings.set('team-*', ['member'], { note: 'All teams', version: 'none' });
   */
  set(group: string, roles: readonly string[], options?: MappingOptions): Promise<Mapping>;
  /**
   * Deletes the mapping of a group. Deleting a mapping that does not exist is not an error, unless the options contain
   * a version.
   *
   * @example
   * const { version } = await auth.mappings.find('staff');
   * await auth.mappings.delete('staff', { version });
   */
  delete(group: string, options?: ChangeOptions): Promise<void>;
  /**
   * Counts the users whose roles would change if this group gave exactly these roles. With an empty list of roles,
   * previews the deletion of the mapping. Changes nothing. Rejects with the same errors as `set` if the group, a role
   * or the pattern is invalid.
   *
   * @example
   * const { users, gained, lost } = await auth.mappings.preview('team-*', ['member']);
   * console.log(`${users} users would have other roles`, gained, lost);
   */
  preview(
    group: string,
    roles: readonly string[],
    options?: Pick<MappingOptions, 'allowWildcard'>,
  ): Promise<MappingPreview>;
}

/** Creates the functions for mappings. */
export function mappingAdministration(options: {
  readonly directory: Directory;
  readonly cache: PrincipalCache;
  readonly configured: ConfiguredGroupRoles;
  readonly administrator: AdministratorRole;
  readonly onEvent: OnEvent;
}): MappingAdministration {
  const { directory, cache, configured, administrator, onEvent } = options;
  const administrators = { role: administrator.role, groups: groupsGiving(configured, administrator.role) };

  const change = (group: string, by: Actor | undefined, write: () => Promise<DirectoryMapping>) =>
    cache.writeThenInvalidate([journalKeys.mapping], async () => {
      const mapping = await write();
      onEvent({ type: 'mapping.changed', group, ...byWhom(by) });
      return mapping;
    });

  function checked(group: string, roles: readonly string[], allowWildcard = false): GroupRoles {
    const mapping = { group: checkGroup(group), roles: checkRoles(roles) };
    refuseWildcard(mapping, { role: administrator.role, allowWildcard });
    return mapping;
  }

  return {
    async list(listing = {}) {
      const { after, limit } = checkPage(listing, placeOf);
      const all = listedMappings(await directory.mapping(), configured);
      return all.filter((mapping) => after === undefined || byPlace(mapping, after) > 0).slice(0, limit);
    },

    async *iterate() {
      yield* listedMappings(await directory.mapping(), configured);
    },

    async find(group) {
      return found(await directory.mapping(), group);
    },

    async set(group, roles, { note, allowWildcard, by, version } = {}) {
      const mapping = {
        ...checked(group, roles, allowWildcard),
        note: note === undefined ? undefined : checkNote(note),
      };
      // If the new mapping still gives the administrator role, no user loses this role, so the check is not needed.
      const keeping = mapping.roles.includes(administrator.role) ? undefined : administrators;
      const context = { ...contextOf({ by, version }), keeping };
      return found(await change(group, by, () => directory.putMapping(mapping, context)), group);
    },

    async delete(group, given = {}) {
      const context = { ...contextOf(given), keeping: administrators };
      await change(group, given.by, () => directory.deleteMapping(group, context));
    },

    async preview(group, roles, { allowWildcard } = {}) {
      const next = roles.length === 0 ? [] : [checked(group, roles, allowWildcard)];
      const sets = await directory.countGroupSets(checkKnownGroup(group));
      const { groupRoles } = await directory.mapping();
      const others = groupRoles.filter((mapping) => mapping.group !== group);
      const after = groupsToRoles([...others, ...next], configured);
      return countEffects(sets, groupsToRoles(groupRoles, configured), after);
    },
  };
}

function found({ groupRoles }: DirectoryMapping, group: string): Mapping {
  const mapping = groupRoles.find((candidate) => candidate.group === group);
  if (mapping === undefined) throw new LatchkeyError('ERR_MAPPING_UNKNOWN');
  return mapping;
}

/**
 * Returns the mappings of the directory and of the configuration, in the same order as `MappingAdministration.list`.
 */
export function listedMappings(
  { groupRoles }: Pick<DirectoryMapping, 'groupRoles'>,
  configured: ConfiguredGroupRoles,
): readonly ListedMapping[] {
  const ours = groupRoles.map((mapping): ListedMapping => ({ ...mapping, source: 'directory' }));
  const theirs = [...configured.groupRoles].map(
    ([group, roles]): ListedMapping => ({ group, roles, source: 'configuration' }),
  );
  return [...ours, ...theirs].sort(byPlace);
}

function byPlace(one: Place, other: Place): number {
  if (one.group !== other.group) return one.group < other.group ? -1 : 1;
  if (one.source === other.source) return 0;
  return one.source === 'directory' ? -1 : 1;
}

function placeOf({ group, source }: Place): Place | undefined {
  const known = source === 'directory' || source === 'configuration';
  return known && typeof group === 'string' && isQuestion(group) ? { group, source } : undefined;
}
