// Wraps a port so that its failures are reported to the host, even if the host has implemented the port itself.
import { errorEvent } from './error-events.js';
import { LatchkeyError } from './errors.js';
import type { OnEvent } from './events.js';

/** The codes with which a port reports that a call failed. A rejection with any other code is a regular answer. */
const failures: ReadonlySet<string> = new Set([
  'ERR_DIRECTORY_UNAVAILABLE',
  'ERR_DIRECTORY_REFUSED',
  'ERR_DIRECTORY_SCHEMA',
  'ERR_STATE_UNAVAILABLE',
  'ERR_STATE_REFUSED',
]);

/** Wraps the port so that each failure also becomes an `error` event. The caller still receives the rejection. */
export function reportedPort<Port extends object>(
  port: Port,
  fallback: Parameters<typeof errorEvent>[1],
  onEvent: OnEvent,
): Port {
  const made = new Map<unknown, unknown>();

  function report(error: unknown): void {
    if (!(error instanceof LatchkeyError) || failures.has(error.code)) onEvent(errorEvent(error, fallback));
  }

  function reporting(verb: (...args: readonly unknown[]) => unknown): unknown {
    return (...args: readonly unknown[]) => {
      const outcome: unknown = Reflect.apply(verb, port, args);
      if (outcome instanceof Promise) outcome.catch(report);
      return outcome;
    };
  }

  // The target of the `Proxy` is an empty object, because a `Proxy` of a frozen object cannot replace the methods of
  // that object.
  return new Proxy({} as Port, {
    get(_target, name) {
      const value: unknown = Reflect.get(port, name, port);
      const isPort = typeof value === 'object' && value !== null;
      if (typeof value !== 'function' && !isPort) return value;
      if (!made.has(value)) {
        made.set(
          value,
          isPort
            ? reportedPort(value, fallback, onEvent)
            : reporting(value as (...args: readonly unknown[]) => unknown),
        );
      }
      return made.get(value);
    },
  });
}
