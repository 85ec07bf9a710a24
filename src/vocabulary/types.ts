// The vocabulary: every word of docs/design.md as a type, and nothing that runs.

/** How a user's row is governed: by the proxy's assertions, or by the host's own login. */
export type AuthMethod = 'proxy' | 'local';

/** How a request's identity came in. */
export type PrincipalMethod = 'header' | 'session' | 'token';

/** What a trusted proxy says about one request. */
export interface Assertion {
  /** The proxy's stable name for the person, in Unicode NFC. */
  readonly subject: string;
  /** Absent: the proxy said nothing, and the row keeps what it has. */
  readonly displayName?: string;
  /** Absent: the proxy said nothing, and the row keeps what it has. Never used to find an account. */
  readonly email?: string;
  /** A sorted set. Absent means "leave groups and managed roles alone"; empty means "in no group". */
  readonly groups?: readonly string[];
}

/** A part of an assertion that was left out because it cannot be taken: the login goes on without it. */
export type LeftOutField = 'display-name' | 'email' | 'groups';

/** Our row for a person. */
export interface UserRow {
  /** A UUID, never reused. */
  readonly id: string;
  readonly subject: string;
  readonly authMethod: AuthMethod;
  readonly displayName?: string;
  readonly email?: string;
  /** The groups last asserted, a sorted set. */
  readonly groups: readonly string[];
  /** Roles that an administrator added by hand, a sorted set. */
  readonly grantedRoles: readonly string[];
  /** Beats everything: a disabled user has no principal by any method. */
  readonly disabled: boolean;
  /** Provisioned in mode `pending` and not approved yet: treated like a person without an account. */
  readonly pending: boolean;
  /** Grows by one with every change of this row. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /**
   * When the proxy last logged this person in. Kept with `tokens.suspendAfterDays` only, and written behind; moves neither
   * `version` nor `updatedAt`.
   */
  readonly lastAssertedAt?: Date;
  /** Ids of logins that ended, a sorted set (see `Directory.endLogin`). Absent: none. */
  readonly endedLogins?: readonly string[];
}

/** A person as administrators see them. */
export interface User extends UserRow {
  /** Roles that follow from the groups and today's mappings, a sorted set. Derived at each reading, kept nowhere. */
  readonly managedRoles: readonly string[];
}

/** What the caches keep of a user: everything that decides a request, nothing else. */
export interface Account {
  readonly userId: string;
  readonly subject: string;
  readonly authMethod: AuthMethod;
  readonly displayName?: string;
  readonly email?: string;
  /** Managed and granted roles, united. */
  readonly roles: ReadonlySet<string>;
  readonly disabled: boolean;
  readonly pending: boolean;
  /** As of loading: the row may have a later one. */
  readonly lastAssertedAt?: Date;
  /** Ids of logins that ended, a sorted set. Absent: none. */
  readonly endedLogins?: readonly string[];
}

/** Who this request acts as. */
export interface Principal {
  readonly userId: string;
  readonly subject: string;
  readonly displayName?: string;
  readonly email?: string;
  readonly roles: ReadonlySet<string>;
  readonly method: PrincipalMethod;
  /** The paired device, when `method` is `token`. */
  readonly deviceId?: string;
}

/** What a group gives. */
export interface GroupRoles {
  /** The group itself, or a pattern: `*` stands for any number of any characters. Case counts. */
  readonly group: string;
  /** A sorted set, never empty. */
  readonly roles: readonly string[];
}

/** One group → role mapping as administrators see it. */
export interface Mapping extends GroupRoles {
  /** What people wrote down about it, 1–500 characters. */
  readonly note?: string;
  /** The subject of who changed it last. Absent: the host's own code. */
  readonly changedBy?: string;
  readonly changedAt: Date;
  /** Moves with every change of this mapping; never used twice, also after the mapping was removed. */
  readonly version: number;
}

/** All mappings that decide, and the number that moves with every edit of what they give. */
export interface RoleMapping {
  readonly generation: number;
  readonly groupRoles: readonly GroupRoles[];
}

/** All mappings of the directory. */
export interface DirectoryMapping extends RoleMapping {
  readonly groupRoles: readonly Mapping[];
}

/** How a device was paired: by a typed code, by the QR's secret, or by a user code that the device showed (RFC 8628). */
export type PairedBy = 'code' | 'qr' | 'user-code';

/** A paired app. It holds one API token, whose `jti` is this id. */
export interface Device {
  /** A UUID, never reused. */
  readonly id: string;
  readonly userId: string;
  /** The owner's subject, so that one look-up serves a bearer request. */
  readonly subject: string;
  /** What people see in lists, 1–64 characters. */
  readonly name: string;
  /** The app's `client_id`, 1–64 characters. */
  readonly clientId: string;
  /** What the app said of itself, 1–64 characters. */
  readonly appVersion?: string;
  /** What the app said it runs on, 1–64 characters. */
  readonly platform?: string;
  readonly pairedBy: PairedBy;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** Written behind, at most once a minute. What the caches hold is as of loading: the row may have a later one. */
  readonly lastUsedAt?: Date;
  /** Where the last use came from, at first where it was paired from, 1–64 characters. For people to look at only. */
  readonly lastAddress?: string;
  /** The number of the token that counts; a device begins with 1. */
  readonly serial: number;
  /** When the token `serial + 1` was issued. Absent once that token has been seen. */
  readonly renewedAt?: Date;
  /** Until when the token `serial - 1` still counts. */
  readonly previousUntil?: Date;
  readonly revokedAt?: Date;
  /** Grows by one when it is renamed or revoked; neither use nor renewal moves it. */
  readonly version: number;
}

