// The types that every other module uses, in the words of docs/design.md. Types only, no runtime code.
import type { AuditAction, AuthMethod, PairedBy } from './words.js';

export type { AuditAction, AuthMethod, PairedBy, PairingStatus, Provisioning } from './words.js';

/** How a request proved its identity. */
export type PrincipalMethod = 'header' | 'session' | 'token';

/** What a trusted proxy says about one request. */
export interface Assertion {
  /** The proxy's stable name for the user, in Unicode NFC. */
  readonly subject: string;
  /** Absent: the proxy sent none, and the row keeps its value. */
  readonly displayName?: string | undefined;
  /** Absent: the proxy sent none, and the row keeps its value. Never used to find an account. */
  readonly email?: string | undefined;
  /** A sorted set. Absent: groups and managed roles stay unchanged. Empty: the user is in no group. */
  readonly groups?: readonly string[] | undefined;
}

/** A field of an assertion that was left out because its value is not acceptable. The login continues without it. */
export type LeftOutField = 'display-name' | 'email' | 'groups';

/** A user as stored in the directory. */
export interface UserRow {
  /** A UUID, never reused. */
  readonly id: string;
  readonly subject: string;
  readonly authMethod: AuthMethod;
  readonly displayName?: string | undefined;
  readonly email?: string | undefined;
  /** The groups of the latest assertion that had groups, a sorted set. */
  readonly groups: readonly string[];
  /** Roles that an administrator added, a sorted set. */
  readonly grantedRoles: readonly string[];
  /** A disabled user is never admitted, by any method. Nothing overrides this. */
  readonly disabled: boolean;
  /** Provisioned in mode `pending` and not approved yet. Treated like a user without an account. */
  readonly pending: boolean;
  /** Grows by one with every change of this row. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /**
   * When the proxy last logged this user in. Recorded only with `tokens.suspendAfterDays`, and written asynchronously.
   * Changes neither `version` nor `updatedAt`.
   */
  readonly lastAssertedAt?: Date | undefined;
  /** Ids of logins that have ended, a sorted set (see `Directory.endLogin`). Absent: none. */
  readonly endedLogins?: readonly string[] | undefined;
  /** The id of the row in the host's own table that this user is linked to, 1–255 characters. Absent: no link. */
  readonly hostUserId?: string | undefined;
  /** Subjects that this user had before, a sorted set. Tokens with these subjects stay valid. Absent: none. */
  readonly formerSubjects?: readonly string[] | undefined;
}

/** A user as administrators see them. */
export interface User extends UserRow {
  /**
   * Roles that follow from the groups and the current mappings, a sorted set. Computed on each read and never stored.
   */
  readonly managedRoles: readonly string[];
  /** Roles that the option `defaultRoles` gives this user, a sorted set. Absent: none. */
  readonly defaultRoles?: readonly string[] | undefined;
}

/** What the caches keep of a user: only what decides a request. */
export interface Account {
  readonly userId: string;
  readonly subject: string;
  readonly authMethod: AuthMethod;
  readonly displayName?: string | undefined;
  readonly email?: string | undefined;
  /** The union of managed and granted roles. */
  readonly roles: ReadonlySet<string>;
  readonly disabled: boolean;
  readonly pending: boolean;
  /** The value at the time of loading. The row may hold a later one. */
  readonly lastAssertedAt?: Date | undefined;
  /** Ids of logins that have ended, a sorted set. Absent: none. */
  readonly endedLogins?: readonly string[] | undefined;
  /** The id of the row in the host's own table. Absent: no link. */
  readonly hostUserId?: string | undefined;
  /** Subjects that this user had before, a sorted set. Absent: none. */
  readonly formerSubjects?: readonly string[] | undefined;
}

