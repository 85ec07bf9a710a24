// Defines the ports: the interfaces to the SQL database (`Directory`) and to Redis (`SharedState`, in shared-state.ts).
// The doc comments of the ports are the contract for every implementation.

import type { Journal, Positioned } from './journal.js';
import type {
  AuditQuery,
  ChangeContext,
  CreateMode,
  DeviceAndOwner,
  DeviceQuery,
  DeviceSelection,
  DeviceUse,
  GroupSet,
  HostLink,
  NewDevice,
  NewMapping,
  NewUser,
  Provisioned,
  UserAssertedAt,
  UserChange,
  UserChangeContext,
  UserQuery,
} from './port-values.js';
import type { Assertion, AuditEntry, Device, DirectoryMapping, UserRow } from './types.js';

export type { SharedState, Subscriber, Unsubscribe } from './shared-state.js';

/**
 * The authoritative store of users, mappings, devices and the audit trail. Each method is atomic: one statement or one
 * transaction. A method that fails rejects with `ERR_DIRECTORY_UNAVAILABLE`, or with `ERR_DIRECTORY_REFUSED` if waiting
 * does not help. In arguments and in results, every list of groups or roles is a sorted set, in the order of
 * `Array.prototype.sort`. Text with NUL or lone surrogates, which a database cannot store unaltered, matches nothing in
 * queries. A method that would write such text rejects with `ERR_DIRECTORY_VALUE`. An optional member that is
 * `undefined` means the same as an absent member, in arguments and in results.
 *
 * Methods that take a `ChangeContext` write one audit entry for each row that they change, in the transaction of the
 * change. A call that changes nothing, or that is rejected, writes no audit entry. The `changes` of an audit entry hold
 * the fields that differ:
 * - for a user: `authMethod`, `disabled`, `pending` and `grantedRoles`, and on creation also `displayName` and `email`;
 *   on creation and on deletion, only the fields that are neither false nor empty;
 * - for a mapping: `roles` and `note`;
 * - for a device: `name`, and on pairing also `clientId` and `pairedBy`;
 * - for a link to a row of the host's table: `hostUserId`.
 *
 * Automatic changes (those by `provision`, the `touch` methods and renewals) write no audit entry.
 *
 * If the directory has a `journal`, every change to data that can be cached adds one journal row. The row is written by
 * the last statement of the change's transaction. The keys of the row (`journalKeys`) name what changed:
 * - `user(subject)` for a user who was updated or deleted, and for an existing row that `provision` changed;
 * - `device(id)` for each device that was revoked, renamed or renewed;
 * - `mapping` for a changed mapping.
 *
 * A call writes no journal row if it changes nothing, or if it only creates a user or a device. The `touch` methods
 * never write a journal row.
 */