/** Who makes a change, as the audit trail names them. */
export interface Actor {
  /** Their subject. Absent: the host's own code, or Latchkey itself. */
  readonly subject?: string | undefined;
  /** Where they came from, 1–64 characters. For people to look at, never for trust. */
  readonly address?: string | undefined;
}

/** What the audit trail tells apart. */
export type AuditAction =
  | 'user.created'
  | 'user.changed'
  | 'user.removed'
  | 'mapping.set'
  | 'mapping.removed'
  | 'device.paired'
  | 'device.renamed'
  | 'device.revoked';

/** A value in the audit trail. */
export type AuditValue = string | boolean | readonly string[];

/** One change of the audit trail: who did what to whom, and from where. It never holds a code, a secret or a token. */
export interface AuditEntry {
  /** A whole number as text; it grows with every entry. */
  readonly id: string;
  readonly at: Date;
  readonly actor: Actor;
  readonly action: AuditAction;
  /** The user that it is about. */
  readonly subject?: string;
  /** The group that it is about. */
  readonly group?: string;
  /** The device that it is about. */
  readonly deviceId?: string;
  /** What differs, by the member's name: `from` is absent where there was none before, `to` where there is none since. */
  readonly changes: Readonly<Record<string, { readonly from?: AuditValue; readonly to?: AuditValue }>>;
}

/** Who may come in on first sight. */
export type Provisioning = 'create' | 'known-users' | 'mapped-groups-only' | 'pending';

/** Where a pairing stands. */
export type PairingStatus =
  | 'open'
  | 'claimed'
  | 'approved'
  | 'redeemed'
  | 'denied'
  | 'expired'
  | 'burned'
  | 'cancelled';

/** What Latchkey tells the host's `onEvent`; never holds a code, a secret or a token. */
export type LatchkeyEvent =
  | { readonly type: 'user.created'; readonly userId: string; readonly subject: string; readonly by?: string }
  | { readonly type: 'user.updated'; readonly userId: string; readonly subject: string }
  | { readonly type: 'user.changed-by-administrator'; readonly subject: string; readonly by?: string }
  | { readonly type: 'user.removed'; readonly userId: string; readonly subject: string; readonly by?: string }
  | { readonly type: 'mapping.changed'; readonly group: string; readonly by?: string }
  | { readonly type: 'login.refused'; readonly subject: string; readonly code: string }
  | { readonly type: 'assertion.refused'; readonly code: string; readonly peer: string | undefined }
  | { readonly type: 'assertion.incomplete'; readonly subject: string; readonly fields: readonly LeftOutField[] }
  | { readonly type: 'session.started'; readonly subject: string; readonly how: 'login' | 'sign-in' }
  | { readonly type: 'session.ended'; readonly subject: string; readonly reason: string }
  | { readonly type: 'pairing.opened'; readonly pairingId: string; readonly userId: string }
  | { readonly type: 'pairing.requested'; readonly pairingId: string; readonly clientId: string }
  | {
      readonly type: 'pairing.claimed';
      readonly pairingId: string;
      readonly userId: string;
      readonly clientId: string;
    }
  | { readonly type: 'pairing.approved'; readonly pairingId: string; readonly userId: string }
  | { readonly type: 'pairing.denied'; readonly pairingId: string; readonly userId: string }
  | { readonly type: 'pairing.cancelled'; readonly pairingId: string; readonly userId: string }
  | { readonly type: 'pairing.burned'; readonly pairingId: string; readonly userId: string }
  | {
      readonly type: 'pairing.replayed';
      readonly pairingId: string;
      readonly userId: string;
      readonly deviceId: string;
    }
  | {
      readonly type: 'device.paired';
      readonly pairingId: string;
      readonly userId: string;
      readonly deviceId: string;
      /** What the app calls itself, 1–64 printable characters. */
      readonly deviceName: string;
      readonly clientId: string;
      readonly pairedBy: PairedBy;
      /** Where the app asked from, as people see it. */
      readonly address: string;
    }
  | { readonly type: 'device.renamed'; readonly userId: string; readonly deviceId: string; readonly by?: string }
  | { readonly type: 'device.renewed'; readonly userId: string; readonly deviceId: string }
  | {
      readonly type: 'device.renewal-repeated';
      readonly userId: string;
      readonly deviceId: string;
      /** When the token was first given out that nobody has used yet. */
      readonly renewedAt: Date;
      /** Where it was asked for again from, as people see it. */
      readonly address?: string;
    }
  | { readonly type: 'device.revoked'; readonly userId: string; readonly deviceId: string; readonly by?: string }
  | { readonly type: 'device.token-reused'; readonly userId: string; readonly deviceId: string }
  | { readonly type: 'throttle.reached'; readonly limit: 'address' | 'network' | 'user' | 'global' }
  | { readonly type: 'directory.lost' }
  | { readonly type: 'directory.restored' }
  | { readonly type: 'state.lost' }
  | { readonly type: 'state.restored' }
  | {
      readonly type: 'error';
      readonly code: string;
      readonly message: string;
      /** The SQLSTATE, the first word of Redis' answer, or the driver's own code, such as `ECONNREFUSED`. */
      readonly reason?: string;
      /** What the driver says, without the values of a statement. */
      readonly cause?: string;
    };

/** Receives every event; a throw from it, or a rejection, is contained and never reaches a request. */
export type OnEvent = (event: LatchkeyEvent) => void;

/** Milliseconds since the epoch, as `Date.now`. */
export type Clock = () => number;
