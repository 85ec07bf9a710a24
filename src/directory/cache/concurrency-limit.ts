// Limits how many tasks run concurrently. Further tasks wait in a queue.

/** Runs the task as soon as the number of running tasks is below the limit. */
export type Limit = <Value>(work: () => Promise<Value>) => Promise<Value>;

/** @param atOnce the maximum number of tasks that run concurrently */
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
