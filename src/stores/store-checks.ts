// Argument checks that all stores share, and the function that reports the errors of a shared state.
import { eventListener } from '../vocabulary/error-events.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { OnEvent } from '../vocabulary/events.js';

/**
 * Checks a time to live or the length of a time window.
 * @throws {LatchkeyError} `ERR_CONFIG` when the value is not a whole number of at least 1
 */
export function checkSeconds(seconds: number): void {
  if (!Number.isSafeInteger(seconds) || seconds < 1) {
    throw new LatchkeyError('ERR_CONFIG', {
      detail: `A time to live must be a whole number of seconds, at least 1; got ${seconds}`,
    });
  }
}

/**
 * Checks the names of the options. Pass a table of the type `EveryMember` as `known`, so that the compiler finds
 * missing names.
 * @throws {LatchkeyError} `ERR_CONFIG` when `options` has a name that is not in `known`
 */
export function checkOptionNames(store: string, options: object, known: Readonly<Record<string, unknown>>): void {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(known, name)) {
      throw new LatchkeyError('ERR_CONFIG', {
        detail: `${store} has no option ${JSON.stringify(name)}; it has ${Object.keys(known).join(', ')}`,
      });
    }
  }
}

/** The functions with which a store reports its errors. */
export interface ErrorOutlet {
  readonly emit: OnEvent;
  /** See `SharedState.listen`. */
  readonly listen: (onEvent: OnEvent) => void;
}

/**
 * Sends errors to the listener that the host passed to the store. If there is no such listener, the Latchkey instances
 * that use the store receive the errors. If there are no such instances either, the errors become process warnings. An
 * error that a listener throws does not reach the store.
 */
export function errorOutlet(own: OnEvent | undefined): ErrorOutlet {
  const listeners = new Set<OnEvent>();
  const alone = eventListener(own, Date.now);
  return {
    emit(event) {
      if (own !== undefined || listeners.size === 0) alone(event);
      else for (const listener of listeners) listener(event);
    },
    listen: (onEvent) => void listeners.add(onEvent),
  };
}
