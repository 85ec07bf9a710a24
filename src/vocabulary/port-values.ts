// Defines the arguments and results of the methods of the port `Directory`: changes, queries and outcomes.
import type { Actor, AuditAction, AuditEntry, AuthMethod, Device, GroupRoles, UserRow } from './types.js';

/** The outcome of provisioning, and the resulting row. */
export type Provisioned =
  | { readonly outcome: 'created' | 'updated' | 'unchanged'; readonly user: UserRow }
  | { readonly outcome: 'absent' };

/** A device with its owner's row. */
export interface DeviceAndOwner {
  readonly device: Device;
  readonly user: UserRow;
}

/**
 * Controls whether provisioning may create a row. With `active`, a new user can log in at once. With `pending`, a new
 * user has to wait for an administrator's approval. With `never`, provisioning only updates existing rows.
 */
export type CreateMode = 'active' | 'pending' | 'never';

/**
 * A change that an administrator makes to a user's row. A field that is absent from the change keeps its value in the
 * row.
 */
export interface UserChange {
  readonly disabled?: boolean | undefined;
  readonly pending?: boolean | undefined;
  readonly authMethod?: AuthMethod | undefined;
  /** Roles to add to the granted roles. */
  readonly addRoles?: readonly string[] | undefined;
  /** Roles to remove from the granted roles. `removeRoles` takes precedence over `addRoles`. */
  readonly removeRoles?: readonly string[] | undefined;
}

/** A user that an administrator or the host creates. */
export interface NewUser {
  readonly subject: string;
  readonly authMethod: AuthMethod;
  readonly displayName?: string | undefined;
  readonly email?: string | undefined;
  readonly grantedRoles?: readonly string[] | undefined;
}

/** A group → role mapping that an administrator sets. */
export interface NewMapping extends GroupRoles {
  /** If the note is absent, the mapping has no note after the change. */
  readonly note?: string | undefined;
}

/**
 * The users with a role: users to whom the role was granted, and proxy users in a group that gives the role. `groups`
 * lists only the groups and patterns of the configuration, because the directory already knows its own mappings.
 */
export interface RoleHolders {
  readonly role: string;
  readonly groups: readonly string[];
}

/** The author and the conditions of a change. If a condition does not hold, nothing is written. */
export interface ChangeContext {
  /** The author of the change. Default: none. */
  readonly actor?: Actor | undefined;
  /**
   * The version that the row must have, or `'none'` if the row must not exist. The call rejects with `ERR_VERSION` if
   * this condition does not hold. By default, neither the version nor the existence of the row is checked.
   */
  readonly version?: number | 'none' | undefined;
  /**
   * A role that must not lose its last holder. The call rejects with `ERR_LAST_ADMINISTRATOR` if the change would
   * remove the last holder of the role. Disabled and pending users do not count as holders. Concurrent changes cannot
   * bypass this check.
   */
  readonly keeping?: RoleHolders | undefined;
}

/** The author and the conditions of a change to a user. */
export interface UserChangeContext extends ChangeContext {
  /**
   * The id that the row must have. If the row has another id, the call rejects with `ERR_VERSION`. This check protects
   * a new user who has the same subject and version as a deleted user.
   */
  readonly userId?: string | undefined;
  /**
   * The row, if the caller has just read it. Passing the row saves the directory one read before the write and has no
   * other effect. If the row has changed since it was read, the directory reads the row again.
   */
  readonly current?: UserRow | undefined;
}

/** The outcome of `Directory.linkHostUser`. */
export interface HostLink {
  /** `true` if the call has changed the link. */
  readonly changed: boolean;
  /** The user's row after the call. */
  readonly user: UserRow;
}

/** A query for a page of users. An absent filter matches every user. */
export interface UserQuery {
  /**
   * Selects the users whose subject, display name or e-mail address literally contains this text. The comparison
   * ignores the case of the letters A to Z. For other letters, the database's locale decides.
   */
  readonly search?: string | undefined;
  readonly authMethod?: AuthMethod | undefined;
  readonly role?: RoleHolders | undefined;
  readonly disabled?: boolean | undefined;
  readonly pending?: boolean | undefined;
  /** The last user of the previous page. */
  readonly after?: Pick<UserRow, 'subject'> | undefined;
  /** The maximum number of results, 1–1,000. */
  readonly limit: number;
}

/** A query for a page of the devices of all users. An absent filter matches every device. */
export interface DeviceQuery {
  /**
   * Selects the devices whose name, `clientId` or owner's subject contains this text. The comparison is the same as for
   * `UserQuery.search`.
   */
  readonly search?: string | undefined;
  /** The owner's subject. */
  readonly subject?: string | undefined;
  /** Leaves out devices that are revoked or expired at this time. */
  readonly now: Date;
  /** The last device of the previous page. If the id is invalid, the page is empty. */
  readonly after?: Pick<Device, 'id' | 'createdAt'> | undefined;
  /** The maximum number of results, 1–1,000. */
  readonly limit: number;
}

/** The filters of a list of audit entries. An absent filter matches every entry. */
export interface AuditFilters {
  /** The subject of the user who made the change. */
  readonly actor?: string | undefined;
  readonly action?: AuditAction | undefined;
  /** The subject of the user whom the change affects. */
  readonly subject?: string | undefined;
  readonly group?: string | undefined;
  readonly deviceId?: string | undefined;
  /** Selects the entries that were made at or after this instant. */
  readonly since?: Date | undefined;
  /** Selects the entries that were made before this instant. */
  readonly until?: Date | undefined;
}

/** A query for a page of audit entries. */
export interface AuditQuery extends AuditFilters {
  /** The last entry of the previous page. If the id is invalid, the page is empty. */
  readonly after?: Pick<AuditEntry, 'id'> | undefined;
  /** The maximum number of results, 1–1,000. */
  readonly limit: number;
}

/** The number of proxy users who have exactly these groups. */
export interface GroupSet {
  /** A sorted set. */
  readonly groups: readonly string[];
  readonly users: number;
}

/** A newly paired device. `lastAddress` is the address from which the device was paired. */
export type NewDevice = Omit<
  Device,
  'subject' | 'lastUsedAt' | 'revokedAt' | 'serial' | 'renewedAt' | 'previousUntil' | 'version'
>;

/** One use of a device. If a use has no address, the row keeps its current address. */
export interface DeviceUse {
  readonly id: string;
  readonly lastUsedAt: Date;
  readonly lastAddress?: string | undefined;
}

/** The time at which the proxy logged a user in. */
export interface UserAssertedAt {
  readonly userId: string;
  readonly lastAssertedAt: Date;
}

/** Selects which devices of a user to revoke. */
export type DeviceSelection = { readonly only: string } | { readonly except: string } | 'all';
