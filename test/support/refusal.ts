// The error of a call that must be refused.
import { LatchkeyError } from '../../src/vocabulary/errors.js';

/** The `LatchkeyError` that the call throws. Throws if there is none. */
export function refusalOf(run: () => unknown): LatchkeyError {
  try {
    run();
  } catch (error) {
    if (error instanceof LatchkeyError) return error;
    throw error;
  }
  throw new Error('expected a LatchkeyError, but nothing was thrown');
}

/** The code that the call is refused with. Throws if it is not refused. */
export function codeOf(run: () => unknown): string {
  return refusalOf(run).code;
}
