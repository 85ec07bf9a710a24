// Implements the functions that list, create, change and delete users.

import { LatchkeyError } from '../../vocabulary/errors.js';
import type { OnEvent } from '../../vocabulary/events.js';
import { journalKeys, type Positioned } from '../../vocabulary/journal.js';
import type { NewUser, UserChange, UserChangeContext, UserQuery } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import { isQuestion, lowerCased } from '../../vocabulary/text-rules.js';
import type { AuthMethod, User, UserRow } from '../../vocabulary/types.js';
import { alternatives, authMethods, isOneOf, type SubjectCase } from '../../vocabulary/words.js';
import { managedRolesOf } from '../cache/cache-entries.js';
import type { PrincipalCache } from '../cache/principal-cache.js';
import { currentMapping } from '../resolution/current-mapping.js';
import {
  type AdministratorRole,
  type ConfiguredGroupRoles,
  defaultRolesFor,
  type GroupsToRoles,
  groupsGiving,
} from '../resolution/role-mapping.js';
import { byWhom, contextOf, type UserChangeOptions } from './change-options.js';
import { checkDisplayName, checkEmail, checkRoles, checkSearch, checkSubject, sortedSet } from './field-rules.js';
import { checkPage, eachItem, type Page } from './listing.js';
import type { UserAdministration, UserFilters } from './user-functions.js';
import { userLinks } from './user-links.js';
import { userRenames } from './user-renames.js';

