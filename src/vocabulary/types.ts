// Defines the types that all other modules use. The terms are explained in docs/design.md. This file has no runtime
// code.
import type { AuditAction, AuthMethod, PairedBy } from './words.js';

export type { AuditAction, AuthMethod, PairedBy, PairingStatus, Provisioning } from './words.js';

/** The method with which a request was authenticated. */
export type PrincipalMethod = 'header' | 'session' | 'token';

/** The data that a trusted proxy sends about the user of a request. */
export interface Assertion {
  /** The proxy's stable name for the user, in Unicode NFC. */
  readonly subject: string;
  /** The display name. If the proxy sent none, the row keeps its display name. */
  readonly displayName?: string | undefined;
  /**
   * The e-mail address. If the proxy sent none, the row keeps its address. Latchkey never looks up an account by e-mail
   * address.
   */
  readonly email?: string | undefined;
  /**
   * The groups as a sorted set. If the set is absent, the user's groups and managed roles stay unchanged. If the set is
   * empty, the user is in no group.
   */
  readonly groups?: readonly string[] | undefined;
}

/** A field that was left out of an assertion because its value is invalid. The login continues without this field. */
export type LeftOutField = 'display-name' | 'email' | 'groups';

/** A user, as stored in the directory. */
export interface UserRow {
  /** A UUID, never reused. */
  readonly id: string;
  readonly subject: string;
  readonly authMethod: AuthMethod;
  readonly displayName?: string | undefined;
  readonly email?: string | undefined;
  /** The groups of the latest assertion that contained groups, as a sorted set. */
  readonly groups: readonly string[];
  /** The roles that an administrator added, as a sorted set. */
  readonly grantedRoles: readonly string[];
  /** A disabled user is never admitted, whatever the authentication method is. Nothing overrides this rule. */
  readonly disabled: boolean;
  /**
   * A pending user was provisioned in the mode `pending` and is not approved yet. Like a user without an account, a
   * pending user is never admitted.
   */
  readonly pending: boolean;
  /** A number that grows by one with every change of this row, except changes of `lastAssertedAt` and `endedLogins`. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /**
   * The time at which the proxy last logged this user in. Latchkey records this time only if the option
   * `tokens.suspendAfterDays` is set, and writes it asynchronously. A new time changes neither `version` nor
   * `updatedAt`.
   */
  readonly lastAssertedAt?: Date | undefined;
  /** The ids of logins that have ended, as a sorted set (see `Directory.endLogin`). Absent if there are none. */
  readonly endedLogins?: readonly string[] | undefined;
  /**
   * The id of the row in the host's own users table to which this user is linked, 1–255 characters. Absent if the user
   * is not linked.
   */
  readonly hostUserId?: string | undefined;
  /**
   * The former subjects of this user, as a sorted set. Tokens with a former subject stay valid. Absent if there are
   * none.
   */
  readonly formerSubjects?: readonly string[] | undefined;
}

/** A user in the form that administrators see. */
export interface User extends UserRow {
  /**
   * The roles that follow from the user's groups and the current mappings, as a sorted set. Managed roles are computed
   * on each read and never stored.
   */
  readonly managedRoles: readonly string[];
  /** The roles that the option `defaultRoles` gives this user, as a sorted set. Absent if there are none. */
  readonly defaultRoles?: readonly string[] | undefined;
}

/** The cached data of a user: everything that Latchkey needs to accept or refuse a request. */
export interface Account {
  readonly userId: string;
  readonly subject: string;
  readonly authMethod: AuthMethod;
  readonly displayName?: string | undefined;
  readonly email?: string | undefined;
  /** The union of managed, granted and default roles. */
  readonly roles: ReadonlySet<string>;
  readonly disabled: boolean;
  readonly pending: boolean;
  /**
   * The time of the last login through the proxy, in milliseconds since the epoch, as known when the account was loaded.
   * The row may contain a later time. This is a number, because a `Date` takes six times as much memory.
   */
  readonly lastAssertedAtMs?: number | undefined;
  /** The ids of logins that have ended, as a sorted set. Absent if there are none. */
  readonly endedLogins?: readonly string[] | undefined;
  /** The id of the user's row in the host's own users table. Absent if the user is not linked. */
  readonly hostUserId?: string | undefined;
  /** The former subjects of this user, as a sorted set. Absent if there are none. */
  readonly formerSubjects?: readonly string[] | undefined;
}

