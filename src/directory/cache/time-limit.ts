// Limits how long a promise is awaited.
import type { CacheClock } from './clock.js';

/**
 * Returns the value of the promise, or `undefined` if it takes longer, so that an unresponsive database blocks no
 * caller forever.
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
