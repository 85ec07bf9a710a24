// The arguments and results of the methods of the port `Directory`: changes, queries and outcomes.
import type { Actor, AuditAction, AuditEntry, AuthMethod, Device, GroupRoles, UserRow } from './types.js';

/** What provisioning did, and the resulting row. */
export type Provisioned =
  | { readonly outcome: 'created' | 'updated' | 'unchanged'; readonly user: UserRow }
  | { readonly outcome: 'absent' };

/** A device with its owner's row. */
export interface DeviceAndOwner {
  readonly device: Device;
  readonly user: UserRow;
}

/**
 * Whether provisioning may create a row. `active`: yes. `pending`: yes, but the new user waits for an administrator's
 * approval. `never`: it only updates.
 */
export type CreateMode = 'active' | 'pending' | 'never';

/** A change to a user's row by an administrator. Absent fields stay unchanged. */
export interface UserChange {
  readonly disabled?: boolean | undefined;
  readonly pending?: boolean | undefined;
  readonly authMethod?: AuthMethod | undefined;
  /** Roles to add to the granted roles. */
  readonly addRoles?: readonly string[] | undefined;
  /** Roles to remove from the granted roles. Takes precedence over `addRoles`. */
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
  /** Absent: the mapping has no note after the change. */
  readonly note?: string | undefined;
}

/**
 * The users with a role: users to whom the role was granted, and proxy users in a group that gives it. The directory
 * knows the groups of its own mappings; `groups` are those of the configuration, as exact names or patterns.
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
   * The version that the row must have, or `'none'` if there must be no row. Otherwise the change rejects with
   * `ERR_VERSION`. Default: any version, or no row.
   */
  readonly version?: number | 'none' | undefined;
  /**
   * The change rejects with `ERR_LAST_ADMINISTRATOR` if at least one user who is neither disabled nor pending has this
   * role before the change, and none after it. Concurrent changes cannot bypass this check.
   */
  readonly keeping?: RoleHolders | undefined;
}

/** The author and the conditions of a change to a user. */
export interface UserChangeContext extends ChangeContext {
  /**
   * The id that the row must have. Otherwise the change rejects with `ERR_VERSION`: the subject of a deleted user can
   * belong to a new user later, with the same version.
   */
  readonly userId?: string | undefined;
  /**
   * The row as the caller has just read it. It saves the directory one read before the write and has no other effect:
   * if the row has changed since, the directory reads it again.
   */
  readonly current?: UserRow | undefined;
}

/** The outcome of `Directory.linkHostUser`. */
export interface HostLink {
  /** Whether the call has changed the link. */
  readonly changed: boolean;
  /** The row as it is after the call. */
  readonly user: UserRow;
}

/** Which users to list. Absent fields do not filter. */
export interface UserQuery {
  /**
   * Text that the subject, the display name or the e-mail address contains, taken literally. Case is ignored for A to
   * Z, and for other letters as far as the database's locale knows them.
   */
  readonly search?: string | undefined;
  readonly authMethod?: AuthMethod | undefined;
  readonly role?: RoleHolders | undefined;
  readonly disabled?: boolean | undefined;
  readonly pending?: boolean | undefined;
  /** The last user of the previous page. */
  readonly after?: Pick<UserRow, 'subject'> | undefined;
  /** 1–1,000. */
  readonly limit: number;
}

/** Which devices of all users to list. Absent fields do not filter. */
export interface DeviceQuery {
  /** Text that the device's name, its `clientId` or its owner's subject contains, compared like `UserQuery.search`. */
  readonly search?: string | undefined;
  /** The owner's subject. */
  readonly subject?: string | undefined;
  /** Devices that are revoked, or expired at this instant, are left out. */
  readonly now: Date;
  /** The last device of the previous page. Text that is not an id gives an empty page. */
  readonly after?: Pick<Device, 'id' | 'createdAt'> | undefined;
  /** 1–1,000. */
  readonly limit: number;
}

/** Which entries of the audit trail to list. Absent fields do not filter. */
export interface AuditFilters {
  /** The subject of the user who made the change. */
  readonly actor?: string | undefined;
  readonly action?: AuditAction | undefined;
  /** The subject of the user that the change concerns. */
  readonly subject?: string | undefined;
  readonly group?: string | undefined;
  readonly deviceId?: string | undefined;
  /** At or after this instant. */
  readonly since?: Date | undefined;
  /** Before this instant. */
  readonly until?: Date | undefined;
}

/** Which page of which entries of the audit trail to list. */
export interface AuditQuery extends AuditFilters {
  /** The last entry of the previous page. Text that is not an id gives an empty page. */
  readonly after?: Pick<AuditEntry, 'id'> | undefined;
  /** 1–1,000. */
  readonly limit: number;
}

/** The number of proxy users who have exactly these groups. */
export interface GroupSet {
  /** A sorted set. */
  readonly groups: readonly string[];
  readonly users: number;
}

/** A newly paired device. `lastAddress` is the address that it was paired from. */
export type NewDevice = Omit<
  Device,
  'subject' | 'lastUsedAt' | 'revokedAt' | 'serial' | 'renewedAt' | 'previousUntil' | 'version'
>;

/** One use of a device. Without an address, the row keeps the one it has. */
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

/** Which of a user's devices to revoke. */
export type DeviceSelection = { readonly only: string } | { readonly except: string } | 'all';
