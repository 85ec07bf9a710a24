// Provides what the other folders use to count, to time and to trace.
import { LatchkeyError } from '../vocabulary/errors.js';
import type { OnEvent } from '../vocabulary/events.js';
import { type Counts, zeroCounts } from './counts.js';
import { type Durations, durations } from './durations.js';
import { changeDuration } from './instruments.js';

/** The names of all spans. */
export const spanNames = [
  'latchkey.lookup',
  'latchkey.provision',
  'latchkey.change',
  'latchkey.token_request',
] as const;

/** The name of a span. */
export type SpanName = (typeof spanNames)[number];

/** The attributes of a span. They never contain data about a person. */
export type SpanAttributes = Readonly<Record<string, string>>;

/** Runs work in a span. */
export type RunInSpan = <Result>(
  name: SpanName,
  attributes: SpanAttributes,
  work: () => Promise<Result>,
) => Promise<Result>;

/** Counters, the histogram of changes, and spans. */
export interface Telemetry {
  readonly counts: Counts;
  /** Counts a change that is in effect in all processes. */
  changed(seconds: number): void;
  /** Counts a refused request. An error that is not a `LatchkeyError` is not a refusal. */
  refused(error: unknown): void;
  /** Counts a refused request, unless `refused` has already counted this error. */
  refusedAtLast(error: LatchkeyError): void;
  readonly inSpan: RunInSpan;
}

/** Receives the durations and spans of a `Telemetry`. */
export interface TelemetryTargets {
  readonly inSpan: RunInSpan;
  /** Called for each change. */
  readonly changed: (seconds: number) => void;
}

const noTargets: TelemetryTargets = { inSpan: (_name, _attributes, work) => work(), changed: () => {} };

/** Creates a `Telemetry` whose counters are zero. By default, spans have no effect. */
export function telemetry(targets: TelemetryTargets = noTargets): Telemetry & { readonly changes: Durations } {
  const counts = zeroCounts();
  const changes = durations(changeDuration.bounds);
  // Requests that share a look-up can share its error, so `refused` does not check this set.
  const counted = new WeakSet<LatchkeyError>();

  return {
    counts,
    changes,
    changed(seconds) {
      changes.add(seconds);
      targets.changed(seconds);
    },
    refused(error) {
      if (!(error instanceof LatchkeyError)) return;
      counted.add(error);
      counts.refusals[error.code] += 1;
    },
    refusedAtLast(error) {
      if (!counted.has(error)) counts.refusals[error.code] += 1;
    },
    inSpan: targets.inSpan,
  };
}

/** Returns a listener that counts each event and then passes it on. */
export function countingListener({ counts }: Pick<Telemetry, 'counts'>, onEvent: OnEvent): OnEvent {
  return (event) => {
    counts.events[event.type] += 1;
    if (event.type === 'error') counts.errors[event.code] += 1;
    onEvent(event);
  };
}