export interface Directory {
  /** The journal of all changes. Without a journal, the caches keep an entry for only two seconds. */
  readonly journal?: Journal | undefined;
  /**
   * Checks that the database has exactly the tables that this version of Latchkey needs, and returns the current time
   * of the database's clock. Writes nothing. Latchkey calls this method in the background after the start. A directory
   * without this method is not checked.
   *
   * @throws {LatchkeyError} `ERR_DIRECTORY_SCHEMA` when a migration is missing, or when a newer or an altered version
   *   of Latchkey migrated the database.
   */
  inspect?(): Promise<{ readonly now: Date }>;
  /**
   * Compares the row of the asserted subject with the assertion, and writes the display name, the e-mail address and
   * the groups if they differ. A field that the assertion does not have stays unchanged. The outcome `unchanged` means
   * that nothing was written. A row with `authMethod: 'local'` is never changed: the outcome is always `unchanged`.
   * Concurrent calls for the same new subject create only one row, and none of these calls fails. The outcome `absent`
   * means that there is no row and `create` is `never`.
   */
  provision(assertion: Assertion, create: CreateMode): Promise<Positioned<Provisioned>>;
  /** Returns the row of this subject, or `undefined` if there is none. */
  findUser(subject: string): Promise<Positioned<UserRow> | undefined>;
  /**
   * Returns the row with this id (`User.id`), or `undefined` if there is no such row. If the text is not a valid id,
   * the result is also `undefined`.
   */
  findUserById(id: string): Promise<UserRow | undefined>;
  /** Returns the users that match the query, sorted by the code points of their subjects. */
  listUsers(query: UserQuery): Promise<readonly UserRow[]>;
  /**
   * Creates a user.
   *
   * @throws {LatchkeyError} `ERR_SUBJECT_TAKEN` when a row with this subject exists.
   */
  createUser(user: NewUser, context?: Pick<ChangeContext, 'actor'>): Promise<UserRow>;
  /**
   * Applies the change and returns the row, or `undefined` if there is no such user. A change that alters nothing
   * writes nothing.
   */
  updateUser(subject: string, change: UserChange, context?: UserChangeContext): Promise<UserRow | undefined>;
  /**
   * Deletes the user and the user's devices. Writes one audit entry for the user and none for the devices. Returns
   * `false` if there was no such user.
   */
  deleteUser(subject: string, context?: UserChangeContext): Promise<boolean>;
  /**
   * Sets `lastAssertedAt` of many users in one statement, but never to an earlier time. `version` and `updatedAt` stay
   * unchanged. Unknown ids are ignored.
   */
  touchUsers(uses: readonly UserAssertedAt[]): Promise<void>;
  /**
   * Adds a login's id to `endedLogins`. If there are more than `keep` ids, only the greatest ids are kept, compared by
   * code points. Concurrent calls do not overwrite each other's ids. An id has 1 to 64 ASCII characters. Adding an id
   * that is already in the list changes nothing. `version` and `updatedAt` stay unchanged. Returns `false` if there is
   * no such user.
   */
  endLogin(userId: string, login: string, keep: number): Promise<boolean>;
  /**
   * Links a user to a row of the host's own table. If the user already has a link, a call with `hostUserId` changes
   * nothing, so the first of several concurrent calls wins. A call without `hostUserId` removes the link. Returns
   * `undefined` if there is no such user. A call without a context writes no audit entry, because the link results from
   * a login. A directory without this method cannot be used with the option `hostUsers`.
   *
   * @throws {LatchkeyError} `ERR_HOST_USER_TAKEN` when another user is linked to this row.
   */
  linkHostUser?(
    userId: string,
    hostUserId: string | undefined,
    context?: Omit<ChangeContext, 'keeping'>,
  ): Promise<HostLink | undefined>;
  /**
   * Returns the users whose subject equals `lowerCased` after the letters A to Z are replaced by a to z. The users are
   * sorted by the code points of their subjects. This method is required for the option `subjectCase: 'lower'`.
   */
  findSpellings?(lowerCased: string): Promise<readonly UserRow[]>;
  /**
   * Changes the subject of a user. The user keeps everything else, and the former subject is added to `formerSubjects`.
   * Writes two audit entries `user.renamed`, one for each subject, and one journal row with the keys of both subjects.
   * Returns `undefined` if there is no such user. A directory without this method cannot rename users.
   *
   * @throws {LatchkeyError} `ERR_SUBJECT_TAKEN` when a row with the new subject exists.
   */
  renameUser?(from: string, to: string, context?: UserChangeContext): Promise<UserRow | undefined>;
  /**
   * Merges the user `from` into the user `to`, in one transaction. The user `to` gets the devices and granted roles of
   * the user `from`. If the user `to` has no link, it also gets the link of the user `from`. The current and former
   * subjects of the user `from` are added to the `formerSubjects` of the user `to`. The merged user is disabled if
   * either user was disabled, and pending only if both users were pending. The row of the user `from` is deleted. The
   * version and the id in `context` refer to the user `from`. Writes two audit entries `user.merged`, one for each
   * subject, and one journal row with the keys of both subjects. Returns `undefined` if one of the users does not
   * exist.
   *
   * @throws {LatchkeyError} `ERR_HOST_USER_LINKED` when the two users are linked to different rows of the host's table.
   */
  mergeUsers?(from: string, to: string, context?: UserChangeContext): Promise<UserRow | undefined>;

