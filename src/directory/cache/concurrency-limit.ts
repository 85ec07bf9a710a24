// Runs at most so many pieces of work at once; the others wait for their turn.

/** Runs work when it is its turn. */
export type Limit = <Value>(work: () => Promise<Value>) => Promise<Value>;

/** @param atOnce how many pieces of work run at once */
export function limit(atOnce: number): Limit {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async (work) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
