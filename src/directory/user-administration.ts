// directory/: who is that here, and what may they do? Changes to users, which take effect everywhere.

import type { NewUser, UserChange, UserChangeContext } from '../directory-values.js';
import { LatchkeyError } from '../errors.js';
import type { Directory } from '../ports.js';
import { type Loose, present } from '../present.js';
import type { AuthMethod, OnEvent, User } from '../types.js';
import { byWhom, type ChangeOptions, contextOf, type UserChangeOptions } from './change.js';
import { managedRolesOf, userKey } from './entries.js';
import { checkLimit, checkProfile, checkRoles, checkSearch, checkSubject, sortedSet } from './names.js';
import type { PrincipalCache } from './principal-cache.js';
import { type AdministratorRole, type ConfiguredGroupRoles, groupsGiving, groupsToRoles } from './role-mapping.js';
import { spread } from './spread.js';

/** Which users to list. What is absent does not filter. */
export interface UserListing {
  /** Text that the subject, the display name or the e-mail address contains; case does not count. 1–255 characters. */
  readonly search?: string | undefined;
  readonly authMethod?: AuthMethod | undefined;
  /** Who has this role, granted or by a group and today's mappings. */
  readonly role?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly pending?: boolean | undefined;
  /** The subject that the page before ended with. */
  readonly after?: string | undefined;
  /** 1–1,000. Default 100. */
  readonly limit?: number | undefined;
}

/**
 * Users, by subject. All reject with `ERR_USER_UNKNOWN` where there is no such user. Changes reject with `ERR_VERSION`
 * where the row has another version or id than the options say, and with `ERR_LAST_ADMINISTRATOR` where nobody would be
 * administrator any more.
 */
export interface UserAdministration {
  /** The row as it stands; `managedRoles` are those that today's mappings give. */
  find(subject: string): Promise<User>;
  /** Users in the order of their subjects, `managedRoles` as in `find`. Rejects with `ERR_PAGE` or `ERR_QUERY`. */
  list(listing?: UserListing): Promise<readonly User[]>;
  /**
   * Adds a user by hand. Rejects with `ERR_SUBJECT_TAKEN`, `ERR_SUBJECT_INVALID`, `ERR_USER_PROFILE` or
   * `ERR_ROLE_NAME`.
   */
  create(user: Loose<NewUser>, options?: Omit<ChangeOptions, 'version'>): Promise<User>;
  /** Several changes at once, as one. Rejects with `ERR_ROLE_NAME`. */
  update(subject: string, change: Loose<UserChange>, options?: UserChangeOptions): Promise<User>;
  /** Locks the user out: header, session and tokens, at once. */
  disable(subject: string, options?: UserChangeOptions): Promise<User>;
  /** Takes `disable` back; devices that were not revoked work again. */
  enable(subject: string, options?: UserChangeOptions): Promise<User>;
  /** Lets in a user who was provisioned in mode `pending`. */
  approve(subject: string, options?: UserChangeOptions): Promise<User>;
  /** Adds roles that stay, whatever the groups say. Rejects with `ERR_ROLE_NAME`. */
  grantRoles(subject: string, roles: readonly string[], options?: UserChangeOptions): Promise<User>;
  /** Takes granted roles away; a role that also follows from a group stays. */
  withdrawRoles(subject: string, roles: readonly string[], options?: UserChangeOptions): Promise<User>;
  /** Makes a local account one that the proxy governs, or the other way round. */
  convert(subject: string, authMethod: AuthMethod, options?: UserChangeOptions): Promise<User>;
  /** Deletes the user and their devices; returns the row that was. The audit trail keeps what is about them. */
  remove(subject: string, options?: UserChangeOptions): Promise<User>;
}

