// Coherence for a directory without a journal: memory holds entries for two seconds, and a change waits until these
// have passed.
import type { CacheClock } from './clock.js';
import type { Coherence, CoherenceListener } from './coherence.js';

const holdMilliseconds = 2000;

/** How far the two clocks of a machine may drift apart before all entries are dropped. */
const sleepMilliseconds = 50;

/** Longer than an entry is held, by a margin greater than the difference in rate of two machines' clocks. */
const waitMilliseconds = 2300;

/**
 * Creates a coherence that shares nothing between processes, because none of them could know whether it is still valid.
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
    // The lifetime of entries is measured by the monotonic clock, which stops while the machine sleeps.
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
