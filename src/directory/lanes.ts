// directory/: who is that here, and what may they do? Many requests for one thing share one look-up.

/** Runs one piece of work at a time in each lane. */
export interface Lanes<Answer> {
  /**
   * Waits for the lane, then runs. Requests for the same `work` share a run that has not started yet, never one that
   * has: nobody gets an answer that was read before they came, so a change that is over is seen by all who come later.
   */
  enter(lane: string, work: string, run: () => Promise<Answer>): Promise<Answer>;
}

interface Lane<Answer> {
  readonly waiting: Map<string, Promise<Answer>>;
  tail: Promise<unknown>;
}

/** A set of lanes, all empty; a lane takes no memory while nobody is in it. */
export function lanes<Answer>(): Lanes<Answer> {
  const open = new Map<string, Lane<Answer>>();

  return {
    enter(name, work, run) {
      const lane: Lane<Answer> = open.get(name) ?? { waiting: new Map(), tail: Promise.resolve() };
      open.set(name, lane);
      const shared = lane.waiting.get(work);
      if (shared !== undefined) return shared;
      const turn = lane.tail.then(() => {
        lane.waiting.delete(work);
        return run();
      });
      lane.waiting.set(work, turn);
      const leave = () => {
        if (lane.tail === tail) open.delete(name);
      };
      const tail: Promise<unknown> = turn.then(leave, leave);
      lane.tail = tail;
      return turn;
    },
  };
}
