// Converts days, the unit of many options, to milliseconds.

/** Returns this number of days in milliseconds, or `Infinity` if `count` is `undefined`. */
export function days(count: number | undefined): number {
  return count === undefined ? Number.POSITIVE_INFINITY : count * 86_400_000;
}