  /** Returns all mappings, sorted by group, and the generation that belongs to exactly these mappings. */
  mapping(): Promise<Positioned<DirectoryMapping>>;
  /**
   * Sets the roles and the note of a group's mapping, in one transaction. A change of the roles changes the generation
   * and the mapping's version. A change of only the note changes only the version. If the roles and the note stay the
   * same, the generation and the version also stay the same.
   */
  putMapping(mapping: NewMapping, context?: ChangeContext): Promise<DirectoryMapping>;
  /**
   * Deletes a group's mapping and changes the generation, in one transaction. If there is no such mapping, nothing
   * changes.
   */
  deleteMapping(group: string, context?: ChangeContext): Promise<DirectoryMapping>;
  /**
   * Returns each distinct set of groups that a proxy user has, with the number of users who have exactly this set.
   * Leaves out the sets in which no group matches `group`. The order of the sets is not specified.
   */
  countGroupSets(group: string): Promise<readonly GroupSet[]>;

  /**
   * Adds a device with `serial` 1. If a device with this id already exists, the call changes nothing and does not check
   * the limit. An owner can have at most `maximum` devices that are neither revoked nor expired at the time
   * `createdAt`. Even concurrent calls do not exceed this limit.
   *
   * @throws {LatchkeyError} `ERR_USER_UNKNOWN` when the owner does not exist.
   * @throws {LatchkeyError} `ERR_DEVICE_LIMIT` when the owner already has `maximum` such devices.
   */
  createDevice(device: NewDevice, maximum?: number, context?: Pick<ChangeContext, 'actor'>): Promise<void>;
  /**
   * Returns the device and its owner's row, even if the device is revoked. A single statement reads both rows.
   * `createdAt` equals, to the millisecond, the value that `createDevice` received. Callers use `createdAt` to identify
   * the redemption that created the device.
   */
  findDevice(id: string): Promise<Positioned<DeviceAndOwner> | undefined>;
  /** Returns the user's devices that are neither revoked nor expired at `now`, newest first. */
  listDevices(userId: string, now: Date): Promise<readonly Device[]>;
  /** Returns the devices that match the query, newest first. Devices with the same `createdAt` are sorted by id. */
  searchDevices(query: DeviceQuery): Promise<readonly Device[]>;
  /**
   * Renames a device. Returns `undefined` if the user has no such device, or if the device is revoked. If the new name
   * equals the current name, the call writes nothing.
   */
  renameDevice(
    userId: string,
    id: string,
    name: string,
    context?: Omit<ChangeContext, 'keeping'>,
  ): Promise<Device | undefined>;
  /**
   * Revokes the selected devices of the user. Returns the ids of the devices that this call has revoked. A version in
   * `context` is allowed only if the selection is a single device (`only`). The version must be the current version of
   * that device, even if the device is already revoked.
   */
  revokeDevices(
    userId: string,
    selection: DeviceSelection,
    now: Date,
    context?: Omit<ChangeContext, 'keeping'>,
  ): Promise<readonly string[]>;
  /**
   * Sets `lastUsedAt` of many devices in one statement, but never to an earlier time. If a use has an address, that
   * address becomes `lastAddress`. Unknown ids are ignored.
   */
  touchDevices(uses: readonly DeviceUse[]): Promise<void>;
  /**
   * Begins a renewal: sets `renewedAt` and `expiresAt` of the device, if it is not revoked and has this `serial`. If a
   * renewal is already in progress, the call changes nothing. Returns the device's row after the call. So a client that
   * repeats its request gets the same token. Returns `undefined` if the device does not exist, is revoked, or has
   * another `serial`.
   */
  renewDevice(id: string, serial: number, renewedAt: Date, expiresAt: Date): Promise<Device | undefined>;
  /**
   * Completes a renewal after the first use of the new token, whose number is `serial`. If a renewal is in progress,
   * and the row's serial is `serial - 1`, the call sets `serial` and `previousUntil`, and clears `renewedAt`. If the
   * row already has this `serial`, the call changes nothing. In both cases, returns the device's row after the call.
   * Returns `undefined` in all other cases, and if the device is revoked.
   */
  confirmRenewal(id: string, serial: number, previousUntil: Date): Promise<Device | undefined>;

  /** Returns the entries of the audit trail that match the query, newest first. */
  listAudit(query: AuditQuery): Promise<readonly AuditEntry[]>;
  /**
   * Deletes all audit entries that were made before this instant, and returns the number of deleted entries. Audit
   * entries are never deleted in any other way.
   */
  pruneAudit(before: Date): Promise<number>;
}
