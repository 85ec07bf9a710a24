// The ports: what Latchkey asks of SQL (Directory) and of Redis (SharedState). The doc comments are the contract.
import type { Assertion, AuthMethod, Device, GroupRoles, RoleMapping, User } from './types.js';

/**
 * What instances share and may lose. Every verb is one atomic step. A verb that cannot be carried out rejects with
 * `ERR_STATE_UNAVAILABLE`; it may have run all the same, so callers ask again only for steps that may run twice.
 * Keys and values are strings; times to live are whole seconds, at least 1.
 */
export interface SharedState {
  /** The values of these keys, in their order, in one round trip; `undefined` for a key that is not there. */
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
  /**
   * Tells of every change to keys that begin with `prefix`: sets, deletes, expiry, eviction and flushes, by whomever,
   * this process included. A watch begins in the lost state, whether or not the store answers.
   */
  watch(prefix: string, watcher: Watcher): Unwatch;
  /** Ends what the store itself opened (connections, timers); not what the host handed in. */
  close(): Promise<void>;
}

/** Receives what happens under a watched prefix. */
export interface Watcher {
  /** This key changed or went; `undefined`: any of them may have (flush). */
  changed(key: string | undefined): void;
  /** From now on changes may go unnoticed. */
  lost(): void;
  /** Changes are told again; anything may have changed since `lost`. */
  restored(): void;
}

/** Ends a watch. */
export type Unwatch = () => Promise<void>;

/** What provisioning did, and the row as it stands after it. */
export type Provisioned =
  | { readonly outcome: 'created' | 'updated' | 'unchanged'; readonly user: User }
  | { readonly outcome: 'absent' };

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

/** A device that is paired just now. `lastAddress` is where it was paired from. */
export type NewDevice = Omit<Device, 'subject' | 'lastUsedAt' | 'revokedAt' | 'serial' | 'renewedAt' | 'previousUntil'>;

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

/**
 * The authority: users, mappings and devices. Every verb is one statement (or one transaction) and atomic. A verb that
 * cannot be carried out rejects with `ERR_DIRECTORY_UNAVAILABLE`. Lists of groups and roles are sorted sets, in and out
 * (the order of `Array.prototype.sort`). Text that a database cannot hold unaltered (NUL, lone surrogates) is found
 * nowhere, and refused with `ERR_DIRECTORY_VALUE` where it would be written.
 */
export interface Directory {
  /**
   * Compares the row of the asserted subject with the assertion and writes only what differs: display name, e-mail
   * and groups where the assertion has them, and `managedRoles` where given. One statement; `unchanged` wrote nothing.
   * A row with `authMethod: 'local'` is never written: it is reported `unchanged`. Any number of calls at once for one
   * new subject make one row, and none fails. `absent`: no row, and `create` is `never`.
   */
  provision(
    assertion: Assertion,
    managedRoles: readonly string[] | undefined,
    create: CreateMode,
  ): Promise<Provisioned>;
  /**
   * Sets the managed roles of a proxy user, if the row's groups are still exactly `groups`; otherwise changes nothing.
   * Returns the row as it stands then, or `undefined` where there is none.
   */
  remap(subject: string, groups: readonly string[], managedRoles: readonly string[]): Promise<User | undefined>;
  /** The row of this subject; `undefined`: there is none. */
  findUser(subject: string): Promise<User | undefined>;
  /** The row with this id (`User.id`); `undefined`: there is none, also for text that is no id at all. */
  findUserById(id: string): Promise<User | undefined>;
  /** Users in the order of their subjects' code points, those after `after`, at most `limit`. */
  listUsers(page: { readonly after?: string; readonly limit: number }): Promise<readonly User[]>;
  /** Rejects with `ERR_SUBJECT_TAKEN` where a row with this subject exists. */
  createUser(user: NewUser): Promise<User>;
  /** Carries out the change; `undefined` where there is no such user. A change that alters nothing writes nothing. */
  updateUser(subject: string, change: UserChange): Promise<User | undefined>;
  /** Deletes the user and their devices. `false`: there was none. */
  deleteUser(subject: string): Promise<boolean>;
  /**
   * Moves `lastAssertedAt` forward, never back, for many users in one statement; `version` and `updatedAt` stay.
   * Unknown ids are passed over.
   */
  touchUsers(uses: readonly UserAssertedAt[]): Promise<void>;

  /** All mappings, read consistently with their generation. */
  mapping(): Promise<RoleMapping>;
  /** Sets what one group gives and moves the generation, in one transaction. Setting what is there moves nothing. */
  putGroupRoles(groupRoles: GroupRoles): Promise<RoleMapping>;
  /** Removes a group's mapping and moves the generation, in one transaction. Removing none moves nothing. */
  deleteGroupRoles(group: string): Promise<RoleMapping>;

  /**
   * Adds a device, with `serial` 1; if one with this id is there already, changes nothing, also at the limit. Rejects
   * with `ERR_USER_UNKNOWN` without owner, and with `ERR_DEVICE_LIMIT` where the owner already has `maximum` devices
   * that are neither revoked nor expired at `createdAt`: of any number of calls at once, none gets past it.
   */
  createDevice(device: NewDevice, maximum?: number): Promise<void>;
  /** The device, revoked or not, with its owner's row: one statement. */
  findDevice(id: string): Promise<{ readonly device: Device; readonly user: User } | undefined>;
  /** The devices of a user that are neither revoked nor expired at `now`, newest first. */
  listDevices(userId: string, now: Date): Promise<readonly Device[]>;
  /** `undefined`: the user has no such unrevoked device. */
  renameDevice(userId: string, id: string, name: string): Promise<Device | undefined>;
  /** Revokes the user's devices that the selection names; returns the ids of those it revoked just now. */
  revokeDevices(userId: string, selection: DeviceSelection, now: Date): Promise<readonly string[]>;
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
}
