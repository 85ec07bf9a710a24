// Counts durations in the buckets of a histogram.

/** A histogram of durations. */
export interface Durations {
  /** Adds one duration, in seconds. */
  add(seconds: number): void;
  read(): {
    readonly count: number;
    readonly sum: number;
    /** For each bound, how many durations were at most that long. */
    readonly atMost: readonly { readonly bound: number; readonly count: number }[];
  };
}

/**
 * Creates an empty histogram.
 * @param bounds the upper bounds of the buckets, in seconds, in ascending order
 */
export function durations(bounds: readonly number[]): Durations {
  const counts = bounds.map(() => 0);
  let count = 0;
  let sum = 0;

  return {
    add(seconds) {
      count += 1;
      sum += seconds;
      for (const [index, bound] of bounds.entries()) if (seconds <= bound) counts[index] = (counts[index] ?? 0) + 1;
    },
    read: () => ({ count, sum, atMost: bounds.map((bound, index) => ({ bound, count: counts[index] ?? 0 })) }),
  };
}