/** The administration of users. `keysOf`: the cached keys of a user's devices. */
export function userAdministration(options: {
  readonly directory: Directory;
  readonly cache: PrincipalCache;
  readonly configured: ConfiguredGroupRoles;
  readonly administrator: AdministratorRole;
  readonly keysOf: (userId: string) => Promise<readonly string[]>;
  readonly onEvent: OnEvent;
}): UserAdministration {
  const { directory, cache, configured, administrator, keysOf, onEvent } = options;
  const administrators = { role: administrator.role, groups: groupsGiving(configured, administrator.role) };

  async function find(subject: string): Promise<User> {
    const user = await directory.findUser(subject);
    if (user === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
    return user;
  }

  /** Users with the managed roles that their next request would have. */
  async function current(users: readonly User[]): Promise<readonly User[]> {
    const mapping = users.some(({ groups }) => groups.length > 0)
      ? groupsToRoles(await directory.mapping(), configured)
      : { rolesOf: () => [] };
    return users.map((user) => ({ ...user, managedRoles: managedRolesOf(user, mapping) }));
  }

  async function currently(user: User): Promise<User> {
    const [shown] = await current([user]);
    return shown ?? user;
  }

  async function update(subject: string, change: Loose<UserChange>, given: UserChangeOptions = {}): Promise<User> {
    const checked = checkedChange(change);
    const context: UserChangeContext = {
      ...userContextOf(given),
      ...(mayUnmake(checked, administrator.role) ? { keeping: administrators } : {}),
    };
    const user = await spread(
      cache,
      () => [userKey(subject)],
      () => directory.updateUser(subject, checked, context),
      () => onEvent({ type: 'user.changed-by-administrator', subject, ...byWhom(given.by) }),
    );
    if (user === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
    return currently(user);
  }

  return {
    find: async (subject) => currently(await find(subject)),

    async list({ search, authMethod, role, disabled, pending, after, limit = 100 } = {}) {
      const holders = role === undefined ? undefined : { role, groups: groupsGiving(configured, role) };
      const text = search === undefined ? undefined : checkSearch(search);
      const query = { search: text, authMethod, role: holders, disabled, pending, after };
      return current(await directory.listUsers({ ...present(query), limit: checkLimit(limit) }));
    },

    async create(user, given = {}) {
      const checked = checkedUser(user);
      const context = contextOf(given);
      const created = await spread(
        cache,
        () => [userKey(checked.subject)],
        () => directory.createUser(checked, context),
        ({ id, subject }) => onEvent({ type: 'user.created', userId: id, subject, ...byWhom(given.by) }),
      );
      return currently(created);
    },

    update,
    disable: (subject, given) => update(subject, { disabled: true }, given),
    enable: (subject, given) => update(subject, { disabled: false }, given),
    approve: (subject, given) => update(subject, { pending: false }, given),
    grantRoles: (subject, roles, given) => update(subject, { grant: roles }, given),
    withdrawRoles: (subject, roles, given) => update(subject, { withdraw: roles }, given),
    convert: (subject, authMethod, given) => update(subject, { authMethod }, given),

    async remove(subject, given = {}) {
      const context: UserChangeContext = { ...userContextOf(given), keeping: administrators };
      const user = await find(subject);
      const keys = [userKey(subject), ...(await keysOf(user.id))];
      const removed = await spread(
        cache,
        () => keys,
        async () => ((await directory.deleteUser(subject, context)) ? user : undefined),
        () => onEvent({ type: 'user.removed', userId: user.id, subject, ...byWhom(given.by) }),
      );
      if (removed === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
      return removed;
    },
  };
}

function userContextOf({ userId, ...given }: UserChangeOptions): UserChangeContext {
  return { ...contextOf(given), ...(userId === undefined ? {} : { userId }) };
}

/** Whether the change can take the role from somebody, or somebody with it out: only then it costs a look at the others. */
function mayUnmake({ disabled, pending, authMethod, withdraw }: UserChange, role: string): boolean {
  return disabled === true || pending === true || authMethod === 'local' || withdraw?.includes(role) === true;
}

function checkedChange({ disabled, pending, authMethod, grant, withdraw }: Loose<UserChange>): UserChange {
  return {
    ...present({ disabled: checkedFlag('disabled', disabled), pending: checkedFlag('pending', pending) }),
    ...(authMethod === undefined ? {} : { authMethod: checkedMethod(authMethod) }),
    ...(grant === undefined ? {} : { grant: checkRoles(grant) }),
    // Names are not checked here: a row may hold a role from times when others were allowed.
    ...(withdraw === undefined ? {} : { withdraw: sortedSet(withdraw) }),
  };
}

function checkedUser(user: Loose<NewUser>): NewUser {
  const { subject, authMethod, displayName, email, grantedRoles } = user;
  return {
    subject: checkSubject(subject),
    authMethod: checkedMethod(authMethod),
    ...(displayName === undefined ? {} : { displayName: checkProfile(displayName) }),
    ...(email === undefined ? {} : { email: checkProfile(email) }),
    ...(grantedRoles === undefined || grantedRoles.length === 0 ? {} : { grantedRoles: checkRoles(grantedRoles) }),
  };
}

function checkedFlag(name: string, value: boolean | undefined): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new LatchkeyError('ERR_CONFIG', { detail: `${name}: saw something else, expected true or false.` });
}

function checkedMethod(authMethod: AuthMethod): AuthMethod {
  if (authMethod === 'proxy' || authMethod === 'local') return authMethod;
  throw new LatchkeyError('ERR_CONFIG', { detail: `authMethod: saw something else, expected 'proxy' or 'local'.` });
}
