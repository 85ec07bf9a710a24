// Keeps the caches coherent if the directory has no journal. Entries stay in memory for two seconds, and each change
// waits until all older entries have expired.
import { journalKeys } from '../../vocabulary/journal.js';
import type { CacheClock } from './clock.js';
import type { Coherence, CoherenceListener } from './coherence.js';

const holdMilliseconds = 2000;

/** If the two clocks of the machine drift apart by more than this many milliseconds, all entries are dropped. */
const sleepMilliseconds = 50;

/**
 * How many milliseconds a change waits. This is longer than entries stay in memory, so that all older entries have
 * expired even if the clocks of two machines run at different rates.
 */
const waitMilliseconds = 2300;

/** The maximum number of changed keys that are tracked individually. */
const trackedKeys = 10_000;

/**
 * Creates a coherence that never uses the shared state: without a journal, no process can know whether a shared entry
 * is still valid. Its position is a number that grows with each change by this process, and each time the machine has
 * slept.
 */
export function timedCoherence(options: {
  readonly clock: CacheClock;
  readonly listener: CoherenceListener;
}): Coherence {
  const { clock, listener } = options;
  const ahead = (): number => clock.wall() - clock.monotonic();
  let least = ahead();
  let closed = false;
  let position = 0;
  /** All values that were read before this position are outdated. */
  let floor = 0;
  /** The position of the latest change of each key. */
  const changedAt = new Map<string, number>();

  function outdateAll(): void {
    position += 1;
    floor = position;
    changedAt.clear();
  }

  /** Drops all entries after the machine has slept, because the clock by which entries expire can stop during sleep. */
  function noticeSleep(): void {
    if (ahead() - least > sleepMilliseconds) {
      least = ahead();
      outdateAll();
      listener.reset();
    }
    least = Math.min(least, ahead());
  }

  function relies(): boolean {
    noticeSleep();
    return !closed;
  }

  /** Records a change, so that a read that started before the change does not bring back the old value. */
  function changed(keys: readonly string[]): void {
    position += 1;
    for (const key of keys) changedAt.set(key, position);
    if (changedAt.size > trackedKeys || keys.includes(journalKeys.everything)) outdateAll();
    listener.changed(keys);
  }

  const saved = async (keys: readonly string[]): Promise<void> => changed(keys);

  return {
    relies,
    refresh: async () => !closed,
    position() {
      noticeSleep();
      return { seq: position, nonce: '' };
    },
    usesDirectoryPositions: false,
    judge(keys, read) {
      noticeSleep();
      const seq = read?.seq ?? Number.NEGATIVE_INFINITY;
      return seq >= floor && keys.every((key) => (changedAt.get(key) ?? 0) <= seq) ? 'holds' : 'outdated';
    },
    holdMilliseconds: () => holdMilliseconds,
    scope: () => undefined,
    saved,
    note: saved,
    markPending: changed,
    everywhere: () => clock.sleep(waitMilliseconds),
    async close() {
      closed = true;
      listener.reset();
    },
  };
}