/** The user that this request acts as. */
export interface Principal {
  readonly userId: string;
  readonly subject: string;
  readonly displayName?: string | undefined;
  readonly email?: string | undefined;
  readonly roles: ReadonlySet<string>;
  readonly method: PrincipalMethod;
  /**
   * The id of the user's row in the host's own table. With the option `hostUsers`, every principal has one. Absent: the
   * user is not linked.
   */
  readonly hostUserId?: string | undefined;
  /** The paired device, when `method` is `token`. */
  readonly deviceId?: string | undefined;
}

/** The user to whom something belongs. `userId` distinguishes a re-created user from the deleted one. */
export interface Owner {
  readonly subject: string;
  readonly userId: string;
}

/** The roles that a group gives. */
export interface GroupRoles {
  /** A group, or a pattern in which `*` matches any sequence of characters, including none. Case-sensitive. */
  readonly group: string;
  /** A sorted set, never empty. */
  readonly roles: readonly string[];
}

/** One group → role mapping as administrators see it. */
export interface Mapping extends GroupRoles {
  /** A note for administrators, 1–500 characters. */
  readonly note?: string | undefined;
  /** The subject of the user who last changed it. Absent: the host's own code. */
  readonly changedBy?: string | undefined;
  readonly changedAt: Date;
  /** Changes with every change of this mapping. Never reused, not even after the mapping was deleted. */
  readonly version: number;
}

/** All mappings in effect, and their generation: a number that changes whenever the mappings give other roles. */
export interface RoleMapping {
  readonly generation: number;
  readonly groupRoles: readonly GroupRoles[];
}

/** All mappings of the directory. */
export interface DirectoryMapping extends RoleMapping {
  readonly groupRoles: readonly Mapping[];
}

/** A paired app. It holds one API token, whose `jti` is this device's id. */
export interface Device {
  /** A UUID, never reused. */
  readonly id: string;
  readonly userId: string;
  /** The owner's subject. Repeated here, so that a bearer request needs only one look-up. */
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
   * Written asynchronously, at most once a minute. Caches hold the value at the time of loading; the row may hold a
   * later one.
   */
  readonly lastUsedAt?: Date | undefined;
  /** The address of the last use, or, before the first use, of the pairing. 1–64 characters. For display only. */
  readonly lastAddress?: string | undefined;
  /** The serial number of the current token. A new device starts at 1. */
  readonly serial: number;
  /** When the token `serial + 1` was issued. Absent once that token has been used. */
  readonly renewedAt?: Date | undefined;
  /** The time until which the token `serial - 1` is still accepted. */
  readonly previousUntil?: Date | undefined;
  readonly revokedAt?: Date | undefined;
  /** Grows by one when the device is renamed or revoked. Neither use nor renewal changes it. */
  readonly version: number;
}

/** The author of a change, as recorded in the audit trail. */
export interface Actor {
  /** The subject of the user. Absent: the host's own code, or Latchkey itself. */
  readonly subject?: string | undefined;
  /** The address that the user came from, 1–64 characters. For display only, never for trust. */
  readonly address?: string | undefined;
}

/** A value in the audit trail. */
export type AuditValue = string | boolean | readonly string[];

/** One entry of the audit trail: who changed what, and from where. It never holds a code, a secret or a token. */
export interface AuditEntry {
  /** A whole number as text. It grows with every entry. */
  readonly id: string;
  readonly at: Date;
  readonly actor: Actor;
  readonly action: AuditAction;
  /** The subject of the user that the change concerns. */
  readonly subject?: string | undefined;
  /** The group whose mapping was changed. */
  readonly group?: string | undefined;
  /** The id of the device that the change concerns. */
  readonly deviceId?: string | undefined;
  /** What changed, by field name. `from` is absent if the field had no value before, `to` if it has none after. */
  readonly changes: Readonly<
    Record<string, { readonly from?: AuditValue | undefined; readonly to?: AuditValue | undefined }>
  >;
}

/** Returns milliseconds since the epoch, as `Date.now` does. */
export type Clock = () => number;
