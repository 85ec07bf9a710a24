// Keeps the counters. Each counter is a plain number, so counting is one addition and allocates nothing.
import { type CounterLabels, counters } from './instruments.js';

type LabelTypes = CounterLabels[keyof CounterLabels];

/** A number for each combination of label values, as nested records in the order of the labels. */
type Cells<Types> = Types extends readonly [readonly [string, infer Value extends string], ...infer Rest]
  ? { [Each in Value]: Cells<Rest> }
  : number;

/**
 * The current values of all counters. To count, add 1, as in `counts.requests.header += 1`. A wrong name or label value
 * does not compile.
 */
export type Counts = { -readonly [Name in keyof CounterLabels]: Cells<CounterLabels[Name]> };

/** A value, and the values of its labels in order. */
export interface Counted {
  readonly labels: readonly string[];
  readonly value: number;
}

/** Creates counts that are all zero. */
export function zeroCounts(): Counts {
  const names = Object.keys(counters) as (keyof CounterLabels)[];
  return Object.fromEntries(names.map((name) => [name, zeros(counters[name].labels)])) as unknown as Counts;
}

/** Lists the values of one counter. */
export function countedIn(cells: Cells<LabelTypes>): readonly Counted[] {
  return flat(cells, []);
}

function zeros(labels: readonly (readonly [string, readonly string[]])[]): unknown {
  const [label, ...others] = labels;
  return label === undefined ? 0 : Object.fromEntries(label[1].map((value) => [value, zeros(others)]));
}

function flat(cells: unknown, labels: readonly string[]): readonly Counted[] {
  if (typeof cells === 'number') return [{ labels, value: cells }];
  return Object.entries(cells as object).flatMap(([value, inner]) => flat(inner, [...labels, value]));
}
