// Measures whether the heap grows while requests are answered.
import { usedHeap } from './garbage.js';
import type { MicroVariant } from './variants.js';

const intervals = 20;
const mebibyte = 2 ** 20;

/**
 * Sends millions of requests, in equal parts to all variants with Latchkey and new strings, and prints the heap after
 * each of twenty intervals. Everything that the process keeps from the requests is already there at the first interval.
 */
export async function heapGrowth(
  variants: readonly MicroVariant[],
  millions: number,
  print: (line: string) => void,
): Promise<void> {
  const measured = variants.filter(({ name, baseline }) => baseline !== undefined && name.endsWith('new strings'));
  const requests = Math.ceil((millions * 1_000_000) / intervals / measured.length);
  const sizes: number[] = [];
  for (let interval = 1; interval <= intervals; interval += 1) {
    for (const { exchange, copies } of measured) await exchange.run(copies, requests);
    sizes.push(await usedHeap());
    const sent = ((interval * requests * measured.length) / 1_000_000).toFixed(2);
    print(`${sent} million requests: ${((sizes.at(-1) ?? 0) / mebibyte).toFixed(2)} MiB`);
  }
  const [first = 0] = sizes;
  const growth = ((sizes.at(-1) ?? 0) - first) / first;
  print(`growth from the first interval to the last: ${(growth * 100).toFixed(2)} % (target: at most 5 %)`);
}
