// The ports: the interfaces to the SQL database (Directory) and to Redis (SharedState). Their doc comments are the
// contract.

import type { OnEvent } from './events.js';
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

/**
 * Data that instances share and may lose: a cache, short-lived records and messages. Keys and values are text. Times to
 * live are whole seconds, at least 1. No access decision may depend on what the shared state answers.
 *
 * Each method is one atomic operation. A method that fails rejects with `ERR_STATE_UNAVAILABLE`, or with
 * `ERR_STATE_REFUSED` if waiting does not help. The operation may still have been carried out, and is never retried
 * automatically.
 */
export interface SharedState {
  /** `true`: no other process shares this state, so a change waits for no other process. */
  readonly singleProcess: boolean;
  /** Returns the values in the order of the keys, in one round trip; `undefined` for a key that does not exist. */
  get(keys: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** Sets the key, whether or not it exists. */
  put(key: string, value: string, ttlSeconds: number): Promise<void>;
  /**
   * Sets the key if it does not exist. Returns `true` if this call set it. Of several concurrent calls, only one gets
   * `true`.
   */
  putIfAbsent(key: string, value: string, ttlSeconds: number): Promise<boolean>;
  /** Returns the value and deletes the key. Of several concurrent calls, only one gets the value. */
  take(key: string): Promise<string | undefined>;
  /** Sets the key if its value is exactly `expected`. Returns `true` if this call set it. */
  compareAndSet(key: string, expected: string, next: string, ttlSeconds: number): Promise<boolean>;
  /** Adds one to a counter and returns the new value. The window starts with the first count and is never extended. */
  increment(key: string, windowSeconds: number): Promise<number>;
  /** Deletes the keys. Keys that do not exist are ignored. */
  delete(keys: readonly string[]): Promise<void>;
  /** Returns the time of a clock that all instances share, in milliseconds since the epoch. */
  now(): Promise<number>;
  /**
   * Sends a message to all subscribers of the channel in every process, including this one. Each subscriber receives it
   * once or not at all.
   */
  publish(channel: string, message: string): Promise<void>;
  /**
   * Subscribes to the messages of a channel. A subscription starts in the lost state (see `Subscriber.lost`), even if
   * the store answers. It reconnects by itself after every loss.
   */
  subscribe(channel: string, subscriber: Subscriber): Unsubscribe;
  /**
   * Registers the listener for errors that no caller of a method receives. Latchkey calls it with its own listener. A
   * store may omit this method if the host gave it a listener of its own, or if it has no such errors.
   */
  listen?(onEvent: OnEvent): void;
  /** Closes what the store itself opened (connections, timers), but nothing that the host passed in. */
  close(): Promise<void>;
}

/** Receives the messages of a channel. */
export interface Subscriber {
  message(text: string): void;
  /** From this call on, messages may be lost. */
  lost(): void;
  /** Messages arrive again. Those sent since `lost` are missed. */
  restored(): void;
}

/** Ends a subscription. */
export type Unsubscribe = () => Promise<void>;

/**
 * The authoritative store of users, mappings, devices and the audit trail. Each method is one statement (or one
 * transaction) and atomic. A method that fails rejects with `ERR_DIRECTORY_UNAVAILABLE`, or with
 * `ERR_DIRECTORY_REFUSED` if waiting does not help. Lists of groups and roles are sorted sets (the order of
 * `Array.prototype.sort`), both in arguments and in results. Text that a database cannot store unaltered (NUL, lone
 * surrogates) matches nothing in queries; a method that would write it rejects with `ERR_DIRECTORY_VALUE`. For optional
 * members, in arguments and in results, undefined and absent mean the same.
 *
 * Methods that take a `ChangeContext` write one audit entry for each row that they change, in the transaction of the
 * change. A call that changes nothing, or that is rejected, writes none. The entry's `changes` hold the fields that
 * differ:
 * - of a user `authMethod`, `disabled`, `pending` and `grantedRoles`, and on creation also `displayName` and `email`;
 *   on creation and on deletion only the fields that are neither false nor empty;
 * - of a mapping `roles` and `note`;
 * - of a device `name`, and on pairing also `clientId` and `pairedBy`;
 * - of a link to a row of the host's table `hostUserId`.
 *
 * Changes that are no user's decision (`provision`, the `touch` methods, renewals) write no entry.
 *
 * With a `journal`, every change to data that caches hold adds one journal row in its own transaction, as its last
 * statement. The keys of the row name what changed (`journalKeys`): `user(subject)` for an updated or deleted user, and
 * for an existing row that `provision` changed; `device(id)` for each revoked, renamed or renewed device; `mapping` for
 * a changed mapping. Three kinds of calls write no journal row: a call that changes nothing, one that only creates a
 * user or a device, and the `touch` methods.
 */
export interface Directory {
  /** The order of all changes. Without a journal, the caches keep an entry for two seconds only. */
  readonly journal?: Journal | undefined;
  /**
   * Compares the row of the asserted subject with the assertion and writes only what differs: display name, e-mail and
   * groups, each only if the assertion has it. One statement. `unchanged` means that nothing was written. A row with
   * `authMethod: 'local'` is never written and is reported as `unchanged`. Concurrent calls for the same new subject
   * create only one row, and none of them fails. `absent`: there is no row, and `create` is `never`.
   */
  provision(assertion: Assertion, create: CreateMode): Promise<Positioned<Provisioned>>;
  /** Returns the row of this subject, or `undefined` if there is none. */
  findUser(subject: string): Promise<Positioned<UserRow> | undefined>;
  /** Returns the row with this id (`User.id`), or `undefined` if there is none, also for text that is not an id. */
  findUserById(id: string): Promise<UserRow | undefined>;
  /** Returns the users that match the query, in the order of their subjects' code points. */
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
   * Deletes the user and their devices. The only audit entry is that of the user; it covers the devices. Returns
   * `false` if there was no such user.
   */
  deleteUser(subject: string, context?: UserChangeContext): Promise<boolean>;
  /**
   * Sets `lastAssertedAt` of many users in one statement, but never to an earlier time. `version` and `updatedAt` stay
   * unchanged. Unknown ids are ignored.
   */
  touchUsers(uses: readonly UserAssertedAt[]): Promise<void>;
  /**
   * Adds a login's id to `endedLogins` and keeps only the `keep` greatest ids in the order of their code points.
   * Concurrent calls lose none of each other's ids. Ids are 1 to 64 ASCII characters. An id that is already in the list
   * changes nothing. `version` and `updatedAt` stay unchanged. Returns `false` if there is no such user.
   */
  endLogin(userId: string, login: string, keep: number): Promise<boolean>;
  /**
   * Links a user to a row of the host's own table. If the user has a link already, the call changes nothing: of several
   * concurrent calls, the first one wins. Without `hostUserId`, removes the link. Returns `undefined` if there is no
   * such user. Without a context, the call writes no audit entry, because the link follows from a login. A directory
   * without this method cannot be used with the option `hostUsers`.
   *
   * @throws {LatchkeyError} `ERR_HOST_USER_TAKEN` when another user is linked to this row.
   */
  linkHostUser?(
    userId: string,
    hostUserId: string | undefined,
    context?: Omit<ChangeContext, 'keeping'>,
  ): Promise<HostLink | undefined>;
  /**
   * Returns the users whose subjects become this one if a to z replace A to Z, in the order of their subjects' code
   * points. Other letters are compared exactly. A directory without this method cannot be used with
   * `subjectCase: 'lower'`.
   */
  findSpellings?(lowerCased: string): Promise<readonly UserRow[]>;
  /**
   * Gives a user another subject. Everything else stays, and the former subject is added to `formerSubjects`. Writes two
   * audit entries `user.renamed`, one under each subject, and one journal row with the keys of both. Returns `undefined`
   * if there is no such user. Without this method, users cannot be renamed.
   *
   * @throws {LatchkeyError} `ERR_SUBJECT_TAKEN` when a row with the new subject exists.
   */
  renameUser?(from: string, to: string, context?: UserChangeContext): Promise<UserRow | undefined>;
  /**
   * Makes one user of two, in one transaction: the user `to` gets the devices and granted roles of the user `from`, its
   * subjects as `formerSubjects`, and its link if `to` has none. `to` is then disabled if one of them was, and pending
   * if both were. The row `from` is deleted. The version and the id of `context` are those of `from`. Writes two audit
   * entries `user.merged`, one under each subject, and one journal row with the keys of both. Returns `undefined` if one
   * of the users does not exist.
   *
   * @throws {LatchkeyError} `ERR_HOST_USER_LINKED` when they are linked to two rows of the host's table.
   */
  mergeUsers?(from: string, to: string, context?: UserChangeContext): Promise<UserRow | undefined>;

