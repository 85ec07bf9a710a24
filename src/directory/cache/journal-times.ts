// Derives all times of the coherence protocol from one setting.

/** Durations in milliseconds. */
export interface JournalTimes {
  /** The time between two beats: the regular calls of `Journal.beat` by a process. */
  readonly heartbeat: number;
  /** The time within which every process that can reach the database has read the journal. */
  readonly look: number;
  /** How long a process answers from memory, counted from the start of its last successful beat. */
  readonly reliance: number;
  /**
   * The longest time that a change waits. After it, no process still answers from memory because of a beat from before
   * the change, even if the clocks run at different rates.
   */
  readonly wait: number;
}

/**
 * Returns times that allow cached requests to be answered for at least `outageToleranceSeconds` while the database does
 * not answer. They take into account that the last beat may be one `heartbeat` old when the database fails, that this
 * beat itself took some time, and that the rates of two clocks may differ by a tenth.
 */
export function journalTimes(outageToleranceSeconds: number): JournalTimes {
  const tolerance = outageToleranceSeconds * 1000;
  const heartbeat = Math.min(1000, tolerance / 5);
  const reliance = tolerance + 1.5 * heartbeat;
  return { heartbeat, look: 1.5 * heartbeat, reliance, wait: reliance / 0.9 };
}
