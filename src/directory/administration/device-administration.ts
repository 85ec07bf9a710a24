// Changes to paired devices, which take effect everywhere.

import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { DeviceSelection } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Clock, Device, OnEvent, UserRow } from '../../vocabulary/types.js';
import type { PrincipalCache } from '../cache/principal-cache.js';
import { byWhom, type ChangeOptions, contextOf } from './change-options.js';
import { checkDeviceName, checkLimit, checkSearch } from './field-rules.js';

/** Which devices of anybody to list. What is absent does not filter. */
export interface DeviceListing {
  /** Text that the name, the `clientId` or the owner's subject contains; case does not count. 1–255 characters. */
  readonly search?: string | undefined;
  /** The owner's subject. */
  readonly subject?: string | undefined;
  /** The device that the page before ended with. */
  readonly after?: Pick<Device, 'id' | 'createdAt'> | undefined;
  /** 1–1,000. Default 100. */
  readonly limit?: number | undefined;
}

/**
 * Devices, by their owner's subject. All but `search` reject with `ERR_USER_UNKNOWN`, and with `ERR_DEVICE_UNKNOWN` where
 * the device is not one of this user's. A change that names a version rejects with `ERR_VERSION` where the device has
 * another one.
 */
export interface DeviceAdministration {
  /** The devices of anybody that are neither revoked nor past `expiresAt`, newest first. */
  search(listing?: DeviceListing): Promise<readonly Device[]>;
  /**
   * The devices that are neither revoked nor past `expiresAt`, newest first: those that `tokens.maximumDevices` counts.
   * With `tokens.idleDays`, some may have ended by lack of use.
   */
  list(subject: string): Promise<readonly Device[]>;
  /** Changes what people see in lists: 1–64 characters. Rejects with `ERR_DEVICE_NAME`. */
  rename(subject: string, id: string, name: string, options?: ChangeOptions): Promise<Device>;
  /** Ends a device's token, on every instance. Revoking a revoked device again is no error. */
  revoke(subject: string, id: string, options?: ChangeOptions): Promise<void>;
  /** Revokes all but one; returns the ids of the revoked. */
  revokeOthers(subject: string, keepId: string, options?: Pick<ChangeOptions, 'by'>): Promise<readonly string[]>;
  /** Revokes all; returns the ids of the revoked. */
  revokeAll(subject: string, options?: Pick<ChangeOptions, 'by'>): Promise<readonly string[]>;
}

/** The administration of devices. */
export function deviceAdministration(options: {
  readonly directory: Directory;
  readonly cache: PrincipalCache;
  readonly now: Clock;
  readonly onEvent: OnEvent;
}): DeviceAdministration {
  const { directory, cache, now, onEvent } = options;

  const valid = (userId: string) => directory.listDevices(userId, new Date(now()));

  async function findUser(subject: string): Promise<UserRow> {
    const user = await directory.findUser(subject);
    if (user === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
    return user;
  }

  /**
   * Revokes, in one step with finding the user: also where there is nothing to revoke, since an earlier revocation may not
   * have got further than the directory. Only the owner is named: what is held of their devices goes with them.
   */
  function revoke(
    subject: string,
    given: ChangeOptions,
    select: () => Promise<{ readonly user: UserRow; readonly selection: DeviceSelection }>,
  ): Promise<readonly string[]> {
    const context = contextOf(given);
    return cache.writeThenInvalidate([journalKeys.user(subject)], async () => {
      const { user, selection } = await select();
      const revoked = await directory.revokeDevices(user.id, selection, new Date(now()), context);
      for (const deviceId of revoked) {
        onEvent({ type: 'device.revoked', userId: user.id, deviceId, ...byWhom(given.by) });
      }
      return revoked;
    });
  }

  return {
    async search({ search, subject, after, limit = 100 } = {}) {
      return directory.searchDevices({
        ...(search === undefined ? {} : { search: checkSearch(search) }),
        ...(subject === undefined ? {} : { subject }),
        ...(after === undefined ? {} : { after }),
        now: new Date(now()),
        limit: checkLimit(limit),
      });
    },

    async list(subject) {
      return valid((await findUser(subject)).id);
    },

    async rename(subject, id, name, given = {}) {
      const checked = checkDeviceName(name);
      const context = contextOf(given);
      return cache.writeThenInvalidate([journalKeys.user(subject)], async () => {
        const user = await findUser(subject);
        const device = await directory.renameDevice(user.id, id, checked, context);
        if (device === undefined) throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
        onEvent({ type: 'device.renamed', userId: user.id, deviceId: id, ...byWhom(given.by) });
        return device;
      });
    },

    async revoke(subject, id, given = {}) {
      await revoke(subject, given, async () => {
        const found = await directory.findDevice(id);
        if (found?.user.subject === subject) return { user: found.user, selection: { only: id } };
        await findUser(subject);
        throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
      });
    },

    revokeOthers: (subject, keepId, given = {}) =>
      revoke(subject, given, async () => {
        const user = await findUser(subject);
        // A mistaken id would revoke them all.
        const known = (await valid(user.id)).some(({ id }) => id === keepId);
        if (!known) throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
        return { user, selection: { except: keepId } };
      }),

    revokeAll: (subject, given = {}) =>
      revoke(subject, given, async () => ({ user: await findUser(subject), selection: 'all' })),
  };
}
