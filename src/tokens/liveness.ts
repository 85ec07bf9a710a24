// Checks whether a valid token is still accepted: whether its device was used recently enough (`idleDays`) and whether
// the proxy has logged its owner in recently enough (`suspendAfterDays`).
import { type ErrorCode, LatchkeyError } from '../vocabulary/errors.js';
import type { OnEvent } from '../vocabulary/events.js';
import type { DeviceAndOwner } from '../vocabulary/port-values.js';
import type { Directory } from '../vocabulary/ports.js';
import type { Account, Clock, Device } from '../vocabulary/types.js';
import { days } from './days.js';
import { lastAsserted } from './last-asserted.js';
import { lastUsed } from './last-used.js';

/** The facts about the device's owner that are checked here. */
export type TokenOwner = Pick<Account, 'userId' | 'authMethod' | 'lastAssertedAt'>;

/**
 * Decides whether tokens are idle or suspended. Cached times of use and login can be too old, but never too new. So
 * the cache can prove that a token is accepted, but not that it is idle or suspended. Before such a refusal, the
 * directory is asked, because a wrong refusal would log an app out.
 */
export interface Liveness {
  /**
   * Checks a device and its owner. Returns a promise only if the directory must be asked.
   * @throws {LatchkeyError} `ERR_TOKEN_EXPIRED` when the device was not used for `idleDays`; `ERR_TOKEN_SUSPENDED` when
   * the proxy has not logged its owner in for `suspendAfterDays`; `ERR_DIRECTORY_UNAVAILABLE` when the directory must
   * be asked and is unavailable.
   */
  check(device: Device, owner: TokenOwner): void | Promise<void>;
  /**
   * Records that a token of this device was accepted at the current time, and its IP address. Does not wait for I/O.
   */
  used(device: Device, address: string | undefined): void;
  /** Records a login through the proxy at the current time if `suspendAfterDays` is set. Does not wait for I/O. */
  asserted(user: Pick<Account, 'userId' | 'lastAssertedAt'>): void;
  /** When the device's token expires if it is not used again. */
  endsAt(device: Device): Date;
  /**
   * Writes all pending records. Never rejects: after a failure, it keeps them for the next write and sends an event.
   */
  flush(): Promise<void>;
  /** Writes all pending records and stops. */
  close(): Promise<void>;
}

/** The dependencies and options of `liveness`. */
export interface LivenessOptions {
  readonly directory: Pick<Directory, 'findDevice' | 'touchDevices' | 'touchUsers'>;
  /** Days without use after which a token expires. Default: no limit. */
  readonly idleDays?: number | undefined;
  /** Days without a login through the proxy after which the tokens of a proxy user are suspended. Default: no limit. */
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
   * The directory's row for each device whose cached times were too old. An entry lives as long as the cached device.
   */
  const asked = new WeakMap<Device, DeviceAndOwner>();
  const asking = new Map<string, Promise<DeviceAndOwner | undefined>>();
  /** Devices that were used again after a long time, and when that use was written. */
  const notedAt = new WeakMap<Device, number>();

  function writtenUse(device: Device): number {
    return (device.lastUsedAt ?? device.createdAt).getTime();
  }

  function refusal(device: Device, owner: TokenOwner): ErrorCode | undefined {
    const at = now();
    if (at - writtenUse(device) >= idle && at - (uses.usedAt(device.id) ?? 0) >= idle) return 'ERR_TOKEN_EXPIRED';
    if (owner.authMethod === 'local') return undefined;
    // If a user has no `lastAssertedAt`, their last login was before Latchkey recorded this time. The latest login that
    // is certain is then the one at which this device was paired. The row's `updatedAt` cannot be used, because changes
    // by other users set it, too.
    const asserted = (owner.lastAssertedAt ?? device.createdAt).getTime();
    const suspended = at - asserted >= suspension && at - (logins?.assertedAt(owner.userId) ?? 0) >= suspension;
    return suspended ? 'ERR_TOKEN_SUSPENDED' : undefined;
  }

  function refusalOfRow({ device, user }: DeviceAndOwner): ErrorCode | undefined {
    const { id, authMethod, lastAssertedAt } = user;
    return refusal(device, { userId: id, authMethod, lastAssertedAt });
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
      // After half of `idleDays`, write at once and not by the timer: another instance may check at any moment whether
      // this device is idle.
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
