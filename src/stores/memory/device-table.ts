// The device methods of the in-memory directory.

import { LatchkeyError } from '../../vocabulary/errors.js';
import { journalKeys, type Positioned } from '../../vocabulary/journal.js';
import type {
  ChangeContext,
  DeviceAndOwner,
  DeviceQuery,
  DeviceSelection,
  DeviceUse,
  NewDevice,
} from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Device, UserRow } from '../../vocabulary/types.js';
import {
  type AuditNote,
  pairedNote,
  renamedNote,
  requireStorableActor,
  requireVersion,
  revokedNote,
} from '../audit-diff.js';
import { contains } from '../filters.js';
import { latestUses } from '../latest-uses.js';
import { byCodePoints, isId, requireStorable } from '../storable-text.js';
import type { MemoryJournal } from './journal-list.js';

type Devices = Pick<
  Directory,
  | 'createDevice'
  | 'findDevice'
  | 'listDevices'
  | 'searchDevices'
  | 'renameDevice'
  | 'revokeDevices'
  | 'touchDevices'
  | 'renewDevice'
  | 'confirmRenewal'
>;

/** The other parts of the directory that the device methods need. */
export interface MemoryDevicesParts {
  /** Returns the user with this id. */
  readonly owner: (userId: string) => UserRow | undefined;
  /** Writes an entry to the audit trail. */
  readonly write: (context: ChangeContext, note: AuditNote) => void;
  readonly journal: MemoryJournal;
}

/** Creates the device methods, and the functions that delete or move the devices of a user. */
export function memoryDevices({ owner, write, journal }: MemoryDevicesParts): {
  readonly verbs: Devices;
  deleteOf(userId: string): void;
  /** Moves the devices of one user to another user, or to the same user with a new subject. */
  move(from: UserRow, to: UserRow): void;
} {
  const devices = new Map<string, Device>();

  // Every method is atomic, because no method awaits anything. `async` turns thrown errors into rejections.

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

  /** Returns the version of a user's device, even if the device is revoked. */
  function versionOf(userId: string, deviceId: string): number | undefined {
    const device = devices.get(deviceId);
    return device?.userId === userId ? device.version : undefined;
  }

  function pairedAt(userId: string, at: Date): readonly Device[] {
    return [...devices.values()].filter(
      (device) => device.userId === userId && device.revokedAt === undefined && device.expiresAt > at,
    );
  }

  const verbs: Devices = {
    async createDevice(
      device: NewDevice,
      maximum = Number.POSITIVE_INFINITY,
      context: ChangeContext = {},
    ): Promise<void> {
      const { id, userId, name, clientId, appVersion, platform, lastAddress, createdAt } = device;
      requireStorable(name, clientId, appVersion, platform, lastAddress);
      requireStorableActor(context);
      if (!isId(id)) {
        throw new LatchkeyError('ERR_DIRECTORY_VALUE', { detail: 'A device id must be a lowercase UUID.' });
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
      write(context, pairedNote(put({ ...device, subject: user.subject, serial: 1, version: 1 })));
    },

    async findDevice(deviceId: string): Promise<Positioned<DeviceAndOwner> | undefined> {
      const device = devices.get(deviceId);
      const user = device && owner(device.userId);
      return device && user && { device, user, position: journal.head() };
    },

    async listDevices(userId: string, at: Date): Promise<readonly Device[]> {
      return pairedAt(userId, at).toSorted(newestFirst);
    },

    async searchDevices(query: DeviceQuery): Promise<readonly Device[]> {
      const { search, subject, now, after, limit } = query;
      if (after !== undefined && !isId(after.id)) {
        return [];
      }
      return [...devices.values()]
        .filter((device) => device.revokedAt === undefined && device.expiresAt > now)
        .filter((device) => subject === undefined || device.subject === subject)
        .filter(({ name, clientId, subject: owner }) =>
          search === undefined ? true : [name, clientId, owner].some((text) => contains(text, search)),
        )
        .filter((device) => after === undefined || newestFirst(device, after) > 0)
        .sort(newestFirst)
        .slice(0, limit);
    },

    async renameDevice(
      userId: string,
      deviceId: string,
      name: string,
      context: ChangeContext = {},
    ): Promise<Device | undefined> {
      requireStorable(name);
      requireStorableActor(context);
      requireVersion(context, versionOf(userId, deviceId));
      const device = ownDevice(userId, deviceId);
      if (device === undefined || device.name === name) {
        return device;
      }
      write(context, renamedNote(device, name));
      journal.append([journalKeys.device(deviceId)]);
      return put({ ...device, name, version: device.version + 1 });
    },

    async revokeDevices(
      userId: string,
      selection: DeviceSelection,
      at: Date,
      context: ChangeContext = {},
    ): Promise<readonly string[]> {
      requireStorableActor(context);
      if (selection !== 'all' && 'only' in selection) {
        requireVersion(context, versionOf(userId, selection.only));
      }
      const selected = [...devices.keys()].filter((id) => selects(selection, id)).sort();
      const revoked = selected.flatMap((id) => ownDevice(userId, id) ?? []);
      for (const device of revoked) {
        put({ ...device, revokedAt: at, version: device.version + 1 });
        write(context, revokedNote(device));
      }
      const ids = revoked.map(({ id }) => id);
      if (ids.length > 0) {
        journal.append(ids.map(journalKeys.device));
      }
      return ids;
    },

    async touchDevices(uses: readonly DeviceUse[]): Promise<void> {
      const latest = latestUses(uses, ({ id, lastUsedAt }) => ({ id, at: lastUsedAt }));
      requireStorable(...latest.map(({ lastAddress }) => lastAddress));
      for (const { id, lastUsedAt, lastAddress } of latest) {
        const device = devices.get(id);
        if (device !== undefined && (device.lastUsedAt === undefined || device.lastUsedAt < lastUsedAt)) {
          put({ ...device, lastUsedAt, lastAddress: lastAddress ?? device.lastAddress });
        }
      }
    },

    async renewDevice(id: string, serial: number, renewedAt: Date, expiresAt: Date): Promise<Device | undefined> {
      const device = valid(id);
      if (device?.serial !== serial) {
        return undefined;
      }
      if (device.renewedAt !== undefined) {
        return device;
      }
      journal.append([journalKeys.device(id)]);
      return put({ ...device, renewedAt, expiresAt });
    },

    async confirmRenewal(id: string, serial: number, previousUntil: Date): Promise<Device | undefined> {
      const device = valid(id);
      if (device?.serial === serial) {
        return device;
      }
      if (device?.renewedAt === undefined || device.serial + 1 !== serial) {
        return undefined;
      }
      journal.append([journalKeys.device(id)]);
      return put({ ...device, renewedAt: undefined, serial, previousUntil });
    },
  };

  return {
    verbs,
    move(from, { id: userId, subject }) {
      for (const device of [...devices.values()].filter((each) => each.userId === from.id)) {
        put({ ...device, userId, subject });
      }
    },
    deleteOf(userId) {
      for (const device of devices.values()) {
        if (device.userId === userId) {
          devices.delete(device.id);
        }
      }
    },
  };
}

type Dated = Pick<Device, 'id' | 'createdAt'>;

function newestFirst(a: Dated, b: Dated): number {
  return b.createdAt.getTime() - a.createdAt.getTime() || byCodePoints(a.id, b.id);
}

function selects(selection: DeviceSelection, deviceId: string): boolean {
  if (selection === 'all') {
    return true;
  }
  return 'only' in selection ? selection.only === deviceId : selection.except !== deviceId;
}
