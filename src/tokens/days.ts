// Converts days, the unit of the options, to milliseconds.

/** Days in milliseconds; `Infinity` when `count` is `undefined`. */
export function days(count: number | undefined): number {
  return count === undefined ? Number.POSITIVE_INFINITY : count * 86_400_000;
}
