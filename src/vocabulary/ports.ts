// The ports: what Latchkey asks of SQL (Directory) and of Redis (SharedState). The doc comments are the contract.

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
  NewDevice,
  NewMapping,
  NewUser,
  Provisioned,
  UserAssertedAt,
  UserChange,
  UserChangeContext,
  UserQuery,
} from './port-values.js';
import type { Assertion, AuditEntry, Device, DirectoryMapping, OnEvent, UserRow } from './types.js';

/**
 * What instances share and may lose: a cache, short-lived records and messages. Every verb is one atomic step. A verb that
 * cannot be carried out rejects with `ERR_STATE_UNAVAILABLE`, or with `ERR_STATE_REFUSED` where waiting does not help. It may
 * have run all the same, and is never repeated by itself. Keys and values are text. Times to live are whole seconds, at least 1. Nobody's access may rest on what it answers.
 */
export interface SharedState {
  /** `true`: no other process shares this state, so nobody outside of this process has to be waited for. */
  readonly singleProcess: boolean;
  /** The values in the order of the keys, in one round trip; `undefined` where there is none. */
  get(keys: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** Sets the key, whatever it held. */
  put(key: string, value: string, ttlSeconds: number): Promise<void>;
  /** Sets the key if it is not there. `true`: this call set it. Of any number at once, one gets `true`. */
  putIfAbsent(key: string, value: string, ttlSeconds: number): Promise<boolean>;
  /** Gets and deletes. Of any number at once, one gets the value. */
  take(key: string): Promise<string | undefined>;
  /** Sets the key if it holds exactly `expected`. `true`: this call set it. */
  compareAndSet(key: string, expected: string, next: string, ttlSeconds: number): Promise<boolean>;
  /** Adds one to a counter and returns it. The window starts with the first count and is never prolonged. */
  increment(key: string, windowSeconds: number): Promise<number>;
  /** Removes the keys that are there. */
  delete(keys: readonly string[]): Promise<void>;
  /** The one clock that all instances share, in milliseconds since the epoch. */
  now(): Promise<number>;
  /** Sends a message to all subscribers of the channel, in every process, this one included. It arrives once, or not at all. */
  publish(channel: string, message: string): Promise<void>;
  /**
   * Receives the messages of a channel. A subscription begins lost, whether or not the store answers, and comes back by
   * itself after every loss.
   */
  subscribe(channel: string, subscriber: Subscriber): Unsubscribe;
  /**
   * Where the store has errors to tell that no caller hears of: the listener of whoever uses it. A store to which the host
   * gave a listener of its own, and one that has nothing to tell, need not have this.
   */
  listen?(onEvent: OnEvent): void;
  /** Ends what the store itself opened (connections, timers); not what the host handed in. */
  close(): Promise<void>;
}

/** Receives the messages of a channel. */
export interface Subscriber {
  message(text: string): void;
  /** From now on messages may be missed. */
  lost(): void;
  /** Messages arrive again; those since `lost` are missed. */
  restored(): void;
}

/** Ends a subscription. */
export type Unsubscribe = () => Promise<void>;

/**
 * The authority: users, mappings, devices and the audit trail. Every verb is one statement (or one transaction) and
 * atomic. A verb that cannot be carried out rejects with `ERR_DIRECTORY_UNAVAILABLE`, or with `ERR_DIRECTORY_REFUSED` where
 * waiting does not help. Lists of groups and roles are
 * sorted sets, in and out (the order of `Array.prototype.sort`). Text that a database cannot hold unaltered (NUL, lone
 * surrogates) is found nowhere, and refused with `ERR_DIRECTORY_VALUE` where it would be written.
 *
 * Verbs that take a `ChangeContext` write one audit entry a row that they change, in the transaction of the change; what
 * changes nothing, or is refused, writes none. In `changes` they name what differs: of a user `authMethod`, `disabled`,
 * `pending`, `grantedRoles`, and when created `displayName` and `email`, too (of one who is made or removed only what is
 * neither false nor empty); of a mapping `roles` and `note`; of a
 * device `name`, and when paired `clientId` and `pairedBy`, too. What only follows from the proxy's assertions
 * (`provision`, the touches, renewals) is nobody's act and not in the trail.
 *
 * With a `journal`, every change to something that caches hold adds one journal row in its own transaction, as its last
 * statement. The row's keys name what changed (`journalKeys`): an updated or deleted user, and an existing row that
 * `provision` changed, `user(subject)`; each revoked, renamed or renewed device `device(id)`; an edited mapping `mapping`.
 * What changes nothing, makes a user or a device, or only touches writes no row.
 */
export interface Directory {
  /** The order of all changes. Without it the caches hold what they read for two seconds only. */
  readonly journal?: Journal | undefined;
  /**
   * Compares the row of the asserted subject with the assertion and writes only what differs: display name, e-mail
   * and groups where the assertion has them. One statement; `unchanged` wrote nothing. A row with `authMethod: 'local'`
   * is never written: it is reported `unchanged`. Any number of calls at once for one new subject make one row, and none
   * fails. `absent`: no row, and `create` is `never`.
   */
  provision(assertion: Assertion, create: CreateMode): Promise<Positioned<Provisioned>>;
  /** The row of this subject; `undefined`: there is none. */
  findUser(subject: string): Promise<Positioned<UserRow> | undefined>;
  /** The row with this id (`User.id`); `undefined`: there is none, also for text that is no id at all. */
  findUserById(id: string): Promise<UserRow | undefined>;
  /** Those users whom the query finds, in the order of their subjects' code points. */
  listUsers(query: UserQuery): Promise<readonly UserRow[]>;
  /** Rejects with `ERR_SUBJECT_TAKEN` where a row with this subject exists. */
  createUser(user: NewUser, context?: Pick<ChangeContext, 'actor'>): Promise<UserRow>;
  /** Carries out the change; `undefined` where there is no such user. A change that alters nothing writes nothing. */
  updateUser(subject: string, change: UserChange, context?: UserChangeContext): Promise<UserRow | undefined>;
  /** Deletes the user and their devices; the one entry, that of the user, stands for all. `false`: there was none. */
  deleteUser(subject: string, context?: UserChangeContext): Promise<boolean>;
  /**
   * Moves `lastAssertedAt` forward, never back, for many users in one statement; `version` and `updatedAt` stay.
   * Unknown ids are passed over.
   */
  touchUsers(uses: readonly UserAssertedAt[]): Promise<void>;
  /**
   * Adds a login's id to `endedLogins` and keeps the `keep` greatest ids by code points, of any number of calls at once all
   * of theirs. Ids are 1 to 64 characters of ASCII. An id that is there already changes nothing; `version` and `updatedAt`
   * stay. `false`: there is no such user.
   */
  endLogin(userId: string, login: string, keep: number): Promise<boolean>;

