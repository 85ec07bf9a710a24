// Records when each device was last used, and writes these times in batches, so that requests do not wait.

import type { OnEvent } from '../vocabulary/events.js';
import type { DeviceUse } from '../vocabulary/port-values.js';
import type { Directory } from '../vocabulary/ports.js';
import type { Clock } from '../vocabulary/types.js';
import { type WriteBehind, writeBehind } from './write-behind.js';

/** Collects the uses of devices, and writes all of them in one statement at a fixed interval. */
export interface LastUsed extends Pick<WriteBehind<unknown>, 'flush' | 'close'> {
  /**
   * Records that the device was just used from the IP address that `address` returns. If the result is `undefined`, the
   * previous address is kept. Records one use of each device per second, and does not call `address` for others. Does
   * no I/O.
   */
  note(deviceId: string, address: () => string | undefined): void;
  /** Returns the time of the device's latest use that is not yet written, in milliseconds since the epoch. */
  usedAt(deviceId: string): number | undefined;
}

/** The dependencies and options of `lastUsed`. */
export interface LastUsedOptions {
  readonly directory: Pick<Directory, 'touchDevices'>;
  readonly now: Clock;
  readonly onEvent: OnEvent;
  /** The interval between two writes, in seconds. Default: 60. */
  readonly intervalSeconds?: number | undefined;
}

/** Uses within this many milliseconds of a recorded use are not recorded. */
const recordedMilliseconds = 1000;

interface Use {
  readonly at: number;
  readonly address: string | undefined;
}

/** Creates the write-behind buffer for `lastUsedAt`. The buffer's timer does not keep the process alive. */
export function lastUsed(options: LastUsedOptions): LastUsed {
  const { directory, now, onEvent, intervalSeconds = 60 } = options;
  const uses = writeBehind<Use>({
    write: (notes) => directory.touchDevices(Array.from(notes, deviceUse)),
    failure: 'The last use of devices could not be written; Latchkey will try again.',
    onEvent,
    intervalSeconds,
  });
  return {
    note(deviceId, address) {
      const at = now();
      const latest = uses.pending(deviceId);
      if (latest !== undefined && at >= latest.at && at - latest.at < recordedMilliseconds) return;
      uses.note(deviceId, { at, address: address() ?? latest?.address });
    },
    usedAt: (deviceId) => uses.pending(deviceId)?.at,
    flush: uses.flush,
    close: uses.close,
  };
}

function deviceUse([id, { at, address }]: [string, Use]): DeviceUse {
  return { id, lastUsedAt: new Date(at), lastAddress: address };
}
