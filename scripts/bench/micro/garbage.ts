// Measures the heap after garbage collections.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void;

/** Collects the objects that were created recently and are no longer in use. */
export function collectYoung(): void {
  collect({ type: 'minor' });
}

/** Returns the bytes of all objects that are in use. Collects garbage several times, because finalizers run between. */
export async function usedHeap(): Promise<number> {
  for (let pass = 0; pass < 4; pass += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
