// Reads all metrics as plain data, for any monitoring system.
import { type HealthStatus, healthStatuses } from '../vocabulary/words.js';
import { type Counted, type Counts, countedIn } from './counts.js';
import type { Durations } from './durations.js';
import {
  type CounterLabels,
  changeDuration,
  counters,
  type GaugeLabels,
  gauges,
  type Instrument,
} from './instruments.js';

/** The type of a metric, with the meaning that Prometheus gives it. */
export type MetricType = 'counter' | 'gauge' | 'histogram';

/** One value of a metric. */
export interface MetricValue {
  /**
   * The name of the metric. For a histogram, the name of the metric and one of the suffixes `_bucket`, `_sum` and
   * `_count`.
   */
  readonly metricName: string;
  /**
   * The values of all labels, by name. Each combination of label values exists from the start. In a bucket of a
   * histogram, the label `le` is the upper bound.
   */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with all its values, in the form that Prometheus' data model gives it. */
export interface Metric {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  readonly values: readonly MetricValue[];
}

/** The metrics of a Latchkey instance. */
export interface Metrics {
  /**
   * Reads the current values of all metrics. The result has the same metrics and the same labels at every call, and
   * contains no data about a person. Costs one call of `health()`, which reads the directory and the shared state at
   * most once per second. Never rejects.
   *
   * @example
   * const metrics = await auth.metrics.read();
   * const requests = metrics.find(({ name }) => name === 'latchkey_requests_total');
   * for (const { labels, value } of requests?.values ?? []) console.log(labels['outcome'], value);
   */
  read(): Promise<readonly Metric[]>;
}

/** Reads the current values of the gauges. */
export interface GaugeSources {
  readonly health: () => Promise<{ readonly status: HealthStatus }>;
  /** Returns whether this process may answer from memory. */
  readonly relies: () => boolean;
  readonly memoryEntries: () => number;
  readonly watchedPrincipals: () => number;
}

/** Creates `auth.metrics`. */
export function metrics(counts: Counts, changes: Pick<Durations, 'read'>, sources: GaugeSources): Metrics {
  async function gaugeValues(): Promise<{ readonly [Name in keyof GaugeLabels]: readonly Counted[] }> {
    const { status: current } = await sources.health();
    return {
      health: healthStatuses.map((status) => ({ labels: [status], value: Number(status === current) })),
      answersFromMemory: [{ labels: [], value: Number(sources.relies()) }],
      memoryEntries: [{ labels: [], value: sources.memoryEntries() }],
      watchedPrincipals: [{ labels: [], value: sources.watchedPrincipals() }],
    };
  }

  return {
    async read() {
      const current = await gaugeValues();
      return [
        ...namesOf<CounterLabels>(counters).map((name) => metric('counter', counters[name], countedIn(counts[name]))),
        histogram(changes.read()),
        ...namesOf<GaugeLabels>(gauges).map((name) => metric('gauge', gauges[name], current[name])),
      ];
    },
  };
}

function namesOf<Table>(table: { readonly [Name in keyof Table]: unknown }): readonly (keyof Table)[] {
  return Object.keys(table) as (keyof Table)[];
}

function metric(type: MetricType, instrument: Instrument, counted: readonly Counted[]): Metric {
  const { name, help } = instrument;
  const labelNames = instrument.labels.map(([label]) => label);
  const values = counted.map(({ labels, value }) => ({
    metricName: name,
    labels: Object.fromEntries(labelNames.map((label, index) => [label, labels[index] ?? ''])),
    value,
  }));
  return { name, type, help, values };
}

function histogram({ count, sum, atMost }: ReturnType<Durations['read']>): Metric {
  const { name, help } = changeDuration;
  const bucket = (le: string, value: number): MetricValue => ({ metricName: `${name}_bucket`, labels: { le }, value });
  const values = [
    ...atMost.map(({ bound, count: within }) => bucket(String(bound), within)),
    bucket('+Inf', count),
    { metricName: `${name}_sum`, labels: {}, value: sum },
    { metricName: `${name}_count`, labels: {}, value: count },
  ];
  return { name, type: 'histogram', help, values };
}
