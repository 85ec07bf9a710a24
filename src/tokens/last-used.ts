// tokens/: when a device was last seen, written behind so that requests do not wait for it.
import { LatchkeyError } from '../errors.js';
import type { DeviceUse, Directory } from '../ports.js';
import type { Clock, OnEvent } from '../types.js';

/** Collects the uses of devices and writes them now and then, all in one statement. */
export interface LastUsed {
  /** Notes a use just now, and where it came from. No I/O. */
  note(deviceId: string, address: string | undefined): void;
  /** Writes what was noted. Never rejects: what could not be written is kept for next time, and told as an event. */
  flush(): Promise<void>;
  /** Writes what was noted and stops. */
  close(): Promise<void>;
}

/** What `lastUsed` works with. */
export interface LastUsedOptions {
  readonly directory: Pick<Directory, 'touchDevices'>;
  readonly now: Clock;
  readonly onEvent: OnEvent;
  /** Seconds between two writes, which is also how often one device is written. Default: 60. */
  readonly intervalSeconds?: number;
}

interface Use {
  readonly at: number;
  readonly address: string | undefined;
}

/** Makes the write-behind for `lastUsedAt`. Its timer does not keep the process alive. */
export function lastUsed(options: LastUsedOptions): LastUsed {
  const { directory, now, onEvent, intervalSeconds = 60 } = options;
  let noted = new Map<string, Use>();
  let running: Promise<void> | undefined;

  async function write(): Promise<void> {
    const uses = noted;
    if (uses.size === 0) return;
    noted = new Map();
    try {
      await directory.touchDevices(Array.from(uses, deviceUse));
    } catch (error) {
      for (const [id, use] of uses) if (!noted.has(id)) noted.set(id, use);
      const code = error instanceof LatchkeyError ? error.code : 'ERR_DIRECTORY_UNAVAILABLE';
      onEvent({ type: 'error', code, message: 'The last use of devices could not be written; it is kept for later.' });
    }
  }

  async function flush(): Promise<void> {
    // One statement at a time: two at once on the same rows could only wait for each other.
    await running;
    running ??= write().finally(() => {
      running = undefined;
    });
    await running;
  }

  const timer = setInterval(() => void flush(), intervalSeconds * 1000);
  timer.unref();

  return {
    note(deviceId, address) {
      noted.set(deviceId, { at: now(), address });
    },
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}

function deviceUse([id, { at, address }]: [string, Use]): DeviceUse {
  return { id, lastUsedAt: new Date(at), ...(address === undefined ? {} : { lastAddress: address }) };
}
