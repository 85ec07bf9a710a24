// Changes to group → role mappings, which take effect everywhere.
import { setImmediate } from 'node:timers/promises';
import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Actor, DirectoryMapping, GroupRoles, Mapping, OnEvent } from '../../vocabulary/types.js';
import type { PrincipalCache } from '../cache/principal-cache.js';
import {
  type AdministratorRole,
  type ConfiguredGroupRoles,
  type GroupsToRoles,
  groupsGiving,
  groupsToRoles,
  refuseWildcard,
} from '../resolution/role-mapping.js';
import { byWhom, type ChangeOptions, contextOf } from './change-options.js';
import { checkGroup, checkKnownGroup, checkNote, checkRoles } from './field-rules.js';

/** A mapping in the list of all: the directory's can be changed here, the configuration's only there. */
export type ListedMapping =
  | (Mapping & { readonly source: 'directory' })
  | (GroupRoles & { readonly source: 'configuration' });

/** All mappings that decide, by group, and the number that moves with every edit of what the directory's give. */
export interface MappingList {
  readonly generation: number;
  readonly mappings: readonly ListedMapping[];
}

/** What setting a mapping takes besides group and roles. */
export interface MappingOptions {
  /** What people should know about it, 1–500 characters. Default: none, also where it had one. */
  readonly note?: string | undefined;
  /** Whether a pattern may give the administrators' role. Default `false`: it rejects. */
  readonly allowWildcard?: boolean | undefined;
  readonly by?: Actor | undefined;
  /** As in `ChangeOptions`; `'none'`: there must be no mapping for this group yet. */
  readonly version?: number | 'none' | undefined;
}

/** What a change to a mapping would do, before it is made. */
export interface MappingPreview {
  /** How many proxy users would have other managed roles, disabled ones included. Granted roles do not count. */
  readonly users: number;
  /** How many of them would get a role, by its name. */
  readonly gained: Readonly<Record<string, number>>;
  /** How many of them would lose a role, by its name. */
  readonly lost: Readonly<Record<string, number>>;
}

/**
 * Group → role mappings. Changes reject with `ERR_VERSION` where the mapping has another version than the options say,
 * and with `ERR_LAST_ADMINISTRATOR` where nobody would be administrator any more.
 */
export interface MappingAdministration {
  list(): Promise<MappingList>;
  /** The directory's mapping for exactly this group or pattern. Rejects with `ERR_MAPPING_UNKNOWN`. */
  find(group: string): Promise<Mapping>;
  /**
   * Sets what a group gives, or with `*` every group of that form. Rejects with `ERR_GROUP_NAME`, `ERR_ROLE_NAME`,
   * `ERR_MAPPING_NOTE` or `ERR_WILDCARD_ADMINISTRATOR`.
   */
  set(group: string, roles: readonly string[], options?: MappingOptions): Promise<Mapping>;
  /** Removes what a group gives; removing nothing is no error, unless the options name a version. */
  remove(group: string, options?: ChangeOptions): Promise<void>;
  /** How many users it would touch to have this group give these roles, or none. Changes nothing. Rejects as `set`. */
  preview(
    group: string,
    roles: readonly string[],
    options?: Pick<MappingOptions, 'allowWildcard'>,
  ): Promise<MappingPreview>;
}

/** How many sets of groups a preview maps before it lets others have their turn. */
const atOnce = 50;

/** The administration of mappings. */
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
    async list() {
      const { generation, groupRoles } = await directory.mapping();
      const ours = groupRoles.map((mapping): ListedMapping => ({ ...mapping, source: 'directory' }));
      const theirs = [...configured.groupRoles].map(
        ([group, roles]): ListedMapping => ({ group, roles, source: 'configuration' }),
      );
      return { generation, mappings: [...ours, ...theirs].sort(byGroup) };
    },

    async find(group) {
      return found(await directory.mapping(), group);
    },

    async set(group, roles, { note, allowWildcard, by, version } = {}) {
      const mapping = {
        ...checked(group, roles, allowWildcard),
        ...(note === undefined ? {} : { note: checkNote(note) }),
      };
      const given = { ...(by === undefined ? {} : { by }), ...(version === undefined ? {} : { version }) };
      // Whoever it gave the role to, it gives it to still: only then it can unmake nobody.
      const kept = mapping.roles.includes(administrator.role) ? {} : { keeping: administrators };
      const context = { ...contextOf(given), ...kept };
      return found(await change(group, by, () => directory.putGroupRoles(mapping, context)), group);
    },

    async remove(group, given = {}) {
      const context = { ...contextOf(given), keeping: administrators };
      await change(group, given.by, () => directory.deleteGroupRoles(group, context));
    },

    async preview(group, roles, { allowWildcard } = {}) {
      const next = roles.length === 0 ? [] : [checked(group, roles, allowWildcard)];
      const sets = await directory.countGroupSets(checkKnownGroup(group));
      const { groupRoles } = await directory.mapping();
      const others = groupRoles.filter((mapping) => mapping.group !== group);
      const before = lookedUpOnce(groupsToRoles(groupRoles, configured));
      const after = lookedUpOnce(groupsToRoles([...others, ...next], configured));
      const preview = { users: 0, gained: new Map<string, number>(), lost: new Map<string, number>() };
      for (const [index, { groups, users }] of sets.entries()) {
        // Nobody else's request has to wait until all are counted.
        if (index % atOnce === atOnce - 1) await setImmediate();
        const had = before(groups);
        const has = after(groups);
        const gained = [...has].filter((role) => !had.has(role));
        const lost = [...had].filter((role) => !has.has(role));
        if (gained.length + lost.length > 0) preview.users += users;
        for (const role of gained) preview.gained.set(role, (preview.gained.get(role) ?? 0) + users);
        for (const role of lost) preview.lost.set(role, (preview.lost.get(role) ?? 0) + users);
      }
      return { users: preview.users, gained: byRole(preview.gained), lost: byRole(preview.lost) };
    },
  };
}

/** The roles of groups, each of which is matched once: among 100,000 users the same ones come again and again. */
function lookedUpOnce({ rolesOf }: GroupsToRoles): (groups: readonly string[]) => ReadonlySet<string> {
  const known = new Map<string, readonly string[]>();
  const rolesOfOne = (group: string): readonly string[] => {
    const roles = known.get(group) ?? rolesOf([group]);
    known.set(group, roles);
    return roles;
  };
  return (groups) => new Set(groups.flatMap(rolesOfOne));
}

function found({ groupRoles }: DirectoryMapping, group: string): Mapping {
  const mapping = groupRoles.find((candidate) => candidate.group === group);
  if (mapping === undefined) throw new LatchkeyError('ERR_MAPPING_UNKNOWN');
  return mapping;
}

function byGroup(one: GroupRoles, other: GroupRoles): number {
  return one.group < other.group ? -1 : one.group > other.group ? 1 : 0;
}

function byRole(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...counts].sort(([one], [other]) => (one < other ? -1 : 1)));
}
