// Whether a valid token is still alive: its device in use, its owner logged in by the proxy not too long ago.
import { type ErrorCode, LatchkeyError } from '../vocabulary/errors.js';
import type { Directory } from '../vocabulary/ports.js';
import type { Account, Clock, Device, OnEvent, UserRow } from '../vocabulary/types.js';
import { days } from './days.js';
import { lastAsserted } from './last-asserted.js';
import { lastUsed } from './last-used.js';

/** What matters here of the user whose device it is. */
export type TokenOwner = Pick<Account, 'userId' | 'authMethod' | 'lastAssertedAt'>;

/**
 * What the caches say of uses and logins is as of loading, and so errs on one side only: what they call alive is alive.
 * What they call idle or suspended is asked of the directory before anybody is refused, for a wrong refusal logs an app
 * out.
 */
export interface Liveness {
  /**
   * Passes a device and its owner as resolved, without a promise as long as what is known speaks for them.
   * @throws ERR_TOKEN_EXPIRED where the device was not used for `idleDays`; ERR_TOKEN_SUSPENDED where the proxy has not
   * logged its owner in for `suspendAfterDays`; ERR_DIRECTORY_UNAVAILABLE where only the directory could tell.
   */
  check(device: Device, owner: TokenOwner): void | Promise<void>;
  /** Notes that a device was let in just now, and from where. Does not wait for I/O. */
  used(device: Device, address: string | undefined): void;
  /** Notes that the proxy logged a user in just now, where tokens are suspended by it. Does not wait for I/O. */
  asserted(user: Pick<Account, 'userId' | 'lastAssertedAt'>): void;
  /** When the device's token ends if it is used no more. */
  endsAt(device: Device): Date;
  /** Writes what was noted. Never rejects: what could not be written is kept for next time, and told as an event. */
  flush(): Promise<void>;
  /** Writes what was noted and stops. */
  close(): Promise<void>;
}

/** What `liveness` works with. */
export interface LivenessOptions {
  readonly directory: Pick<Directory, 'findDevice' | 'touchDevices' | 'touchUsers'>;
  /** Days without use after which a token ends. Default: none. */
  readonly idleDays?: number | undefined;
  /** Days without a login by the proxy after which the tokens of a proxy user rest. Default: none. */
  readonly suspendAfterDays?: number | undefined;
  readonly now: Clock;
  readonly onEvent: OnEvent;
}

interface Row {
  readonly device: Device;
  readonly user: UserRow;
}

/** Makes the service. */
export function liveness(options: LivenessOptions): Liveness {
  const { directory, suspendAfterDays, now, onEvent } = options;
  const idle = days(options.idleDays);
  const suspension = days(suspendAfterDays);
  const uses = lastUsed(options);
  const logins = suspendAfterDays === undefined ? undefined : lastAsserted({ ...options, suspendAfterDays });
  /** What the directory said of a device whose cached facts are old; forgotten with them. */
  const asked = new WeakMap<Device, Row>();
  const asking = new Map<string, Promise<Row | undefined>>();
  /** Devices that came back late, and whose use was written at once. */
  const told = new WeakMap<Device, number>();

  function writtenUse(device: Device): number {
    return (device.lastUsedAt ?? device.createdAt).getTime();
  }

  function refusal(device: Device, owner: TokenOwner): ErrorCode | undefined {
    const at = now();
    if (at - writtenUse(device) >= idle && at - (uses.usedAt(device.id) ?? 0) >= idle) return 'ERR_TOKEN_EXPIRED';
    if (owner.authMethod === 'local') return undefined;
    // A user without a date was last seen before dates were kept. That they paired this device is the latest login that
    // is sure; their row's `updatedAt` also moves when others change it.
    const asserted = (owner.lastAssertedAt ?? device.createdAt).getTime();
    const suspended = at - asserted >= suspension && at - (logins?.assertedAt(owner.userId) ?? 0) >= suspension;
    return suspended ? 'ERR_TOKEN_SUSPENDED' : undefined;
  }

  function refusalOfRow({ device, user }: Row): ErrorCode | undefined {
    const { id, authMethod, lastAssertedAt } = user;
    return refusal(device, { userId: id, authMethod, ...(lastAssertedAt === undefined ? {} : { lastAssertedAt }) });
  }

  /** One question a device at a time, however many requests it sends. */
  function find(id: string): Promise<Row | undefined> {
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
    if (code === 'ERR_TOKEN_SUSPENDED') onEvent({ type: 'login.refused', subject: device.subject, code });
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
      // Another instance may be asked at any moment whether this device is idle: it must not have to wait for the timer.
      const known = asked.get(device)?.device ?? device;
      if (now() - Math.max(writtenUse(known), told.get(device) ?? 0) < idle / 2) return;
      told.set(device, now());
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
