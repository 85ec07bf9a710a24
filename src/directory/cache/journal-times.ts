// Derives all times of the coherence protocol from one setting.

/** Durations in milliseconds. */
export interface JournalTimes {
  /** The time between two beats of a process. */
  readonly heartbeat: number;
  /** Within this time, every process that can reach the database has read the journal. */
  readonly look: number;
  /** How long a process answers from memory, counted from the start of its last successful beat. */
  readonly reliance: number;
  /**
   * How long a change waits at most: until every reliance that began before it has ended, even if the clocks run at
   * different rates.
   */
  readonly wait: number;
}

/**
 * Returns the times with which cached requests are answered for at least `outageToleranceSeconds` while the database
 * does not answer. The last beat may be one heartbeat old when the database fails, and itself took some time. The rates
 * of two clocks may differ by a tenth.
 */
export function journalTimes(outageToleranceSeconds: number): JournalTimes {
  const tolerance = outageToleranceSeconds * 1000;
  const heartbeat = Math.min(1000, tolerance / 5);
  const reliance = tolerance + 1.5 * heartbeat;
  return { heartbeat, look: 1.5 * heartbeat, reliance, wait: reliance / 0.9 };
}
