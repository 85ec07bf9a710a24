// Keeps track of the statements of the journal that are still running, so that a shutdown can wait for them.
import type { Journal } from '../../vocabulary/journal.js';

/** A journal whose running calls are known. */
export interface TrackedJournal {
  readonly journal: Journal;
  /** Resolves when no call is running any more. Never rejects. */
  settled(): Promise<void>;
}

/** Wraps a journal. */
export function trackedJournal(given: Journal): TrackedJournal {
  const running = new Set<Promise<unknown>>();

  async function track<Result>(call: Promise<Result>): Promise<Result> {
    running.add(call);
    try {
      return await call;
    } finally {
      running.delete(call);
    }
  }

  return {
    journal: {
      join: (...args) => track(given.join(...args)),
      beat: (...args) => track(given.beat(...args)),
      instances: () => track(given.instances()),
      leave: (...args) => track(given.leave(...args)),
      note: (...args) => track(given.note(...args)),
      prune: (...args) => track(given.prune(...args)),
    },
    async settled() {
      // The end of a call can start another one.
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}
