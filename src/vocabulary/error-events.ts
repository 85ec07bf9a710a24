// Reports failures to the host as `error` events. The same failure is reported at most once a minute. Without a
// listener, a failure becomes a process warning.

import { callSafely } from './call-safely.js';
import { LatchkeyError } from './errors.js';
import type { LatchkeyEvent, OnEvent } from './events.js';
import { limitedWarnings, withCount } from './limited-warnings.js';
import { minuteLimit } from './minute-limit.js';
import type { Clock } from './types.js';

type ErrorEvent = Extract<LatchkeyEvent, { readonly type: 'error' }>;

/**
 * Wraps the host's listener. If the listener throws, the error is caught. The listener receives the same `error` event
 * at most once a minute, because an attacker can cause the same error a thousand times a second. Without a listener,
 * errors become process warnings (`LATCHKEY_ERROR`), and all other events are dropped.
 */
export function eventListener(onEvent: OnEvent | undefined, now: Clock): OnEvent {
  const listener = onEvent === undefined ? warn : contained(onEvent, now);
  const limit = minuteLimit(now);

  return (event) => {
    if (event.type !== 'error') {
      listener(event);
      return;
    }
    const unreported = limit.leftOut(JSON.stringify([event.code, event.reason, event.message]));
    if (unreported !== undefined) listener(unreported === 0 ? event : { ...event, unreported });
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

function contained(onEvent: OnEvent, now: Clock): OnEvent {
  const warnOfListener = limitedWarnings('LATCHKEY_ON_EVENT', now);
  return (event) =>
    callSafely(
      () => onEvent(event),
      (reason) => warnOfListener(`onEvent threw on ${event.type}: ${reason}`),
    );
}

function warn(event: LatchkeyEvent): void {
  if (event.type !== 'error') return;
  const { code, message, reason, cause, unreported = 0 } = event;
  const because = [reason, cause].filter((part) => part !== undefined && !message.includes(part)).join(': ');
  const text = `${code}: ${message}${because === '' ? '' : ` (${because})`}`;
  process.emitWarning(withCount(text, unreported), { code: 'LATCHKEY_ERROR' });
}
