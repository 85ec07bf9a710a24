// Lists, renames and revokes paired devices.

import { LatchkeyError } from '../../vocabulary/errors.js';
import type { OnEvent } from '../../vocabulary/events.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { DeviceSelection } from '../../vocabulary/port-values.js';
import type { Directory } from '../../vocabulary/ports.js';
import { isUuid } from '../../vocabulary/text-rules.js';
import type { Clock, Device, UserRow } from '../../vocabulary/types.js';
import type { PrincipalCache } from '../cache/principal-cache.js';
import { byWhom, type ChangeOptions, contextOf } from './change-options.js';
import { checkDeviceName, checkSearch } from './field-rules.js';
import { checkPage, eachItem, type Page, type PageOptions } from './listing.js';

/** Which devices to list. Absent fields do not filter. */
export interface DeviceFilters {
  /** Text that the name, the `clientId` or the owner's subject contains, ignoring case. 1–255 characters. */
  readonly search?: string | undefined;
  /** The owner's subject. */
  readonly subject?: string | undefined;
}

type Place = Pick<Device, 'id' | 'createdAt'>;

/** Which page of which devices to list. Absent fields do not filter. */
export interface DeviceListing extends DeviceFilters, PageOptions<Pick<Device, 'id' | 'createdAt'>> {}

/**
 * Devices of users, by the owner's subject.
 *
 * @throws {LatchkeyError} `ERR_USER_UNKNOWN` from every method that names a user, when there is no such user.
 * @throws {LatchkeyError} `ERR_DEVICE_UNKNOWN` from every method that names a device, when there is no such device or
 *   it is not one of the user's.
 * @throws {LatchkeyError} `ERR_VERSION` when a change expects a version and the device has another one.
 */
export interface DeviceAdministration {
  /**
   * Lists a page of the devices that match and that are neither revoked nor past `expiresAt`, newest first. These are
   * the devices that `tokens.maximumDevices` counts. With `tokens.idleDays`, the list may include devices whose token is
   * no longer valid because it was not used.
   *
   * @throws {LatchkeyError} `ERR_PAGE` when `limit` is out of range, or `after` is not a device.
   * @throws {LatchkeyError} `ERR_QUERY` when `search` is invalid.
   *
   * @example
   * const [latest] = await auth.devices.list({ subject: 'bob', limit: 1 });
   * console.log(latest?.name, latest?.lastUsedAt);
   */
  list(listing?: DeviceListing): Promise<readonly Device[]>;
  /**
   * Reads all devices that `list` would list, newest first, page by page as you ask for them. Rejects as `list` does.
   *
   * @example
   * for await (const { id, subject } of auth.devices.iterate({ search: 'pixel' })) {
   *   await auth.devices.revoke(subject, id);
   * }
   */
  iterate(filters?: DeviceFilters): AsyncIterable<Device>;
  /**
   * Changes the name shown in lists: 1–64 characters.
   *
   * @throws {LatchkeyError} `ERR_DEVICE_NAME` when the name is invalid.
   *
   * @example
   * await auth.devices.rename('bob', req.params.id, 'Living room');
   */
  rename(subject: string, id: string, name: string, options?: ChangeOptions): Promise<Device>;
  /**
   * Ends a device's token on every instance. Revoking a revoked device again is not an error.
   *
   * @example
   * await auth.devices.revoke('bob', req.params.id, { by: { subject: 'alice' } });
   */
  revoke(subject: string, id: string, options?: ChangeOptions): Promise<void>;
  /**
   * Revokes this device of any user, as `revoke` does.
   *
   * @example
   * await auth.devices.revokeById(req.params.id, { by: { subject: 'alice' } });
   */
  revokeById(id: string, options?: ChangeOptions): Promise<void>;
  /**
   * Revokes all devices but one and returns the ids of the revoked devices.
   *
   * @example
   * const revoked = await auth.devices.revokeOthers('bob', req.params.id);
   * console.log(`${revoked.length} other devices were revoked`);
   */
  revokeOthers(subject: string, keepId: string, options?: Pick<ChangeOptions, 'by'>): Promise<readonly string[]>;
  /**
   * Revokes all devices and returns their ids.
   *
   * @example
   * const revoked = await auth.devices.revokeAll('bob');
   */
  revokeAll(subject: string, options?: Pick<ChangeOptions, 'by'>): Promise<readonly string[]>;
}

/** Creates the administration of devices. */
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

  async function read(filters: DeviceFilters, page: Page<Place>): Promise<readonly Device[]> {
    const { search, subject } = filters;
    const text = search === undefined ? undefined : checkSearch(search);
    return directory.searchDevices({ search: text, subject, now: new Date(now()), ...page });
  }

  /**
   * Finds the user and revokes devices within one change. The caches are invalidated even if there is nothing to
   * revoke, because an earlier revocation may have reached the directory but not the caches.
   * @param key the key of the device, or of the user: cached devices depend on it
   */
  function revoke(
    key: string,
    given: ChangeOptions,
    select: () => Promise<{ readonly user: UserRow; readonly selection: DeviceSelection }>,
  ): Promise<readonly string[]> {
    const context = contextOf(given);
    return cache.writeThenInvalidate([key], async () => {
      const { user, selection } = await select();
      const revoked = await directory.revokeDevices(user.id, selection, new Date(now()), context);
      for (const deviceId of revoked) {
        onEvent({ type: 'device.revoked', userId: user.id, subject: user.subject, deviceId, ...byWhom(given.by) });
      }
      return revoked;
    });
  }

  return {
    list: async (listing = {}) => read(listing, checkPage(listing, placeOf)),
    iterate: (filters = {}) => eachItem(filters, read),

    async rename(subject, id, name, given = {}) {
      const checked = checkDeviceName(name);
      const context = contextOf(given);
      return cache.writeThenInvalidate([journalKeys.user(subject)], async () => {
        const user = await findUser(subject);
        const device = await directory.renameDevice(user.id, id, checked, context);
        if (device === undefined) throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
        onEvent({ type: 'device.renamed', userId: user.id, subject, deviceId: id, ...byWhom(given.by) });
        return device;
      });
    },

    async revoke(subject, id, given = {}) {
      await revoke(journalKeys.user(subject), given, async () => {
        const found = await directory.findDevice(id);
        if (found?.user.subject === subject) return { user: found.user, selection: { only: id } };
        await findUser(subject);
        throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
      });
    },

    async revokeById(id, given = {}) {
      await revoke(journalKeys.device(id), given, async () => {
        const found = await directory.findDevice(id);
        if (found === undefined) throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
        return { user: found.user, selection: { only: id } };
      });
    },

    revokeOthers: (subject, keepId, given = {}) =>
      revoke(journalKeys.user(subject), given, async () => {
        const user = await findUser(subject);
        // With a wrong `keepId`, all devices would be revoked.
        const known = (await valid(user.id)).some(({ id }) => id === keepId);
        if (!known) throw new LatchkeyError('ERR_DEVICE_UNKNOWN');
        return { user, selection: { except: keepId } };
      }),

    revokeAll: (subject, given = {}) =>
      revoke(journalKeys.user(subject), given, async () => ({ user: await findUser(subject), selection: 'all' })),
  };
}

function placeOf({ id, createdAt }: Place): Place | undefined {
  const valid = createdAt instanceof Date && !Number.isNaN(createdAt.getTime());
  // A year that a database may not support has more than four digits.
  return valid && createdAt.toISOString().length === 24 && isUuid(id) ? { id, createdAt } : undefined;
}
