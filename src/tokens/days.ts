// Days, the unit in which hosts say how long.

/** Days in milliseconds; without them, as long as can be. */
export function days(count: number | undefined): number {
  return count === undefined ? Number.POSITIVE_INFINITY : count * 86_400_000;
}
