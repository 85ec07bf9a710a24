// Reports failures to the host as `error` events. The same failure is reported at most once a minute. Without a
// listener, a failure becomes a process warning.

import { callSafely } from './call-safely.js';
import { LatchkeyError } from './errors.js';
import type { LatchkeyEvent, OnEvent } from './events.js';
import type { Clock } from './types.js';

type ErrorEvent = Extract<LatchkeyEvent, { readonly type: 'error' }>;

const intervalMilliseconds = 60_000;

// Limits the memory that known failures use. In practice, fewer different failures occur.
const maximumReasons = 500;

/**
 * Wraps the host's listener. If the listener throws, the error is caught. The listener receives the same `error` event
 * at most once a minute, because an attacker can cause the same error a thousand times a second. Without a listener,
 * errors become process warnings (`LATCHKEY_ERROR`), and all other events are dropped.
 */
export function eventListener(onEvent: OnEvent | undefined, now: Clock): OnEvent {
  const listener = onEvent === undefined ? warn : contained(onEvent);
  const reportedAt = new Map<string, number>();

  function isNew({ code, reason, message }: ErrorEvent): boolean {
    const key = JSON.stringify([code, reason, message]);
    const since = now() - (reportedAt.get(key) ?? Number.NEGATIVE_INFINITY);
    // If the clock was set back, events must not be suppressed.
    if (since >= 0 && since < intervalMilliseconds) return false;
    if (reportedAt.size >= maximumReasons) reportedAt.clear();
    reportedAt.set(key, now());
    return true;
  }

  return (event) => {
    if (event.type !== 'error' || isNew(event)) listener(event);
  };
}

/**
 * Creates the `error` event for a failed call of a port, or for any other failure. `fallback` is the code for an error
 * that is not a `LatchkeyError`.
 */
export function errorEvent(
  error: unknown,
  fallback: 'ERR_DIRECTORY_UNAVAILABLE' | 'ERR_STATE_UNAVAILABLE' | 'ERR_HOST_USERS_UNAVAILABLE',
): ErrorEvent {
  const known = error instanceof LatchkeyError ? error : new LatchkeyError(fallback, { cause: error });
  const { cause } = known;
  if (!(cause instanceof Error)) return { type: 'error', code: known.code, message: known.message };
  const reason = 'code' in cause && typeof cause.code === 'string' ? { reason: cause.code } : {};
  return { type: 'error', code: known.code, message: known.message, ...reason, cause: cause.message };
}

function contained(onEvent: OnEvent): OnEvent {
  return (event) =>
    callSafely(
      () => onEvent(event),
      (reason) => process.emitWarning(`onEvent threw on ${event.type}: ${reason}`, { code: 'LATCHKEY_ON_EVENT' }),
    );
}

function warn(event: LatchkeyEvent): void {
  if (event.type !== 'error') return;
  const { code, message, reason, cause } = event;
  const because = [reason, cause].filter((part) => part !== undefined && !message.includes(part)).join(': ');
  process.emitWarning(`${code}: ${message}${because === '' ? '' : ` (${because})`}`, { code: 'LATCHKEY_ERROR' });
}
