// The times of the coherence protocol: all follow from one setting.

/** Durations in milliseconds. */
export interface JournalTimes {
  /** Between two beats of a process. */
  readonly heartbeat: number;
  /** Within this time every process that reaches the database has looked at the journal. */
  readonly look: number;
  /** How long a process answers from memory after it asked for a beat that succeeded. */
  readonly reliance: number;
  /** How long a change waits at most: until every reliance that began before it has ended, whatever the clocks' rates. */
  readonly wait: number;
}

/**
 * The times with which warm requests go on for at least `outageToleranceSeconds` while the database does not answer. The
 * last beat may be one heartbeat old when the database goes away, and took a while itself; and two clocks may differ in
 * rate by a tenth.
 */
export function journalTimes(outageToleranceSeconds: number): JournalTimes {
  const tolerance = outageToleranceSeconds * 1000;
  const heartbeat = Math.min(1000, tolerance / 5);
  const reliance = tolerance + 1.5 * heartbeat;
  return { heartbeat, look: 1.5 * heartbeat, reliance, wait: reliance / 0.9 };
}
