// What the verbs of the port `Directory` take and give, beyond the vocabulary: changes, queries and outcomes.
import type { Actor, AuditAction, AuthMethod, Device, GroupRoles, UserRow } from './types.js';

/** What provisioning did, and the row as it stands after it. */
export type Provisioned =
  | { readonly outcome: 'created' | 'updated' | 'unchanged'; readonly user: UserRow }
  | { readonly outcome: 'absent' };

/** A device with its owner's row. */
export interface DeviceAndOwner {
  readonly device: Device;
  readonly user: UserRow;
}

/** May provisioning make a row? `never`: update only. `pending`: made, but waiting for an administrator. */
export type CreateMode = 'active' | 'pending' | 'never';

/** A change to a user's row by an administrator. What is absent stays. */
export interface UserChange {
  readonly disabled?: boolean;
  readonly pending?: boolean;
  readonly authMethod?: AuthMethod;
  /** Roles to add to the granted ones. */
  readonly grant?: readonly string[];
  /** Roles to take from the granted ones; wins over `grant`. */
  readonly withdraw?: readonly string[];
}

/** A user that the host adds by hand. */
export interface NewUser {
  readonly subject: string;
  readonly authMethod: AuthMethod;
  readonly displayName?: string;
  readonly email?: string;
  readonly grantedRoles?: readonly string[];
}

/** A group → role mapping that an administrator sets. */
export interface NewMapping extends GroupRoles {
  /** Absent: the mapping has no note from then on. */
  readonly note?: string;
}

/**
 * Who has a role: whoever it was granted to, and proxy users in a group that a mapping gives it to. The directory knows
 * its own mappings; `groups` are those of the configuration that give it, as exact names or patterns.
 */
export interface RoleHolders {
  readonly role: string;
  readonly groups: readonly string[];
}

/** What goes with a change. All of it holds, or nothing is written. */
export interface ChangeContext {
  /** Who makes the change. Default: nobody in particular. */
  readonly actor?: Actor;
  /**
   * What the caller has seen: the version that the row must have, or `'none'` for no row. Otherwise the change rejects
   * with `ERR_VERSION`. Default: whatever is there.
   */
  readonly version?: number | 'none';
  /**
   * Rejects with `ERR_LAST_ADMINISTRATOR` where somebody who is neither disabled nor pending has this role before the
   * change, and nobody after it. Of any number of such changes at once, none gets past it.
   */
  readonly keeping?: RoleHolders;
}

/** What goes with a change to a user. */
export interface UserChangeContext extends ChangeContext {
  /**
   * Whom the caller has seen: the id that the row must have. Otherwise the change rejects with `ERR_VERSION`: a subject that
   * was removed can come back as another user, and with the same version.
   */
  readonly userId?: string;
  /**
   * The row as the caller has just read it, so that the directory need not read it once more before it writes. It changes
   * nothing else: where the row has moved since, the directory goes by the row as it stands.
   */
  readonly seen?: UserRow;
}

/** Which users to list. What is absent does not filter. */
export interface UserQuery {
  /**
   * Text that the subject, the display name or the e-mail address contains, taken by the letter. Case does not count
   * for A to Z, and for other letters as far as the database's locale knows it.
   */
  readonly search?: string;
  readonly authMethod?: AuthMethod;
  readonly role?: RoleHolders;
  readonly disabled?: boolean;
  readonly pending?: boolean;
  /** The subject that the page before ended with. */
  readonly after?: string;
  /** 1–1,000. */
  readonly limit: number;
}

/** Which devices of anybody to list. What is absent does not filter. */
export interface DeviceQuery {
  /** Text that the device's name, its `clientId` or its owner's subject contains, taken as `UserQuery.search` is. */
  readonly search?: string;
  /** The owner's subject. */
  readonly subject?: string;
  /** Devices that are revoked or expired at this instant are left out. */
  readonly now: Date;
  /** The device that the page before ended with; nothing comes after text that is no id. */
  readonly after?: Pick<Device, 'id' | 'createdAt'>;
  /** 1–1,000. */
  readonly limit: number;
}

/** Which entries of the audit trail to list. What is absent does not filter. */
export interface AuditQuery {
  /** The subject of who did it. */
  readonly actor?: string;
  readonly action?: AuditAction;
  /** The subject of the user that it is about. */
  readonly subject?: string;
  readonly group?: string;
  readonly deviceId?: string;
  /** From this instant on. */
  readonly since?: Date;
  /** Before this instant. */
  readonly until?: Date;
  /** The id of the entry that the page before ended with; nothing comes after text that is no id. */
  readonly after?: string;
  /** 1–1,000. */
  readonly limit: number;
}

/** How many proxy users have exactly these groups. */
export interface GroupSet {
  /** A sorted set. */
  readonly groups: readonly string[];
  readonly users: number;
}

/** A device that is paired just now. `lastAddress` is where it was paired from. */
export type NewDevice = Omit<
  Device,
  'subject' | 'lastUsedAt' | 'revokedAt' | 'serial' | 'renewedAt' | 'previousUntil' | 'version'
>;

/** One use of a device. Without an address, the row keeps the one it has. */
export interface DeviceUse {
  readonly id: string;
  readonly lastUsedAt: Date;
  readonly lastAddress?: string;
}

/** One login of a user by the proxy. */
export interface UserAssertedAt {
  readonly userId: string;
  readonly lastAssertedAt: Date;
}

/** Which of a user's devices a revocation is about. */
export type DeviceSelection = { readonly only: string } | { readonly except: string } | 'all';
