// Emits process warnings, the same warning at most once a minute.
import { minuteLimit } from './minute-limit.js';
import type { Clock } from './types.js';

/**
 * Creates a function that emits a process warning with this code. The same message is emitted at most once a minute,
 * because a client might be able to cause it with every request.
 */
export function limitedWarnings(code: string, now: Clock = Date.now): (message: string) => void {
  const limit = minuteLimit(now);
  return (message) => {
    const leftOut = limit.leftOut(message);
    if (leftOut !== undefined) process.emitWarning(withCount(message, leftOut), { code });
  };
}

/** Appends the number of equal messages that were left out since the last one. */
export function withCount(message: string, leftOut: number): string {
  return leftOut === 0 ? message : `${message} [${leftOut} more since the last warning]`;
}
