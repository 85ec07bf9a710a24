// Checks the tables of the directory, and all clocks, once after the start and in the background.
import { errorEvent } from '../../vocabulary/error-events.js';
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { OnEvent } from '../../vocabulary/events.js';
import type { Directory, SharedState } from '../../vocabulary/ports.js';
import type { CacheClock } from '../cache/clock.js';

/** The dependencies of `startChecks`. */
export interface StartCheckOptions {
  readonly directory: Pick<Directory, 'inspect'>;
  readonly state: Pick<SharedState, 'now' | 'singleProcess'>;
  readonly clock: Pick<CacheClock, 'monotonic' | 'wall' | 'schedule'>;
  readonly onEvent: OnEvent;
}

/** By how many milliseconds two clocks may differ. The difference of synchronized clocks is far below one second. */
const toleranceMilliseconds = 10_000;

/**
 * After how many milliseconds a failed check is repeated before the failure is reported. At the time of the first
 * check, the host might still be migrating the database.
 */
const confirmMilliseconds = 5000;

/** The longest time between two checks while a component does not answer, in milliseconds. */
const longestPause = 60_000;

/** One component, and how to read its clock in milliseconds since the epoch. */
interface Component {
  readonly code: 'ERR_DIRECTORY_CLOCK' | 'ERR_STATE_CLOCK';
  readonly fallback: 'ERR_DIRECTORY_UNAVAILABLE' | 'ERR_STATE_UNAVAILABLE';
  readonly name: string;
  read(): Promise<number>;
}

/**
 * Checks the tables of the directory, and compares the clocks of the directory and of the shared state with the clock
 * of this machine. Each problem becomes one `error` event. While a component does not answer, the check is repeated
 * without an event, because the regular use of the component reports the outage. Returns a function that ends the
 * checks.
 */
export function startChecks({ directory, state, clock, onEvent }: StartCheckOptions): () => void {
  let closed = false;
  const cancels = new Set<() => void>();

  function later(milliseconds: number, work: () => Promise<void>): void {
    const cancel = clock.schedule(milliseconds, () => {
      cancels.delete(cancel);
      void work();
    });
    cancels.add(cancel);
  }

  async function check(component: Component, attempt: number, failedBefore: boolean): Promise<void> {
    const began = clock.monotonic();
    try {
      const theirs = await component.read();
      if (!closed) compare(component, theirs, clock.monotonic() - began);
    } catch (error) {
      if (closed) return;
      if (isOutage(error)) {
        later(Math.min(1000 * 2 ** attempt, longestPause), () => check(component, attempt + 1, failedBefore));
      } else if (failedBefore) {
        onEvent(errorEvent(error, component.fallback));
      } else {
        later(confirmMilliseconds, () => check(component, attempt, true));
      }
    }
  }

  function compare({ code, name }: Component, theirs: number, taken: number): void {
    // The component has read its clock at an unknown moment of the call.
    const difference = theirs - (clock.wall() - taken / 2);
    if (Math.abs(difference) - taken / 2 <= toleranceMilliseconds) return;
    const seconds = Math.round(Math.abs(difference) / 1000);
    const relation = difference > 0 ? 'behind' : 'ahead of';
    onEvent({ type: 'error', code, message: `The clock of this process is ${seconds} s ${relation} that of ${name}` });
  }

  const { inspect } = directory;
  if (inspect !== undefined) {
    const read = async (): Promise<number> => (await inspect.call(directory)).now.getTime();
    const [code, fallback] = ['ERR_DIRECTORY_CLOCK', 'ERR_DIRECTORY_UNAVAILABLE'] as const;
    void check({ code, fallback, name: 'the database', read }, 0, false);
  }
  // Without other processes, the shared state has the clock of this machine.
  if (!state.singleProcess) {
    const [code, fallback] = ['ERR_STATE_CLOCK', 'ERR_STATE_UNAVAILABLE'] as const;
    void check({ code, fallback, name: 'Redis', read: () => state.now() }, 0, false);
  }

  return () => {
    closed = true;
    for (const cancel of cancels) cancel();
  };
}

/** Returns whether the component did not answer. Errors of a host's own store that have no code count as outages. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof LatchkeyError)) return true;
  return error.code === 'ERR_DIRECTORY_UNAVAILABLE' || error.code === 'ERR_STATE_UNAVAILABLE';
}
