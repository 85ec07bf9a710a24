// What every store checks of its callers.
import { eventListener } from '../vocabulary/error-events.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import type { OnEvent } from '../vocabulary/types.js';

/** Throws `ERR_CONFIG` unless the number is a time to live or a window: whole seconds, at least 1. */
export function checkSeconds(seconds: number): void {
  if (!Number.isSafeInteger(seconds) || seconds < 1) {
    throw new LatchkeyError('ERR_CONFIG', {
      detail: `A time to live must be a whole number of seconds, at least 1; got ${seconds}`,
    });
  }
}

/** Throws `ERR_CONFIG` where `options` has a member that `known` has not. */
export function checkOptionNames(store: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new LatchkeyError('ERR_CONFIG', {
        detail: `${store} has no option ${JSON.stringify(name)}; it has ${known.join(', ')}`,
      });
    }
  }
}

/** Where a store's errors go. */
export interface ErrorOutlet {
  readonly emit: OnEvent;
  /** As `SharedState.listen`. */
  readonly listen: (onEvent: OnEvent) => void;
}

/**
 * To the listener that the host gave the store; otherwise to whoever uses the store; otherwise they become process warnings.
 * No throw of a listener comes back.
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
