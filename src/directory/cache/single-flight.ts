// Many requests for one thing share one look-up.

/** Runs one piece of work at a time for each key. */
export interface SingleFlight<Answer> {
  /**
   * Waits for earlier work of the same key, then runs. Requests for the same variant share a run that has not started yet,
   * never one that has: nobody gets an answer that was read before they asked.
   */
  run(key: string, variant: string, load: () => Promise<Answer>): Promise<Answer>;
}

interface Queue<Answer> {
  readonly waiting: Map<string, Promise<Answer>>;
  tail: Promise<unknown>;
}

/** No work at first; a key takes no memory while nobody waits for it. */
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