  /** Returns all mappings in the order of their groups, read consistently with their generation. */
  mapping(): Promise<Positioned<DirectoryMapping>>;
  /**
   * Sets the roles and the note of one group, in one transaction. New roles change the generation and the mapping's
   * version, a new note only the version. A call that changes neither leaves both as they are.
   */
  putMapping(mapping: NewMapping, context?: ChangeContext): Promise<DirectoryMapping>;
  /**
   * Deletes a group's mapping and changes the generation, in one transaction. If there is no such mapping, nothing
   * changes.
   */
  deleteMapping(group: string, context?: ChangeContext): Promise<DirectoryMapping>;
  /**
   * Returns every distinct set of groups that proxy users have, if at least one group in it matches, with the number of
   * users who have this set. The order is not specified.
   */
  countGroupSets(group: string): Promise<readonly GroupSet[]>;

  /**
   * Adds a device with `serial` 1. If a device with this id exists, the call changes nothing, even at the limit. The
   * limit is `maximum` devices of the owner that are neither revoked nor expired at `createdAt`. Even concurrent calls
   * do not exceed it.
   *
   * @throws {LatchkeyError} `ERR_USER_UNKNOWN` when the owner does not exist.
   * @throws {LatchkeyError} `ERR_DEVICE_LIMIT` when the owner already has `maximum` such devices.
   */
  createDevice(device: NewDevice, maximum?: number, context?: Pick<ChangeContext, 'actor'>): Promise<void>;
  /**
   * Returns the device, revoked or not, with its owner's row, in one statement. `createdAt` is exactly the value that
   * `createDevice` received, to the millisecond: callers use it to identify the redemption that created the device.
   */
  findDevice(id: string): Promise<Positioned<DeviceAndOwner> | undefined>;
  /** Returns the user's devices that are neither revoked nor expired at `now`, newest first. */
  listDevices(userId: string, now: Date): Promise<readonly Device[]>;
  /**
   * Returns the devices that match the query, newest first; devices with the same `createdAt` are in the order of their
   * ids.
   */
  searchDevices(query: DeviceQuery): Promise<readonly Device[]>;
  /**
   * Renames a device. Returns `undefined` if the user has no such unrevoked device. A name that equals the current one
   * writes nothing.
   */
  renameDevice(
    userId: string,
    id: string,
    name: string,
    context?: Omit<ChangeContext, 'keeping'>,
  ): Promise<Device | undefined>;
  /**
   * Revokes the selected devices of the user and returns the ids of those that this call revoked. A version is allowed
   * only together with the selection `only`, and is compared with the version of that device, even if the device is
   * revoked.
   */
  revokeDevices(
    userId: string,
    selection: DeviceSelection,
    now: Date,
    context?: Omit<ChangeContext, 'keeping'>,
  ): Promise<readonly string[]>;
  /**
   * Sets `lastUsedAt` of many devices in one statement, but never to an earlier time. If the use has an address, it
   * also becomes `lastAddress`. Unknown ids are ignored.
   */
  touchDevices(uses: readonly DeviceUse[]): Promise<void>;
  /**
   * Begins a renewal: sets `renewedAt` and `expiresAt` of an unrevoked device whose `serial` equals the given one. If a
   * renewal is in progress, the call changes nothing. Returns the row as it is after the call, so that a client that
   * repeats its request, concurrently or after a lost answer, gets the same token. Returns `undefined` if there is no
   * such device, if it is revoked, or if it has another `serial`.
   */
  renewDevice(id: string, serial: number, renewedAt: Date, expiresAt: Date): Promise<Device | undefined>;
  /**
   * Completes a renewal once the new token, the one with this `serial`, has been used. If an unrevoked device has
   * `renewedAt`, and `serial` is one greater than the row's, the call sets `serial` and `previousUntil` and clears
   * `renewedAt`. If the row already has this `serial`, the call changes nothing. Returns the row as it is after the
   * call, or `undefined` if neither applies, if there is no such device, or if it is revoked.
   */
  confirmRenewal(id: string, serial: number, previousUntil: Date): Promise<Device | undefined>;

  /** Returns the entries of the audit trail that match the query, newest first. */
  listAudit(query: AuditQuery): Promise<readonly AuditEntry[]>;
  /** Deletes the entries older than this instant and returns their number. Nothing else ever deletes an entry. */
  pruneAudit(before: Date): Promise<number>;
}
