// The rules for a directory without a journal: memory holds for two seconds, and a change waits until these have passed.
import type { CacheClock } from './clock.js';
import type { Coherence, CoherenceListener } from './coherence.js';

const holdMilliseconds = 2000;

/** By how much the two clocks of a machine may come apart before what is held is dropped. */
const sleepMilliseconds = 50;

/** Longer than an entry is held, by more than the clocks of two machines differ in rate. */
const waitMilliseconds = 2300;

/** Shares nothing between processes: nobody could tell whether it still holds. */
export function timedCoherence(options: {
  readonly clock: CacheClock;
  readonly listener: CoherenceListener;
}): Coherence {
  const { clock, listener } = options;
  const ahead = (): number => clock.wall() - clock.monotonic();
  let least = ahead();
  let closed = false;

  function relies(): boolean {
    // Entries are held by the monotonic clock, which stands still while the machine sleeps.
    if (ahead() - least > sleepMilliseconds) {
      least = ahead();
      listener.reset();
    }
    least = Math.min(least, ahead());
    return !closed;
  }

  async function saved(keys: readonly string[]): Promise<void> {
    listener.changed(keys);
  }

  return {
    relies,
    refresh: async () => !closed,
    position: () => undefined,
    judge: () => 'holds',
    holdMilliseconds: () => holdMilliseconds,
    scope: () => undefined,
    saved,
    note: saved,
    markPending: (keys) => listener.changed(keys),
    everywhere: () => clock.sleep(waitMilliseconds),
    async close() {
      closed = true;
      listener.reset();
    },
  };
}
