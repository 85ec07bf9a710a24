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

/** The filters of a list of devices. An absent filter matches every device. */
export interface DeviceFilters {
  /**
   * Selects the devices whose name, `clientId` or owner's subject contains this text of 1–255 characters. The search is
   * case-insensitive.
   */
  readonly search?: string | undefined;
  /** The owner's subject. */
  readonly subject?: string | undefined;
}

type Place = Pick<Device, 'id' | 'createdAt'>;

/** Selects a page of the devices that match the filters. An absent filter matches every device. */
export interface DeviceListing extends DeviceFilters, PageOptions<Pick<Device, 'id' | 'createdAt'>> {}

/**
 * Lists, renames and revokes devices. Most functions identify a device's owner by subject.
 *
 * @throws {LatchkeyError} `ERR_USER_UNKNOWN` from every method that names a user, when there is no such user.
 * @throws {LatchkeyError} `ERR_DEVICE_UNKNOWN` from every method that names a device, when the device does not exist or
 *   belongs to another user.
 * @throws {LatchkeyError} `ERR_VERSION` when a change expects a version and the device has another version.
 */
export interface DeviceAdministration {
  /**
   * Lists one page of the devices that match the filters, newest first. Leaves out devices that are revoked or past
   * their `expiresAt`. Such devices do not count toward `tokens.maximumDevices` either. With `tokens.idleDays`, the
   * list may include devices that were not used for so long that their tokens are no longer valid.
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
   * Iterates over all devices that `list` would return, newest first. Loads each page only when you request the first
   * device of that page. Rejects with the same errors as `list`.
   *
   * @example
   * for await (const { id, subject } of auth.devices.iterate({ search: 'pixel' })) {
   *   await auth.devices.revoke(subject, id);
   * }
   */
  iterate(filters?: DeviceFilters): AsyncIterable<Device>;
  /**
   * Changes the name of a device. The new name has 1–64 characters.
   *
   * @throws {LatchkeyError} `ERR_DEVICE_NAME` when the name is invalid.
   *
   * @example
   * await auth.devices.rename('bob', req.params.id, 'Living room');
   */
  rename(subject: string, id: string, name: string, options?: ChangeOptions): Promise<Device>;
  /**
   * Revokes a device: afterwards, no instance accepts the device's token. Revoking a device that is already revoked is
   * not an error.
   *
   * @example
   * await auth.devices.revoke('bob', req.params.id, { by: { subject: 'alice' } });
   */
  revoke(subject: string, id: string, options?: ChangeOptions): Promise<void>;
  /**
   * Revokes a device like `revoke`, but needs only the device's id, not the owner's subject.
   *
   * @example
   * await auth.devices.revokeById(req.params.id, { by: { subject: 'alice' } });
   */
  revokeById(id: string, options?: ChangeOptions): Promise<void>;
  /**
   * Revokes all devices of the user except the device with the id `keepId`. Returns the ids of the revoked devices.
   *
   * @example
   * const revoked = await auth.devices.revokeOthers('bob', req.params.id);
   * console.log(`${revoked.length} other devices were revoked`);
   */
  revokeOthers(subject: string, keepId: string, options?: Pick<ChangeOptions, 'by'>): Promise<readonly string[]>;
  /**
   * Revokes all devices of the user. Returns the ids of the revoked devices.
   *
   * @example
   * const revoked = await auth.devices.revokeAll('bob');
   */
  revokeAll(subject: string, options?: Pick<ChangeOptions, 'by'>): Promise<readonly string[]>;
}

/** Creates the functions for devices. */
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
   * Finds the user, revokes the selected devices and then invalidates the caches. The caches are invalidated even if
   * there is nothing to revoke, because an earlier revocation might have reached the directory but not the caches.
   * @param key the journal key of the device or of its owner; a cached device depends on both keys
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
        // Without this check, a call with a wrong `keepId` would revoke all devices of the user.
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
  // Some databases do not support years of more than four digits.
  return valid && createdAt.toISOString().length === 24 && isUuid(id) ? { id, createdAt } : undefined;
}
