// Implements single flight: concurrent requests for the same key share one look-up.

/** Runs one task at a time for each key. */
export interface SingleFlight<Answer> {
  /**
   * Runs `load` after all earlier tasks with the same key have ended. Calls with the same variant share a run that has
   * not started yet. A call never shares a run that has already started, because that run might have read data from
   * before the call.
   */
  run(key: string, variant: string, load: () => Promise<Answer>): Promise<Answer>;
}

interface Queue<Answer> {
  readonly waiting: Map<string, Promise<Answer>>;
  tail: Promise<unknown>;
}

/** Creates a `SingleFlight`. A key uses no memory while no call is waiting for it. */
export function singleFlight<Answer>(): SingleFlight<Answer> {
  const queues = new Map<string, Queue<Answer>>();

  return {
    run(key, variant, load) {
      const queue: Queue<Answer> = queues.get(key) ?? { waiting: new Map(), tail: Promise.resolve() };
      queues.set(key, queue);
      const shared = queue.waiting.get(variant);
      if (shared !== undefined) return shared;
      const turn = queue.tail.then(() => {
        queue.waiting.delete(variant);
        return load();
      });
      queue.waiting.set(variant, turn);
      const leave = () => {
        if (queue.tail === tail) queues.delete(key);
      };
      const tail: Promise<unknown> = turn.then(leave, leave);
      queue.tail = tail;
      return turn;
    },
  };
}
