// Limits how often the same thing is reported: once a minute, with the number of reports that were left out.
import type { Clock } from './types.js';

/** Decides which reports are made. */
export interface MinuteLimit {
  /**
   * Returns how many reports with this key were left out since the last one that was made. Returns `undefined` if this
   * report must be left out, because a report with the same key was made less than a minute ago.
   */
  leftOut(key: string): number | undefined;
}

interface Reported {
  at: number;
  leftOut: number;
}

const intervalMilliseconds = 60_000;

/**
 * The maximum number of keys that are tracked, which limits the memory and the number of reports. Further keys share
 * one report a minute.
 */
export const maximumKeys = 500;

// No key of a caller is empty.
const furtherKeys = '';

/** Creates a limit that has made no report yet. */
export function minuteLimit(now: Clock): MinuteLimit {
  const reported = new Map<string, Reported>();

  function isRecent({ at }: Reported): boolean {
    const since = now() - at;
    // If the clock was set back, reports must not be left out.
    return since >= 0 && since < intervalMilliseconds;
  }

  function dropOld(): void {
    for (const [key, each] of reported) if (!isRecent(each)) reported.delete(key);
  }

  return {
    leftOut(wanted) {
      if (!reported.has(wanted) && reported.size >= maximumKeys) dropOld();
      const key = reported.has(wanted) || reported.size < maximumKeys ? wanted : furtherKeys;
      const known = reported.get(key);
      if (known !== undefined && isRecent(known)) {
        known.leftOut += 1;
        return undefined;
      }
      reported.set(key, { at: now(), leftOut: 0 });
      return known?.leftOut ?? 0;
    },
  };
}
