// Derives all times of the coherence protocol from one setting.

/** The durations of the coherence protocol, in milliseconds. */
export interface JournalTimes {
  /** The time between two beats of a process. A beat is a call of `Journal.beat`. */
  readonly heartbeat: number;
  /** The time within which every process that can reach the database reads the journal at least once. */
  readonly look: number;
  /** How long a process may answer from memory, counted from the start of its last successful beat. */
  readonly reliance: number;
  /**
   * The longest time that a change waits. After this time, no process still answers from memory because of a beat from
   * before the change, even if the clocks run at different rates.
   */
  readonly wait: number;
}

/**
 * Returns durations with which a process can answer requests from memory for at least `outageToleranceSeconds` while
 * the database does not answer. The durations take three facts into account: the last beat can be one `heartbeat` old
 * when the database fails, that beat itself took some time, and the rates of two clocks can differ by a tenth.
 */
export function journalTimes(outageToleranceSeconds: number): JournalTimes {
  const tolerance = outageToleranceSeconds * 1000;
  const heartbeat = Math.min(1000, tolerance / 5);
  const reliance = tolerance + 1.5 * heartbeat;
  return { heartbeat, look: 1.5 * heartbeat, reliance, wait: reliance / 0.9 };
}
