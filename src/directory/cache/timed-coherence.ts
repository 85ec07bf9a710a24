// The rules for a directory without a journal: memory holds for two seconds, and a change waits until these have passed.
import type { CacheClock } from './clock.js';
import type { Coherence, CoherenceListener } from './coherence.js';

const holdMilliseconds = 2000;

/** Longer than an entry is held, by more than the clocks of two machines differ in rate. */
const waitMilliseconds = 2200;

/** Shares nothing between processes: nobody could tell whether it still holds. */
export function timedCoherence(options: {
  readonly clock: CacheClock;
  readonly listener: CoherenceListener;
}): Coherence {
  const { clock, listener } = options;
  let closed = false;

  async function saved(keys: readonly string[]): Promise<void> {
    listener.changed(keys);
  }

  return {
    relies: () => !closed,
    refresh: async () => !closed,
    position: () => undefined,
    judge: () => 'holds',
    holdMilliseconds: () => holdMilliseconds,
    scope: () => undefined,
    saved,
    note: saved,
    doubt: (keys) => listener.changed(keys),
    everywhere: () => clock.sleep(waitMilliseconds),
    async close() {
      closed = true;
      listener.reset();
    },
  };
}
