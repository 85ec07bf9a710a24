// Passes metrics and spans on to OpenTelemetry.
import { LatchkeyError } from '../vocabulary/errors.js';
import { changeDuration, counters, gauges } from './instruments.js';
import type { Metrics } from './metrics.js';
import type { Meter, ObservableCallback, OpenTelemetryApi, Span } from './open-telemetry-api.js';
import type { TelemetryTargets } from './telemetry.js';

/** The name of the meter and of the tracer. */
const scope = 'latchkey';

/** The connection of one Latchkey instance to OpenTelemetry. */
export interface OpenTelemetry extends TelemetryTargets {
  /** Exports the metrics until `close` is called. Call this function once. */
  export(metrics: Metrics): void;
  close(): void;
}

// The numbers of the instances that are open. A closed instance frees its number, so that the numbers stay small.
const openNumbers = new Set<number>();

/**
 * Connects an instance to the global meter and the global tracer. If the host has registered no providers, both have no
 * effect.
 */
export function openTelemetry(api: OpenTelemetryApi): OpenTelemetry {
  const tracer = api.trace.getTracer(scope);
  const meter = api.metrics.getMeter(scope);
  const changes = meter.createHistogram(otelName(changeDuration.name), {
    description: changeDuration.help,
    unit: 's',
    advice: { explicitBucketBoundaries: [...changeDuration.bounds] },
  });
  // Without an attribute of its own, a further instance in the process would overwrite the values of the first.
  let own: Readonly<Record<string, string>> = {};
  let stop = (): void => {};

  function spanFailed(span: Span, error: unknown): void {
    const isRefusal = error instanceof LatchkeyError && error.status < 500;
    if (!isRefusal) span.setStatus({ code: api.SpanStatusCode.ERROR });
    // The message of an error could contain data about a person, so the span gets only the code.
    span.setAttribute('error.type', error instanceof LatchkeyError ? error.code : '_OTHER');
  }

  return {
    changed: (seconds) => changes.record(seconds, own),

    inSpan: (name, attributes, work) =>
      tracer.startActiveSpan(name, { attributes }, async (span) => {
        try {
          return await work();
        } catch (error) {
          spanFailed(span, error);
          throw error;
        } finally {
          span.end();
        }
      }),

    export(metrics) {
      const number = freeNumber();
      if (number > 1) own = { 'latchkey.instance': String(number) };
      const remove = observe(meter, metrics, own);
      stop = () => {
        openNumbers.delete(number);
        remove();
      };
    },

    close: () => stop(),
  };
}

/** Registers observable instruments. Returns the function that removes them. */
function observe(meter: Meter, metrics: Metrics, own: Readonly<Record<string, string>>): () => void {
  const instruments = new Map<string, unknown>();
  for (const { name, help } of Object.values(counters)) {
    instruments.set(name, meter.createObservableCounter(otelName(name), { description: help }));
  }
  for (const { name, help } of Object.values(gauges)) {
    instruments.set(name, meter.createObservableGauge(otelName(name), { description: help }));
  }
  const callback: ObservableCallback<unknown> = async (result) => {
    for (const { name, values } of await metrics.read()) {
      const instrument = instruments.get(name);
      if (instrument === undefined) continue;
      for (const { labels, value } of values) result.observe(instrument, value, { ...labels, ...own });
    }
  };
  meter.addBatchObservableCallback(callback, [...instruments.values()]);
  return () => meter.removeBatchObservableCallback(callback, [...instruments.values()]);
}

/**
 * Returns the name of a metric in OpenTelemetry. When an exporter converts this name for Prometheus, it adds the unit
 * and `_total` again.
 */
function otelName(name: string): string {
  return name.replace(/_(?:total|seconds)$/, '').replace('_', '.');
}

function freeNumber(): number {
  for (let number = 1; ; number += 1) {
    if (openNumbers.has(number)) continue;
    openNumbers.add(number);
    return number;
  }
}
