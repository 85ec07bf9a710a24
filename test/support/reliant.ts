// support: a watcher that relies on what it was told, as the caches do.
import type { SharedState } from '../../src/ports.js';

/** Somebody who watches everything and answers from memory while that is allowed. */
export interface Reliant {
  /** What changed since the watch was restored, in order. */
  readonly told: readonly (string | undefined)[];
  readonly losses: number;
  /** Whether anything may be relied on at this moment. */
  readonly live: boolean;
  /** Would it still answer with what was there before this key changed? */
  relies(key: string): boolean;
}

/** Begins to watch. */
export function reliant(state: SharedState): Reliant {
  let isTold = () => false;
  let losses = 0;
  const told: (string | undefined)[] = [];
  state.watch('', {
    changed: (key) => void told.push(key),
    lost() {
      isTold = () => false;
      losses += 1;
    },
    restored(now) {
      isTold = now;
      told.length = 0;
    },
  });
  return {
    told,
    get losses() {
      return losses;
    },
    get live() {
      return isTold();
    },
    relies: (key) => isTold() && !told.includes(key) && !told.includes(undefined),
  };
}
