// Limits how long a caller waits for a promise.
import type { CacheClock } from './clock.js';

/**
 * Returns the value of the promise, or `undefined` if the promise is still pending after this many milliseconds. So a
 * database that does not answer cannot block a caller forever.
 */
export async function within<Value>(
  clock: CacheClock,
  milliseconds: number,
  promise: Promise<Value>,
): Promise<Value | undefined> {
  let cancel = () => {};
  const late = new Promise<undefined>((resolve) => {
    cancel = clock.schedule(Math.max(milliseconds, 0), () => resolve(undefined));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancel();
  }
}
