// Records when a device was last used, with batched writes so that requests do not wait.

import type { OnEvent } from '../vocabulary/events.js';
import type { DeviceUse } from '../vocabulary/port-values.js';
import type { Directory } from '../vocabulary/ports.js';
import type { Clock } from '../vocabulary/types.js';
import { type WriteBehind, writeBehind } from './write-behind.js';

/** Collects the uses of devices and writes them at an interval, all in one statement. */
export interface LastUsed extends Pick<WriteBehind<unknown>, 'flush' | 'close'> {
  /**
   * Records a use at the current time, and its IP address. Without an address, the previous one is kept. Does no I/O.
   */
  note(deviceId: string, address: string | undefined): void;
  /**
   * The time of the last use that this process recorded and may not have written yet, in milliseconds since the epoch.
   */
  usedAt(deviceId: string): number | undefined;
}

/** The dependencies and options of `lastUsed`. */
export interface LastUsedOptions {
  readonly directory: Pick<Directory, 'touchDevices'>;
  readonly now: Clock;
  readonly onEvent: OnEvent;
  /** Seconds between two writes, and so also between two writes for one device. Default: 60. */
  readonly intervalSeconds?: number | undefined;
}

interface Use {
  readonly at: number;
  readonly address: string | undefined;
}

/** Creates the write-behind for `lastUsedAt`. Its timer does not keep the process alive. */
export function lastUsed(options: LastUsedOptions): LastUsed {
  const { directory, now, onEvent, intervalSeconds = 60 } = options;
  const uses = writeBehind<Use>({
    write: (notes) => directory.touchDevices(Array.from(notes, deviceUse)),
    failure: 'The last use of devices could not be written; Latchkey will try again.',
    onEvent,
    intervalSeconds,
  });
  return {
    note: (deviceId, address) =>
      uses.note(deviceId, { at: now(), address: address ?? uses.pending(deviceId)?.address }),
    usedAt: (deviceId) => uses.pending(deviceId)?.at,
    flush: uses.flush,
    close: uses.close,
  };
}

function deviceUse([id, { at, address }]: [string, Use]): DeviceUse {
  return { id, lastUsedAt: new Date(at), lastAddress: address };
}
