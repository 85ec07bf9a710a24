// stores/ - the devices' part of the directory in memory.
import { LatchkeyError } from '../errors.js';
import type { DeviceSelection, DeviceUse, Directory, NewDevice } from '../ports.js';
import type { Device, User } from '../types.js';
import { latestUses } from './latest-uses.js';
import { byCodePoints, isId, requireStorable } from './text.js';

type Devices = Pick<
  Directory,
  | 'createDevice'
  | 'findDevice'
  | 'listDevices'
  | 'renameDevice'
  | 'revokeDevices'
  | 'touchDevices'
  | 'renewDevice'
  | 'confirmRenewal'
>;

/**
 * Devices in memory, and what goes with their owner.
 * @param owner the user with this id
 */
export function memoryDevices(owner: (userId: string) => User | undefined): {
  readonly verbs: Devices;
  deleteOf(userId: string): void;
} {
  const devices = new Map<string, Device>();

  // Every verb runs to its end without waiting, so each is atomic; `async` turns throws into rejections.

  function put(device: Device): Device {
    devices.set(device.id, Object.freeze(device));
    return device;
  }

  function valid(deviceId: string): Device | undefined {
    const device = devices.get(deviceId);
    return device?.revokedAt === undefined ? device : undefined;
  }

  function ownDevice(userId: string, deviceId: string): Device | undefined {
    const device = valid(deviceId);
    return device?.userId === userId ? device : undefined;
  }

  function pairedAt(userId: string, at: Date): readonly Device[] {
    return [...devices.values()].filter(
      (device) => device.userId === userId && device.revokedAt === undefined && device.expiresAt > at,
    );
  }

  const verbs: Devices = {
    async createDevice(device: NewDevice, maximum = Number.POSITIVE_INFINITY): Promise<void> {
      const { id, userId, name, clientId, appVersion, platform, lastAddress, createdAt } = device;
      requireStorable(name, clientId, appVersion, platform, lastAddress);
      if (!isId(id)) {
        throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'The id of a device is a UUID in lower case.' });
      }
      const user = owner(userId);
      if (user === undefined) {
        throw new LatchkeyError('ERR_USER_UNKNOWN');
      }
      if (devices.has(id)) {
        return;
      }
      if (pairedAt(userId, createdAt).length >= maximum) {
        throw new LatchkeyError('ERR_DEVICE_LIMIT');
      }
      put({ ...device, subject: user.subject, serial: 1 });
    },

    async findDevice(deviceId: string): Promise<{ readonly device: Device; readonly user: User } | undefined> {
      const device = devices.get(deviceId);
      const user = device && owner(device.userId);
      return device && user && { device, user };
    },

    async listDevices(userId: string, at: Date): Promise<readonly Device[]> {
      return pairedAt(userId, at).toSorted(
        (a, b) => b.createdAt.getTime() - a.createdAt.getTime() || byCodePoints(a.id, b.id),
      );
    },

    async renameDevice(userId: string, deviceId: string, name: string): Promise<Device | undefined> {
      requireStorable(name);
      const device = ownDevice(userId, deviceId);
      return device && put({ ...device, name });
    },

    async revokeDevices(userId: string, selection: DeviceSelection, at: Date): Promise<readonly string[]> {
      const revoked: string[] = [];
      for (const { id } of devices.values()) {
        const device = ownDevice(userId, id);
        if (device !== undefined && selects(selection, id)) {
          put({ ...device, revokedAt: at });
          revoked.push(id);
        }
      }
      return revoked.sort();
    },

    async touchDevices(uses: readonly DeviceUse[]): Promise<void> {
      const latest = latestUses(uses, ({ id, lastUsedAt }) => ({ id, at: lastUsedAt }));
      requireStorable(...latest.map(({ lastAddress }) => lastAddress));
      for (const { id, ...use } of latest) {
        const device = devices.get(id);
        if (device !== undefined && (device.lastUsedAt === undefined || device.lastUsedAt < use.lastUsedAt)) {
          put({ ...device, ...use });
        }
      }
    },

    async renewDevice(id: string, serial: number, renewedAt: Date, expiresAt: Date): Promise<Device | undefined> {
      const device = valid(id);
      if (device?.serial !== serial) {
        return undefined;
      }
      return device.renewedAt === undefined ? put({ ...device, renewedAt, expiresAt }) : device;
    },

    async confirmRenewal(id: string, serial: number, previousUntil: Date): Promise<Device | undefined> {
      const device = valid(id);
      if (device?.serial === serial) {
        return device;
      }
      if (device?.renewedAt === undefined || device.serial + 1 !== serial) {
        return undefined;
      }
      const { renewedAt: _, ...rest } = device;
      return put({ ...rest, serial, previousUntil });
    },
  };

  return {
    verbs,
    deleteOf(userId) {
      for (const device of devices.values()) {
        if (device.userId === userId) {
          devices.delete(device.id);
        }
      }
    },
  };
}

function selects(selection: DeviceSelection, deviceId: string): boolean {
  if (selection === 'all') {
    return true;
  }
  return 'only' in selection ? selection.only === deviceId : selection.except !== deviceId;
}
