// Combines concurrent calls into batches.

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

/** Limits of the batches. */
export interface BatchLimits<Item> {
  /** The maximum number of batches that run at the same time. Further calls wait and share the next batch. */
  readonly underWay: number;
  /** The maximum number of calls per batch. */
  readonly size: number;
  /** Returns the key of an item. A batch never contains two items with the same key. */
  readonly keyOf: (item: Item) => string;
}

/**
 * Combines concurrent calls into batches. A call starts at once, unless the maximum number of batches is already
 * running.
 * @param work Processes a batch and returns the results in the order of the items. If `work` rejects, all calls of the
 * batch reject.
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
