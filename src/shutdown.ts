// Shuts an instance down, in the order of docs/start-and-stop.md.
import type { ClosableDeviceServices } from './device-services.js';
import type { CacheClock } from './directory/cache/clock.js';
import type { PrincipalCache } from './directory/cache/principal-cache.js';
import { within } from './directory/cache/time-limit.js';
import { type CloseOptions, closeServer } from './http/close-server.js';
import type { ErrorCode } from './vocabulary/errors.js';
import type { OnEvent } from './vocabulary/events.js';
import type { SharedState } from './vocabulary/ports.js';

/** The parts of an instance that a shutdown ends. */
export interface ShutdownParts {
  readonly devices: Pick<ClosableDeviceServices, 'endStreams' | 'close'> | undefined;
  /** Ends the parts that need no I/O, such as timers. */
  stop(): void;
  readonly cache: Pick<PrincipalCache, 'close'>;
  readonly state: Pick<SharedState, 'close'>;
  readonly clock: CacheClock;
  readonly onEvent: OnEvent;
}

/** The longest time, in milliseconds, that a shutdown waits for the database or for Redis in one step. */
const patience = 5000;

/** Creates the function that shuts the instance down. All calls share one shutdown. */
export function shutdown({
  devices,
  stop,
  cache,
  state,
  clock,
  onEvent,
}: ShutdownParts): (options: CloseOptions) => Promise<void> {
  let running: Promise<void> | undefined;

  /** Reports a step that fails or takes too long, and continues with the next step. */
  async function step(code: ErrorCode, message: string, work: Promise<void> | undefined): Promise<void> {
    const outcome = await within(
      clock,
      patience,
      Promise.resolve(work).then(
        () => 'done',
        () => 'failed',
      ),
    );
    if (outcome !== 'done') onEvent({ type: 'error', code, message });
  }

  async function run({ server, graceSeconds }: CloseOptions): Promise<void> {
    // Event streams must end before the server can close.
    const answered = server && closeServer(server, graceSeconds);
    await step('ERR_STATE_UNAVAILABLE', 'The event streams could not be ended.', devices?.endStreams());
    await answered;
    stop();
    const unwritten = 'The last uses of devices could not be written before the shutdown.';
    await step('ERR_DIRECTORY_UNAVAILABLE', unwritten, devices?.close());
    const registered = 'This instance could not leave the journal.';
    await step('ERR_DIRECTORY_UNAVAILABLE', registered, cache.close());
    await step('ERR_STATE_UNAVAILABLE', 'The shared state could not be closed.', state.close());
  }

  return (options) => {
    running ??= run(options);
    return running;
  };
}