  /** All mappings by group, read consistently with their generation. */
  mapping(): Promise<Positioned<DirectoryMapping>>;
  /**
   * Sets what one group gives, in one transaction. New roles move the generation and the mapping's version, another note
   * the version only; setting what is there moves nothing.
   */
  putGroupRoles(mapping: NewMapping, context?: ChangeContext): Promise<DirectoryMapping>;
  /** Removes a group's mapping and moves the generation, in one transaction. Removing none moves nothing. */
  deleteGroupRoles(group: string, context?: ChangeContext): Promise<DirectoryMapping>;
  /** The sets of groups that proxy users have and in which a group matches, counted. The order is left open. */
  countGroupSets(group: string): Promise<readonly GroupSet[]>;

  /**
   * Adds a device, with `serial` 1; if one with this id is there already, changes nothing, also at the limit. Rejects
   * with `ERR_USER_UNKNOWN` without owner, and with `ERR_DEVICE_LIMIT` where the owner already has `maximum` devices
   * that are neither revoked nor expired at `createdAt`: of any number of calls at once, none gets past it.
   */
  createDevice(device: NewDevice, maximum?: number, context?: Pick<ChangeContext, 'actor'>): Promise<void>;
  /**
   * The device, revoked or not, with its owner's row: one statement. `createdAt` is what `createDevice` was given, to the
   * millisecond: it tells which redemption of a pairing made the device.
   */
  findDevice(id: string): Promise<Positioned<DeviceAndOwner> | undefined>;
  /** The devices of a user that are neither revoked nor expired at `now`, newest first. */
  listDevices(userId: string, now: Date): Promise<readonly Device[]>;
  /** Those devices that the query finds, newest first, those of one instant by id. */
  searchDevices(query: DeviceQuery): Promise<readonly Device[]>;
  /** `undefined`: the user has no such unrevoked device. The name that it has already writes nothing. */
  renameDevice(
    userId: string,
    id: string,
    name: string,
    context?: Omit<ChangeContext, 'keeping'>,
  ): Promise<Device | undefined>;
  /**
   * Revokes the user's devices that the selection names; returns the ids of those it revoked just now. A version can go
   * with `only` alone, and is that of the device, revoked or not.
   */
  revokeDevices(
    userId: string,
    selection: DeviceSelection,
    now: Date,
    context?: Omit<ChangeContext, 'keeping'>,
  ): Promise<readonly string[]>;
  /**
   * Moves `lastUsedAt` forward, never back, for many devices in one statement, and `lastAddress` with it where the use
   * has one. Unknown ids are passed over.
   */
  touchDevices(uses: readonly DeviceUse[]): Promise<void>;
  /**
   * Begins a renewal: sets `renewedAt` and `expiresAt` of an unrevoked device whose `serial` is this one. Where a
   * renewal is under way, changes nothing. Returns the row as it stands then, so whoever asks again after a lost answer,
   * or at the same time, is given the same token. `undefined`: no such device, revoked, or of another `serial`.
   */
  renewDevice(id: string, serial: number, renewedAt: Date, expiresAt: Date): Promise<Device | undefined>;
  /**
   * Ends a renewal, once its token `serial` is seen: where an unrevoked device has `renewedAt` and `serial` is the one
   * after the row's, sets `serial` and `previousUntil` and clears `renewedAt`. Where the row's `serial` is this one
   * already, changes nothing. Returns the row as it stands then; `undefined`: neither, no such device, or revoked.
   */
  confirmRenewal(id: string, serial: number, previousUntil: Date): Promise<Device | undefined>;

  /** Those entries of the audit trail that the query finds, newest first. */
  listAudit(query: AuditQuery): Promise<readonly AuditEntry[]>;
  /** Deletes the entries from before this instant; returns how many. Nothing else ever deletes one. */
  pruneAudit(before: Date): Promise<number>;
}
