// Keeps the caches coherent if the directory has no journal. Memory holds entries for two seconds, and each change
// waits until all older entries have expired.
import type { CacheClock } from './clock.js';
import type { Coherence, CoherenceListener } from './coherence.js';

const holdMilliseconds = 2000;

/** How far the two clocks of a machine can drift apart, in milliseconds, before all entries are dropped. */
const sleepMilliseconds = 50;

/**
 * How long a change waits, in milliseconds. A change waits longer than memory holds an entry, so that all older entries
 * have expired even if the clocks of two machines run at different rates.
 */
const waitMilliseconds = 2300;

/**
 * Creates a coherence that never uses the shared state: without a journal, no process can know whether a shared entry
 * is still valid.
 */
export function timedCoherence(options: {
  readonly clock: CacheClock;
  readonly listener: CoherenceListener;
}): Coherence {
  const { clock, listener } = options;
  const ahead = (): number => clock.wall() - clock.monotonic();
  let least = ahead();
  let closed = false;

  function relies(): boolean {
    // Entries expire by the monotonic clock, which can stop while the machine sleeps.
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
