// Limits how long something is waited for.
import type { CacheClock } from './clock.js';

/** What the promise gives; `undefined` where it takes longer, so that a silent database holds nobody up for ever. */
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