/** Creates the functions for users. */
export function userAdministration(options: {
  readonly directory: Directory;
  readonly cache: PrincipalCache;
  readonly configured: ConfiguredGroupRoles;
  readonly administrator: AdministratorRole;
  readonly subjectCase?: SubjectCase | undefined;
  readonly onEvent: OnEvent;
}): UserAdministration {
  const { directory, cache, configured, administrator, subjectCase = 'exact', onEvent } = options;
  const mappings = currentMapping(options);
  const administrators = { role: administrator.role, groups: groupsGiving(configured, administrator.role) };

  async function find(subject: string): Promise<UserRow> {
    const user = await directory.findUser(subject);
    if (user === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
    return user;
  }

  /** Adds the managed and default roles that each user would have in the next request. */
  async function current(users: readonly UserRow[]): Promise<readonly User[]> {
    const mapping = users.some(({ groups }) => groups.length > 0)
      ? (mappings.peek() ?? (await cache.lookUp('mapping', (reader) => mappings.read(reader))))
      : { rolesOf: () => [] };
    return users.map((user) => shown(user, mapping, configured));
  }

  async function currently(user: UserRow): Promise<User> {
    const [one] = await current([user]);
    return one ?? shown(user, { rolesOf: () => [] }, configured);
  }

  async function read(filters: UserFilters, page: Page<Pick<User, 'subject'>>): Promise<readonly User[]> {
    const { search, authMethod, role, disabled, pending } = filters;
    const isDefault = role !== undefined && configured.defaultRoles.roles.includes(role);
    const holders = role === undefined || isDefault ? undefined : { role, groups: groupsGiving(configured, role) };
    const text = search === undefined ? undefined : checkSearch(search);
    const query = { search: text, authMethod, role: holders, disabled, pending };
    if (isDefault && configured.defaultRoles.needOthers) return readHolders(query, page, role);
    return current(await directory.listUsers({ ...query, ...page }));
  }

  /**
   * Lists the users who have this default role in the mode `mapped-groups-only`, in which some users have no default
   * roles. Computes the roles of each user, because a database query cannot select the users who have default roles.
   */
  async function readHolders(
    query: Omit<UserQuery, 'limit'>,
    page: Page<Pick<User, 'subject'>>,
    role: string,
  ): Promise<User[]> {
    const found: User[] = [];
    const limit = Math.max(page.limit, 500);
    for (let { after } = page; found.length < page.limit; ) {
      const rows = await directory.listUsers({ ...query, after, limit });
      const users = await current(rows);
      found.push(...users.filter((user) => rolesOf(user).includes(role)));
      after = rows.at(-1);
      if (rows.length < limit) break;
    }
    return found.slice(0, page.limit);
  }

  async function update(subject: string, change: UserChange, given: UserChangeOptions = {}): Promise<User> {
    const checked = checkedChange(change);
    const context: UserChangeContext = {
      ...userContextOf(given),
      keeping: mayUnmake(checked, administrator.role) ? administrators : undefined,
    };
    const user = await cache.writeThenInvalidate([journalKeys.user(subject)], async () => {
      const written = await directory.updateUser(subject, checked, context);
      if (written === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
      onEvent({ type: 'user.changed-by-administrator', userId: written.id, subject, ...byWhom(given.by) });
      return written;
    });
    return currently(user);
  }

  return {
    async find(subject) {
      const user = await directory.findUser(subject);
      if (user !== undefined) return currently(user);
      // After a restore of only some tables, the caches may still hold a user that the directory no longer has.
      if (cache.peek(journalKeys.user(subject)) !== undefined) await cache.invalidate([journalKeys.user(subject)]);
      throw new LatchkeyError('ERR_USER_UNKNOWN');
    },

    async findById(id) {
      const user = await directory.findUserById(id);
      if (user === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
      return currently(user);
    },

    list: async (listing = {}) => read(listing, checkPage(listing, placeOf)),
    iterate: (filters = {}) => eachItem(filters, read),

    async create(user, given = {}) {
      const checked = checkedUser(subjectCase === 'lower' ? { ...user, subject: lowerCased(user.subject) } : user);
      const context = contextOf(given);
      // A user who was created before `subjectCase` was set may have the same subject in a different case.
      const spelled = subjectCase === 'lower' ? await directory.findSpellings?.(checked.subject) : undefined;
      if (spelled !== undefined && spelled.length > 0) throw new LatchkeyError('ERR_SUBJECT_TAKEN');
      // Another process might have just deleted a user with this subject and crashed before it invalidated the caches.
      // So the caches are invalidated here, although they never store that a user does not exist.
      const created = await cache.writeThenInvalidate([journalKeys.user(checked.subject)], async () => {
        const row = await directory.createUser(checked, context);
        onEvent({ type: 'user.created', userId: row.id, subject: row.subject, ...byWhom(given.by) });
        return row;
      });
      return currently(created);
    },

    update,
    disable: (subject, given) => update(subject, { disabled: true }, given),
    enable: (subject, given) => update(subject, { disabled: false }, given),
    approve: (subject, given) => update(subject, { pending: false }, given),
    addRoles: (subject, roles, given) => update(subject, { addRoles: roles }, given),
    removeRoles: (subject, roles, given) => update(subject, { removeRoles: roles }, given),
    convert: (subject, authMethod, given) => update(subject, { authMethod }, given),

    ...userLinks({ directory, cache, onEvent, currently }),
    ...userRenames({ directory, cache, administrators, subjectCase, onEvent, currently }),

    async delete(subject, given = {}) {
      const context: UserChangeContext = { ...userContextOf(given), keeping: administrators };
      return cache.writeThenInvalidate([journalKeys.user(subject)], async () => {
        const row = context.current?.subject === subject ? context.current : await find(subject);
        const user = await currently(row);
        if (!(await directory.deleteUser(subject, { ...context, current: row })))
          throw new LatchkeyError('ERR_USER_UNKNOWN');
        onEvent({ type: 'user.deleted', userId: user.id, subject, ...byWhom(given.by) });
        return user;
      });
    },
  };
}

function placeOf({ subject }: Pick<User, 'subject'>): Pick<User, 'subject'> | undefined {
  return typeof subject === 'string' && isQuestion(subject) ? { subject } : undefined;
}

function shown(
  user: Positioned<UserRow>,
  mapping: Pick<GroupsToRoles, 'rolesOf'>,
  configured: ConfiguredGroupRoles,
): User {
  const { position: _, ...row } = user;
  const managedRoles = managedRolesOf(row, mapping);
  const defaultRoles = defaultRolesFor(configured.defaultRoles, row.authMethod, [...managedRoles, ...row.grantedRoles]);
  return { ...row, managedRoles, ...(defaultRoles.length === 0 ? {} : { defaultRoles }) };
}

/** Returns all roles of a user as a sorted set. */
export function rolesOf({ managedRoles, grantedRoles, defaultRoles = [] }: User): readonly string[] {
  return sortedSet([...managedRoles, ...grantedRoles, ...defaultRoles]);
}

function userContextOf({ userId, current, ...given }: UserChangeOptions): UserChangeContext {
  return { ...contextOf(given), userId, current };
}

/**
 * Returns whether the change might remove an administrator. If so, the directory checks that another administrator
 * remains.
 */
function mayUnmake({ disabled, pending, authMethod, removeRoles }: UserChange, role: string): boolean {
  return disabled === true || pending === true || authMethod === 'local' || removeRoles?.includes(role) === true;
}

function checkedChange(change: UserChange): UserChange {
  const { disabled, pending, authMethod, addRoles, removeRoles, ...more } = change;
  const unknown = Object.entries(more).find(([, value]) => value !== undefined)?.[0];
  if (unknown !== undefined) {
    const known = 'disabled, pending, authMethod, addRoles or removeRoles';
    throw new LatchkeyError('ERR_CONFIG', { detail: `users.update: expected ${known}, saw ${unknown}.` });
  }
  return {
    disabled: checkedFlag('disabled', disabled),
    pending: checkedFlag('pending', pending),
    authMethod: authMethod === undefined ? undefined : checkedMethod(authMethod),
    addRoles: addRoles === undefined ? undefined : checkRoles(addRoles),
    // The names of roles to remove are not checked, because a row may contain a role that only an older version of
    // Latchkey allowed.
    removeRoles: removeRoles === undefined ? undefined : sortedSet(removeRoles),
  };
}

function checkedUser(user: NewUser): NewUser {
  const { subject, authMethod, displayName, email, grantedRoles } = user;
  return {
    subject: checkSubject(subject),
    authMethod: checkedMethod(authMethod),
    displayName: displayName === undefined ? undefined : checkDisplayName(displayName),
    email: email === undefined ? undefined : checkEmail(email),
    grantedRoles: grantedRoles === undefined || grantedRoles.length === 0 ? undefined : checkRoles(grantedRoles),
  };
}

function checkedFlag(name: string, value: boolean | undefined): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new LatchkeyError('ERR_CONFIG', { detail: `${name}: expected true or false, saw something else.` });
}

function checkedMethod(authMethod: AuthMethod): AuthMethod {
  if (isOneOf(authMethods, authMethod)) return authMethod;
  const expected = alternatives(authMethods);
  throw new LatchkeyError('ERR_CONFIG', { detail: `authMethod: expected ${expected}, saw something else.` });
}
