// directory/: who is that here, and what may they do? Changes to paired devices, which take effect everywhere.
import { LatchkeyError } from '../errors.js';
import type { DeviceSelection, Directory } from '../ports.js';
import type { Clock, Device, OnEvent, User } from '../types.js';
import { deviceKey } from './entries.js';
import { checkDeviceName, sortedSet } from './names.js';
import type { PrincipalCache } from './principal-cache.js';
import { spread } from './spread.js';

/**
 * Devices, by their owner's subject. All reject with `ERR_USER_UNKNOWN`, and with `ERR_DEVICE_UNKNOWN` where the device
 * is not one of this user's.
 */
export interface DeviceAdministration {
  /**
   * The devices that are neither revoked nor past `expiresAt`, newest first: those that `tokens.maximumDevices` counts.
   * With `tokens.idleDays`, some may have ended by lack of use.
   */
  list(subject: string): Promise<readonly Device[]>;
  /** Changes what people see in lists: 1–64 characters. Rejects with `ERR_DEVICE_NAME`. */
  rename(subject: string, id: string, name: string): Promise<Device>;
  /** Ends a device's token, on every instance. Revoking a revoked device again is no error. */
  revoke(subject: string, id: string): Promise<void>;
  /** Revokes all but one; returns the ids of the revoked. */
  revokeOthers(subject: string, keepId: string): Promise<readonly string[]>;
  /** Revokes all; returns the ids of the revoked. */
  revokeAll(subject: string): Promise<readonly string[]>;
}

/** The administration of devices, and what that of users needs of it. */
export function deviceAdministration(options: {
  readonly directory: Directory;
  readonly cache: PrincipalCache;
  readonly now: Clock;
  readonly onEvent: OnEvent;
  /** Rejects with `ERR_USER_UNKNOWN`. */
  readonly findUser: (subject: string) => Promise<User>;
}): { readonly administration: DeviceAdministration; keysOf(userId: string): Promise<readonly string[]> } {
  const { directory, cache, now, onEvent, findUser } = options;

  const valid = (userId: string) => directory.listDevices(userId, new Date(now()));

  function revoke(user: User, selection: DeviceSelection, known: readonly string[]): Promise<readonly string[]> {
    // A device may have been paired since the known ones were listed.
    const keys = (revoked: readonly string[] = []) => sortedSet([...known, ...revoked]).map(deviceKey);
    const write = () => directory.revokeDevices(user.id, selection, new Date(now()));
    return spread(cache, keys, write, (revoked) => {
      for (const deviceId of revoked) onEvent({ type: 'device.revoked', userId: user.id, deviceId });
    });
  }

  return {
    async keysOf(userId) {
      return (await valid(userId)).map(({ id }) => deviceKey(id));
    },

    administration: {
      async list(subject) {
        return valid((await findUser(subject)).id);
      },

      async rename(subject, id, name) {
        const checked = checkDeviceName(name);
        const user = await findUser(subject);
        const write = () => directory.renameDevice(user.id, id, checked);
        const device = await spread(
          cache,
          () => [deviceKey(id)],
          write,
          () => {},
        );
        if (device === undefined) throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
        return device;
      },

      async revoke(subject, id) {
        const user = await findUser(subject);
        const found = await directory.findDevice(id);
        if (found?.user.id !== user.id) throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
        await revoke(user, { only: id }, [id]);
      },

      async revokeOthers(subject, keepId) {
        const user = await findUser(subject);
        const ids = (await valid(user.id)).map(({ id }) => id);
        // A mistaken id would revoke them all.
        if (!ids.includes(keepId)) throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
        return revoke(
          user,
          { except: keepId },
          ids.filter((id) => id !== keepId),
        );
      },

      async revokeAll(subject) {
        const user = await findUser(subject);
        const devices = await valid(user.id);
        return revoke(
          user,
          'all',
          devices.map(({ id }) => id),
        );
      },
    },
  };
}
