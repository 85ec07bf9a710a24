// Medians, spreads and comparisons of measured values.

/** The median of some values, and the quartiles around it. */
export interface Summary {
  readonly median: number;
  /** The first quartile. */
  readonly low: number;
  /** The third quartile. */
  readonly high: number;
}

/**
 * Returns the quantile of some values, with linear interpolation between the two nearest values.
 *
 * @param share the share of the values that are lower, from 0 to 1
 * @throws {RangeError} if there are no values, or if a value is not a finite number
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('there are no values');
  if (!values.every(Number.isFinite)) throw new RangeError('a value is not a finite number');
  const sorted = values.toSorted((one, other) => one - other);
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const lower = sorted[below] as number;
  const upper = sorted[Math.ceil(place)] as number;
  return lower + (upper - lower) * (place - below);
}

/**
 * Returns the median and the quartiles of some values.
 *
 * @throws {RangeError} if there are no values, or if a value is not a finite number
 */
export function summary(values: readonly number[]): Summary {
  return { median: quantile(values, 0.5), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

/**
 * Returns the first decile of some times. On a shared machine, other processes only ever lengthen a time. So the first
 * decile is close to the time on an idle machine, also when most values are disturbed.
 *
 * @throws {RangeError} if there are no values, or if a value is not a finite number
 */
export function undisturbed(times: readonly number[]): number {
  return quantile(times, 0.1);
}

/**
 * Returns the values in consecutive parts of almost equal length.
 *
 * @throws {RangeError} if there are fewer values than parts
 */
export function parts(values: readonly number[], count: number): readonly (readonly number[])[] {
  if (values.length < count) throw new RangeError('there are fewer values than parts');
  const border = (part: number): number => Math.round((part * values.length) / count);
  return Array.from({ length: count }, (_, part) => values.slice(border(part), border(part + 1)));
}

/** Returns the interquartile range as a share of the median. */
export function relativeSpread({ median, low, high }: Summary): number {
  return (high - low) / median;
}

/**
 * Compares two series round by round. The two values of a round were measured shortly after each other, so a slow phase
 * of the machine affects both, and the comparison is more precise than a comparison of two medians.
 *
 * @throws {RangeError} if the series have different lengths, or no values
 */
export function paired(
  values: readonly number[],
  others: readonly number[],
  compare: (value: number, other: number) => number,
): Summary {
  if (values.length !== others.length) throw new RangeError('the series have different lengths');
  return summary(values.map((value, round) => compare(value, others[round] as number)));
}

/** Returns how much greater the first value is. */
export function difference(value: number, other: number): number {
  return value - other;
}

/** Returns the first value divided by the second. */
export function ratio(value: number, other: number): number {
  return value / other;
}
