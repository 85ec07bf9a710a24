// Renews the token of a device, and revokes a device if its replaced token is used again.

import type { OnEvent } from '../../vocabulary/events.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { Directory } from '../../vocabulary/ports.js';
import type { Clock, Device } from '../../vocabulary/types.js';
import type { PrincipalCache } from '../cache/principal-cache.js';

/**
 * The steps of a renewal. Other instances learn of each step up to one heartbeat later. Until then, they use an older
 * row. So each instance reads the device's row again before it refuses a token.
 */
export interface DeviceRenewal {
  /** Begins a renewal, as described at `Directory.renewDevice`. */
  renew(id: string, serial: number, renewedAt: Date, expiresAt: Date): Promise<Device | undefined>;
  /** Completes a renewal, as described at `Directory.confirmRenewal`. */
  confirm(id: string, serial: number, previousUntil: Date): Promise<Device | undefined>;
  /** Revokes a device whose replaced token was used again. Of several concurrent calls, only one emits the events. */
  revokeReused(device: Pick<Device, 'id' | 'userId' | 'subject'>): Promise<void>;
}

/** Creates a `DeviceRenewal`. The resolver must use the same cache. */
export function deviceRenewal(options: {
  readonly directory: Pick<Directory, 'renewDevice' | 'confirmRenewal' | 'revokeDevices'>;
  readonly cache: PrincipalCache;
  readonly now: Clock;
  readonly onEvent: OnEvent;
}): DeviceRenewal {
  const { directory, cache, now, onEvent } = options;

  return {
    renew: (id, serial, renewedAt, expiresAt) =>
      cache.writeThenNotify([journalKeys.device(id)], () => directory.renewDevice(id, serial, renewedAt, expiresAt)),

    confirm: (id, serial, previousUntil) =>
      cache.writeThenNotify([journalKeys.device(id)], async () => {
        const device = await directory.confirmRenewal(id, serial, previousUntil);
        if (device !== undefined)
          onEvent({ type: 'device.renewed', userId: device.userId, subject: device.subject, deviceId: id });
        return device;
      }),

    // An attacker might have the token, so the call resolves only after all instances refuse the token.
    async revokeReused({ id, userId, subject }) {
      await cache.writeThenInvalidate([journalKeys.device(id)], async () => {
        for (const deviceId of await directory.revokeDevices(userId, { only: id }, new Date(now()))) {
          onEvent({ type: 'device.token-reused', userId, subject, deviceId });
          onEvent({ type: 'device.revoked', userId, subject, deviceId });
        }
      });
    },
  };
}