/** The authenticated user of a request, and the authentication method. */
export interface Principal {
  readonly userId: string;
  readonly subject: string;
  readonly displayName?: string | undefined;
  readonly email?: string | undefined;
  readonly roles: ReadonlySet<string>;
  readonly method: PrincipalMethod;
  /**
   * The id of the user's row in the host's own users table. With the option `hostUsers`, every principal has this id.
   * Absent if the user is not linked.
   */
  readonly hostUserId?: string | undefined;
  /** The id of the paired device, if `method` is `token`. */
  readonly deviceId?: string | undefined;
}

/**
 * The user to whom a login, a pairing or a device belongs. `userId` distinguishes a new user from a deleted user with
 * the same subject.
 */
export interface Owner {
  readonly subject: string;
  readonly userId: string;
}

/** The roles that a group gives. */
export interface GroupRoles {
  /**
   * A group, or a pattern in which `*` matches any sequence of characters, including none. Groups are case-sensitive.
   */
  readonly group: string;
  /** A sorted set, never empty. */
  readonly roles: readonly string[];
}

/** A group → role mapping in the form that administrators see. */
export interface Mapping extends GroupRoles {
  /** A note for administrators, 1–500 characters. */
  readonly note?: string | undefined;
  /** The subject of the user who last changed the mapping. Absent if the host's own code changed it. */
  readonly changedBy?: string | undefined;
  readonly changedAt: Date;
  /**
   * A number that changes with every change of this mapping. A version is never reused, even after the mapping was
   * deleted.
   */
  readonly version: number;
}

/**
 * All mappings in effect, and their generation. The generation is a number that changes whenever the roles in the
 * mappings change.
 */
export interface RoleMapping {
  readonly generation: number;
  readonly groupRoles: readonly GroupRoles[];
}

/** All mappings of the directory. */
export interface DirectoryMapping extends RoleMapping {
  readonly groupRoles: readonly Mapping[];
}

/** A paired app. A device holds one API token, whose `jti` is the device's id. */
export interface Device {
  /** A UUID, never reused. */
  readonly id: string;
  readonly userId: string;
  /** The owner's subject. The device contains the subject, so that a request with a token needs only one look-up. */
  readonly subject: string;
  /** The name shown in lists, 1–64 characters. */
  readonly name: string;
  /** The app's `client_id`, 1–64 characters. */
  readonly clientId: string;
  /** The version that the app reported, 1–64 characters. */
  readonly appVersion?: string | undefined;
  /** The platform that the app reported, 1–64 characters. */
  readonly platform?: string | undefined;
  readonly pairedBy: PairedBy;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /**
   * The time of the last use, which is written asynchronously and at most once a minute. In a cached device, this time
   * may be older than in the row.
   */
  readonly lastUsedAt?: Date | undefined;
  /**
   * The address of the last use, 1–64 characters, for display only. Before the first use, `lastAddress` is the address
   * from which the device was paired.
   */
  readonly lastAddress?: string | undefined;
  /** The serial number of the current token. A new device starts at 1. */
  readonly serial: number;
  /** The time at which the token with the number `serial + 1` was issued. Absent after the first use of that token. */
  readonly renewedAt?: Date | undefined;
  /** The time until which the token with the number `serial - 1` is still accepted. */
  readonly previousUntil?: Date | undefined;
  readonly revokedAt?: Date | undefined;
  /**
   * A number that grows by one when the device is renamed or revoked. Neither a use of the device nor a renewal of its
   * token changes the version.
   */
  readonly version: number;
}

/** The author of a change, as recorded in the audit trail. */
export interface Actor {
  /** The subject of the user who made the change. Absent if the host's own code or Latchkey itself made the change. */
  readonly subject?: string | undefined;
  /**
   * The address from which the user's request came, 1–64 characters. This address is for display only, and no decision
   * depends on it.
   */
  readonly address?: string | undefined;
}

/** A value in the audit trail. */
export type AuditValue = string | boolean | readonly string[];

/**
 * One entry of the audit trail: who changed what, and from which address. An audit entry never contains a pairing code,
 * a secret or a token.
 */
export interface AuditEntry {
  /** A whole number as text. Later entries have greater ids. */
  readonly id: string;
  readonly at: Date;
  readonly actor: Actor;
  readonly action: AuditAction;
  /** The subject of the user whom the change affects. */
  readonly subject?: string | undefined;
  /** The group whose mapping was changed. */
  readonly group?: string | undefined;
  /** The id of the device that the change affects. */
  readonly deviceId?: string | undefined;
  /**
   * The changed values, by field name. The member `from` is absent if the field had no value before the change. The
   * member `to` is absent if the field has no value after the change.
   */
  readonly changes: Readonly<
    Record<string, { readonly from?: AuditValue | undefined; readonly to?: AuditValue | undefined }>
  >;
}

/** Returns milliseconds since the epoch, as `Date.now` does. */
export type Clock = () => number;
