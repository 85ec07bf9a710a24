// Work that many ask for at once, done for all of them in one go.

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

/** How work is put together. */
export interface BatchLimits<Item> {
  /** How many goes are under way at most. Whoever comes while there are that many shares the next one. */
  readonly underWay: number;
  /** How many share one at most. */
  readonly size: number;
  /** What no two of one go may have in common. */
  readonly keyOf: (item: Item) => string;
}

/**
 * Puts together what is asked for at once. Whoever comes while nobody else does waits for nobody.
 * @param work does it for all of them; the results are in their order, and where it rejects, it has failed for all
 */
export function inBatches<Item, Result>(
  { underWay, size, keyOf }: BatchLimits<Item>,
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let running = 0;

  function take(): readonly Waiting<Item, Result>[] {
    const taken = new Map<string, Waiting<Item, Result>>();
    const left: Waiting<Item, Result>[] = [];
    for (const caller of waiting) {
      const key = keyOf(caller.item);
      if (taken.size < size && !taken.has(key)) {
        taken.set(key, caller);
      } else {
        left.push(caller);
      }
    }
    waiting = left;
    return [...taken.values()];
  }

  async function go(callers: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await work(callers.map(({ item }) => item));
      for (const [index, result] of results.entries()) {
        callers[index]?.resolve(result);
      }
    } catch (error) {
      for (const { reject } of callers) {
        reject(error);
      }
    }
    running -= 1;
    start();
  }

  function start(): void {
    while (running < underWay && waiting.length > 0) {
      running += 1;
      void go(take());
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      start();
    });
}
