// stores: what every store checks of its callers.
import { LatchkeyError } from '../errors.js';
import type { OnEvent } from '../types.js';
import { withoutThrow } from '../without-throw.js';

/** Throws `ERR_CONFIG` unless the number is a time to live or a window: whole seconds, at least 1. */
export function checkSeconds(seconds: number): void {
  if (!Number.isSafeInteger(seconds) || seconds < 1) {
    throw new LatchkeyError('ERR_CONFIG', { detail: `A time to live is whole seconds, at least 1; got ${seconds}` });
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

/** `onEvent` of which no throw comes back; does nothing where the host gave none. */
export function contained(onEvent: OnEvent | undefined): OnEvent {
  // The host's logging must not decide what happens to a request.
  return (event) =>
    withoutThrow(
      () => onEvent?.(event),
      () => {},
    );
}
