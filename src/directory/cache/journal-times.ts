// Computes all durations of the coherence protocol from the option `outageToleranceSeconds`.

/** The durations of the coherence protocol, in milliseconds. */
export interface JournalTimes {
  /** The time between two beats of a process. A beat is a call of `Journal.beat`. */
  readonly heartbeat: number;
  /** Within this time, every process that can reach the database reads the journal at least once. */
  readonly look: number;
  /** How long a process may answer from memory, counted from the start of its latest successful beat. */
  readonly reliance: number;
  /**
   * The longest time that a change waits. After this time, no process can rely on a beat from before the change, even
   * if the clocks run at different rates.
   */
  readonly wait: number;
}

/**
 * Returns durations that let a process answer from memory for at least `outageToleranceSeconds` while the database does
 * not answer. The durations allow for the age of the latest beat, for the time that this beat took, and for two clocks
 * whose rates differ by a tenth.
 */
export function journalTimes(outageToleranceSeconds: number): JournalTimes {
  const tolerance = outageToleranceSeconds * 1000;
  const heartbeat = Math.min(1000, tolerance / 5);
  const reliance = tolerance + 1.5 * heartbeat;
  return { heartbeat, look: 1.5 * heartbeat, reliance, wait: reliance / 0.9 };
}
