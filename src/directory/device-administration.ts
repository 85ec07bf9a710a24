// directory/: who is that here, and what may they do? Changes to paired devices, which take effect everywhere.

import type { DeviceSelection } from '../directory-values.js';
import { LatchkeyError } from '../errors.js';
import type { Directory } from '../ports.js';
import type { Clock, Device, OnEvent, User } from '../types.js';
import { byWhom, type ChangeOptions, contextOf } from './change.js';
import { deviceKey } from './entries.js';
import { checkDeviceName, checkLimit, checkSearch, sortedSet } from './names.js';
import type { PrincipalCache } from './principal-cache.js';
import { spread } from './spread.js';

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

/** The administration of devices, and what that of users needs of it. */
export function deviceAdministration(options: {
  readonly directory: Directory;
  readonly cache: PrincipalCache;
  readonly now: Clock;
  readonly onEvent: OnEvent;
}): { readonly administration: DeviceAdministration; keysOf(userId: string): Promise<readonly string[]> } {
  const { directory, cache, now, onEvent } = options;

  const valid = (userId: string) => directory.listDevices(userId, new Date(now()));

  async function findUser(subject: string): Promise<User> {
    const user = await directory.findUser(subject);
    if (user === undefined) throw new LatchkeyError('ERR_USER_UNKNOWN');
    return user;
  }

  async function revoke(
    user: User,
    selection: DeviceSelection,
    known: readonly string[],
    given: ChangeOptions,
  ): Promise<readonly string[]> {
    // A device may have been paired since the known ones were listed.
    const keys = (revoked: readonly string[] = []) => sortedSet([...known, ...revoked]).map(deviceKey);
    const context = contextOf(given);
    const write = () => directory.revokeDevices(user.id, selection, new Date(now()), context);
    return spread(cache, keys, write, (revoked) => {
      for (const deviceId of revoked)
        onEvent({ type: 'device.revoked', userId: user.id, deviceId, ...byWhom(given.by) });
    });
  }

  return {
    async keysOf(userId) {
      return (await valid(userId)).map(({ id }) => deviceKey(id));
    },

    administration: {
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
        const user = await findUser(subject);
        const write = () => directory.renameDevice(user.id, id, checked, context);
        const device = await spread(
          cache,
          () => [deviceKey(id)],
          write,
          () => onEvent({ type: 'device.renamed', userId: user.id, deviceId: id, ...byWhom(given.by) }),
        );
        if (device === undefined) throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
        return device;
      },

      async revoke(subject, id, given = {}) {
        const user = await findUser(subject);
        const found = await directory.findDevice(id);
        if (found?.user.id !== user.id) throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
        await revoke(user, { only: id }, [id], given);
      },

      async revokeOthers(subject, keepId, given = {}) {
        const user = await findUser(subject);
        const ids = (await valid(user.id)).map(({ id }) => id);
        // A mistaken id would revoke them all.
        if (!ids.includes(keepId)) throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
        return revoke(
          user,
          { except: keepId },
          ids.filter((id) => id !== keepId),
          given,
        );
      },

      async revokeAll(subject, given = {}) {
        const user = await findUser(subject);
        const devices = await valid(user.id);
        return revoke(
          user,
          'all',
          devices.map(({ id }) => id),
          given,
        );
      },
    },
  };
}
