// What a call that should be refused throws.
import { LatchkeyError } from '../../src/vocabulary/errors.js';

/** The `LatchkeyError` that the call throws; fails where it throws none. */
export function refusalOf(run: () => unknown): LatchkeyError {
  try {
    run();
  } catch (error) {
    if (error instanceof LatchkeyError) return error;
    throw error;
  }
  throw new Error('expected a LatchkeyError, but nothing was thrown');
}

/** The code that the call is refused with; fails where it is not refused. */
export function codeOf(run: () => unknown): string {
  return refusalOf(run).code;
}
