// Refuses a token if its device was not used for `idleDays`, or if the proxy has not logged the device's owner in for
// `suspendAfterDays`.
import { type ErrorCode, LatchkeyError } from '../vocabulary/errors.js';
import type { OnEvent } from '../vocabulary/events.js';
import type { DeviceAndOwner } from '../vocabulary/port-values.js';
import type { Directory } from '../vocabulary/ports.js';
import type { Account, Clock, Device } from '../vocabulary/types.js';
import { days } from './days.js';
import { lastAsserted } from './last-asserted.js';
import { lastUsed } from './last-used.js';

/** The members of the owner's account that are checked here. */
export type TokenOwner = Pick<Account, 'userId' | 'authMethod' | 'lastAssertedAtMs'>;

/**
 * Decides whether a device is idle, and whether its token is suspended. The cached times of the last use and of the
 * last login may be too early, but are never too late. So a cached time can prove that a token is valid, but cannot
 * prove that it must be refused. Before the service refuses a token, it queries the directory, because a wrong refusal
 * would log an app out.
 */
export interface Liveness {
  /**
   * Checks a device and the owner of the device. Returns a promise only if it has to query the directory.
   * @throws {LatchkeyError} `ERR_TOKEN_EXPIRED` when the device was not used for `idleDays`.
   * @throws {LatchkeyError} `ERR_TOKEN_SUSPENDED` when the proxy has not logged the owner in for `suspendAfterDays`.
   * @throws {LatchkeyError} `ERR_TOKEN_INVALID` when the directory no longer contains the device.
   * @throws {LatchkeyError} `ERR_DIRECTORY_UNAVAILABLE` when the directory is needed and does not answer.
   */
  check(device: Device, owner: TokenOwner): void | Promise<void>;
  /**
   * Records that a token of this device was just accepted in a request from the IP address that `address` returns. Does
   * not wait for I/O.
   */
  used(device: Device, address: () => string | undefined): void;
  /** If `suspendAfterDays` is set, records that the proxy has just logged this user in. Does not wait for I/O. */
  asserted(user: Pick<Account, 'userId' | 'lastAssertedAtMs'>): void;
  /** Returns the time at which the device's token expires if the device is not used again. */
  endsAt(device: Device): Date;
  /**
   * Writes all pending records. Never rejects. If a write fails, keeps the records for the next write and emits an
   * event.
   */
  flush(): Promise<void>;
  /** Writes all pending records and stops the timers. */
  close(): Promise<void>;
}

/** The dependencies and options of `liveness`. */
export interface LivenessOptions {
  readonly directory: Pick<Directory, 'findDevice' | 'touchDevices' | 'touchUsers'>;
  /** The number of days after a device's last use at which its token expires. Default: no limit. */
  readonly idleDays?: number | undefined;
  /**
   * The number of days after a proxy user's last login through the proxy at which the user's tokens are suspended.
   * Default: no limit.
   */
  readonly suspendAfterDays?: number | undefined;
  readonly now: Clock;
  readonly onEvent: OnEvent;
}

/** Creates the service. */
export function liveness(options: LivenessOptions): Liveness {
  const { directory, suspendAfterDays, now, onEvent } = options;
  const idle = days(options.idleDays);
  const suspension = days(suspendAfterDays);
  const uses = lastUsed(options);
  const logins = suspendAfterDays === undefined ? undefined : lastAsserted({ ...options, suspendAfterDays });
  /**
   * Maps each device whose cached times were too old to its row in the directory. An entry is kept as long as the
   * cached `Device` object exists.
   */
  const asked = new WeakMap<Device, DeviceAndOwner>();
  const asking = new Map<string, Promise<DeviceAndOwner | undefined>>();
  /** Maps each device that was used again after a long pause to the time at which Latchkey wrote this use. */
  const notedAt = new WeakMap<Device, number>();

  function writtenUse(device: Device): number {
    return (device.lastUsedAt ?? device.createdAt).getTime();
  }

  function refusal(device: Device, owner: TokenOwner): ErrorCode | undefined {
    if (idle === Number.POSITIVE_INFINITY && suspension === Number.POSITIVE_INFINITY) return undefined;
    const at = now();
    if (at - writtenUse(device) >= idle && at - (uses.usedAt(device.id) ?? 0) >= idle) return 'ERR_TOKEN_EXPIRED';
    if (owner.authMethod === 'local') return undefined;
    // A user without `lastAssertedAtMs` last logged in before Latchkey recorded such times. The only login that is
    // certain is then the login in which the user paired this device. The row's `updatedAt` does not prove a login,
    // because an edit by an administrator changes it, too.
    const asserted = owner.lastAssertedAtMs ?? device.createdAt.getTime();
    const suspended = at - asserted >= suspension && at - (logins?.assertedAt(owner.userId) ?? 0) >= suspension;
    return suspended ? 'ERR_TOKEN_SUSPENDED' : undefined;
  }

  function refusalOfRow({ device, user }: DeviceAndOwner): ErrorCode | undefined {
    const { id, authMethod, lastAssertedAt } = user;
    return refusal(device, { userId: id, authMethod, lastAssertedAtMs: lastAssertedAt?.getTime() });
  }

  /** Reads the row of a device. Concurrent requests of one device share one query. */
  function find(id: string): Promise<DeviceAndOwner | undefined> {
    const underWay = asking.get(id);
    if (underWay !== undefined) return underWay;
    const question = directory.findDevice(id).finally(() => asking.delete(id));
    asking.set(id, question);
    return question;
  }

  async function ask(device: Device): Promise<void> {
    const row = await find(device.id);
    if (row === undefined) throw new LatchkeyError('ERR_TOKEN_INVALID');
    const code = refusalOfRow(row);
    if (code === 'ERR_TOKEN_SUSPENDED') {
      onEvent({ type: 'login.refused', userId: device.userId, subject: device.subject, code });
    }
    if (code !== undefined) throw new LatchkeyError(code);
    asked.set(device, row);
  }

  return {
    check(device, owner) {
      if (refusal(device, owner) === undefined) return undefined;
      const row = asked.get(device);
      return row !== undefined && refusalOfRow(row) === undefined ? undefined : ask(device);
    },

    used(device, address) {
      uses.note(device.id, address);
      if (idle === Number.POSITIVE_INFINITY) return;
      // If the device had been idle for half of `idleDays`, this use is written at once. If the use were written only
      // when the timer fires, another instance could refuse the device as idle in the meantime.
      const known = asked.get(device)?.device ?? device;
      if (now() - Math.max(writtenUse(known), notedAt.get(device) ?? 0) < idle / 2) return;
      notedAt.set(device, now());
      void uses.flush();
    },

    asserted: (user) => logins?.note(user),

    endsAt(device) {
      const used = Math.max(writtenUse(device), uses.usedAt(device.id) ?? 0);
      return new Date(Math.min(device.expiresAt.getTime(), used + idle));
    },

    async flush() {
      await Promise.all([uses.flush(), logins?.flush()]);
    },

    async close() {
      await Promise.all([uses.close(), logins?.close()]);
    },
  };
}
