// directory/: who is that here, and what may they do? A device's token takes the place of the one before, everywhere.
import { LatchkeyError } from '../errors.js';
import type { Directory } from '../ports.js';
import type { Clock, Device, OnEvent } from '../types.js';
import { deviceKey } from './entries.js';
import type { PrincipalCache } from './principal-cache.js';
import { spread } from './spread.js';

/**
 * The steps of a renewal. They are not undone by a shared state that can't be told: what other instances hold then is
 * older than the row, and whoever is refused by it is looked up first.
 */
export interface DeviceRenewal {
  /** As `Directory.renewDevice`. */
  renew(id: string, serial: number, renewedAt: Date, expiresAt: Date): Promise<Device | undefined>;
  /** As `Directory.confirmRenewal`. */
  confirm(id: string, serial: number, previousUntil: Date): Promise<Device | undefined>;
  /** Revokes a device whose replaced token came back. Of any number of calls at once, one raises the event. */
  revokeReused(device: Pick<Device, 'id' | 'userId'>): Promise<void>;
}

/** Renewal on the cache that the resolver uses. */
export function deviceRenewal(options: {
  readonly directory: Pick<Directory, 'renewDevice' | 'confirmRenewal' | 'revokeDevices'>;
  readonly cache: PrincipalCache;
  readonly now: Clock;
  readonly onEvent: OnEvent;
}): DeviceRenewal {
  const { directory, cache, now, onEvent } = options;

  async function step<Result>(
    id: string,
    write: () => Promise<Result>,
    done: (result: Result) => void = () => {},
    by: 'dropEverywhere' | 'drop' = 'drop',
  ): Promise<Result | undefined> {
    let written: Result | undefined;
    try {
      return await spread(
        cache,
        () => [deviceKey(id)],
        write,
        (result) => {
          written = result;
          done(result);
        },
        by,
      );
    } catch (error) {
      if (!(error instanceof LatchkeyError) || error.code !== 'ERR_CHANGE_NOT_SPREAD') throw error;
      onEvent({ type: 'error', code: error.code, message: 'A device was written while the state was away.' });
      return written;
    }
  }

  return {
    renew: (id, serial, renewedAt, expiresAt) =>
      step(id, () => directory.renewDevice(id, serial, renewedAt, expiresAt)),

    confirm: (id, serial, previousUntil) =>
      step(
        id,
        () => directory.confirmRenewal(id, serial, previousUntil),
        (device) => {
          if (device !== undefined) onEvent({ type: 'device.renewed', userId: device.userId, deviceId: id });
        },
      ),

    async revokeReused({ id, userId }) {
      const write = () => directory.revokeDevices(userId, { only: id }, new Date(now()));
      const done = (revoked: readonly string[]) => {
        for (const deviceId of revoked) {
          onEvent({ type: 'device.token-reused', userId, deviceId });
          onEvent({ type: 'device.revoked', userId, deviceId });
        }
      };
      // A thief may hold the token: nobody lets it in once this answered.
      await step(id, write, done, 'dropEverywhere');
    },
  };
}
