// directory/: who is that here, and what may they do? Changes by people, which take effect everywhere.
import { LatchkeyError } from '../errors.js';
import type { Directory, NewUser, UserChange } from '../ports.js';
import type { AuthMethod, Clock, OnEvent, RoleMapping, User } from '../types.js';
import { type DeviceAdministration, deviceAdministration } from './device-administration.js';
import { mappingKey, userKey } from './entries.js';
import { checkGroup, checkProfile, checkRoles, checkSubject, sortedSet } from './names.js';
import type { PrincipalCache } from './principal-cache.js';
import { spread } from './spread.js';

/** Users, by subject. All reject with `ERR_USER_UNKNOWN` where there is no such user. */
export interface UserAdministration {
  /** The row as it stands. */
  find(subject: string): Promise<User>;
  /** Users in the order of their subjects, those after `after`. `limit`: 1–1,000, default 100. Throws `ERR_PAGE`. */
  list(page?: { readonly after?: string; readonly limit?: number }): Promise<readonly User[]>;
  /**
   * Adds a user by hand. Rejects with `ERR_SUBJECT_TAKEN`, `ERR_SUBJECT_INVALID`, `ERR_USER_PROFILE` or
   * `ERR_ROLE_NAME`.
   */
  create(user: NewUser): Promise<User>;
  /** Locks the user out: header, session and tokens, at once. */
  disable(subject: string): Promise<User>;
  /** Takes `disable` back; devices that were not revoked work again. */
  enable(subject: string): Promise<User>;
  /** Lets in a user who was provisioned in mode `pending`. */
  approve(subject: string): Promise<User>;
  /** Adds roles that stay, whatever the groups say. Rejects with `ERR_ROLE_NAME`. */
  grantRoles(subject: string, roles: readonly string[]): Promise<User>;
  /** Takes granted roles away; a role that also follows from a group stays. */
  withdrawRoles(subject: string, roles: readonly string[]): Promise<User>;
  /** Makes a local account one that the proxy governs, or the other way round. */
  convert(subject: string, authMethod: AuthMethod): Promise<User>;
  /** Deletes the user and their devices; returns the row that was. */
  remove(subject: string): Promise<User>;
}

/** Group → role mappings of the directory; those of the configuration are not among them. */
export interface MappingAdministration {
  list(): Promise<RoleMapping>;
  /** Sets what a group gives. Rejects with `ERR_GROUP_NAME` or `ERR_ROLE_NAME`. */
  set(group: string, roles: readonly string[]): Promise<RoleMapping>;
  /** Removes what a group gives; removing nothing is no error. */
  remove(group: string): Promise<RoleMapping>;
}

/**
 * Changes to users, mappings and devices. Each is written to the directory first, then told to every instance, and only
 * then returned. Rejects with `ERR_CHANGE_NOT_SPREAD` where the change is saved but the shared state can't be told: this
 * instance obeys it already, the others do once the state is back, or at the latest when their entries expire.
 */
export interface Administration {
  readonly users: UserAdministration;
  readonly mappings: MappingAdministration;
  readonly devices: DeviceAdministration;
  /** Has every instance load this user anew: to be called after the host changed the row itself. */
  invalidate(subject: string): Promise<void>;
}

/** What administration needs; the cache is the one that the resolver uses. */
export interface AdministrationOptions {
  readonly directory: Directory;
  readonly cache: PrincipalCache;
  readonly now: Clock;
  readonly onEvent: OnEvent;
}

/** Administration as functions. Who may call them is the caller's to decide. */
export function administration(options: AdministrationOptions): Administration {
  const { directory, cache, now, onEvent } = options;

  async function find(subject: string): Promise<User> {
    const user = await directory.findUser(subject);
    if (user === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
    return user;
  }

  async function changeUser<Result>(
    subject: string,
    write: () => Promise<Result | undefined>,
    furtherKeys: readonly string[] = [],
  ): Promise<Result> {
    const keys = () => [userKey(subject), ...furtherKeys];
    const result = await spread(cache, keys, write, () => onEvent({ type: 'user.changed-by-administrator', subject }));
    if (result === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
    return result;
  }

  const update = (subject: string, change: UserChange): Promise<User> =>
    changeUser(subject, () => directory.updateUser(subject, change));

  const changeMapping = (group: string, write: () => Promise<RoleMapping>): Promise<RoleMapping> =>
    spread(
      cache,
      () => [mappingKey],
      write,
      () => onEvent({ type: 'mapping.changed', group }),
    );

  const devices = deviceAdministration({ directory, cache, now, onEvent, findUser: find });

  return {
    users: {
      find,

      async list({ after, limit = 100 } = {}) {
        if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw new LatchkeyError('ERR_PAGE');
        return directory.listUsers({ limit, ...(after === undefined ? {} : { after }) });
      },

      async create(user) {
        const checked = checkedUser(user);
        return changeUser(checked.subject, () => directory.createUser(checked));
      },

      disable: (subject) => update(subject, { disabled: true }),
      enable: (subject) => update(subject, { disabled: false }),
      approve: (subject) => update(subject, { pending: false }),
      grantRoles: async (subject, roles) => update(subject, { grant: checkRoles(roles) }),
      // Names are not checked here: a row may hold a role from times when others were allowed.
      withdrawRoles: async (subject, roles) => update(subject, { withdraw: sortedSet(roles) }),
      convert: async (subject, authMethod) => update(subject, { authMethod: checkedMethod(authMethod) }),

      async remove(subject) {
        const user = await find(subject);
        const keys = await devices.keysOf(user.id);
        return changeUser(subject, async () => ((await directory.deleteUser(subject)) ? user : undefined), keys);
      },
    },

    mappings: {
      list: () => directory.mapping(),
      async set(group, roles) {
        const groupRoles = { group: checkGroup(group), roles: checkRoles(roles) };
        return changeMapping(group, () => directory.putGroupRoles(groupRoles));
      },
      remove: (group) => changeMapping(group, () => directory.deleteGroupRoles(group)),
    },

    devices: devices.administration,

    invalidate: (subject) => cache.drop([userKey(subject)]),
  };
}

function checkedUser(user: NewUser): NewUser {
  const { subject, authMethod, displayName, email, grantedRoles } = user;
  return {
    subject: checkSubject(subject),
    authMethod: checkedMethod(authMethod),
    ...(displayName === undefined ? {} : { displayName: checkProfile(displayName) }),
    ...(email === undefined ? {} : { email: checkProfile(email) }),
    ...(grantedRoles === undefined || grantedRoles.length === 0 ? {} : { grantedRoles: checkRoles(grantedRoles) }),
  };
}

function checkedMethod(authMethod: AuthMethod): AuthMethod {
  if (authMethod === 'proxy' || authMethod === 'local') return authMethod;
  throw new LatchkeyError('ERR_CONFIG', { detail: `authMethod: saw something else, expected 'proxy' or 'local'.` });
}
