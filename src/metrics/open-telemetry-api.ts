// Loads the package @opentelemetry/api, if the host has installed it.
// A bundle of the host often declares `createRequire` itself (docs/bundling.md), so this name must not be imported.
import * as nodeModule from 'node:module';

/** A callback that observes the values of several instruments. */
export type ObservableCallback<Observable> = (result: {
  observe(instrument: Observable, value: number, attributes: Readonly<Record<string, string>>): void;
}) => Promise<void>;

// These interfaces describe the part of @opentelemetry/api that Latchkey uses. The published types of Latchkey must not
// import types of a package that might be absent.

/** The part of a meter that Latchkey uses. */
export interface Meter<Observable = unknown> {
  createObservableCounter(name: string, options: { readonly description: string }): Observable;
  createObservableGauge(name: string, options: { readonly description: string }): Observable;
  createHistogram(
    name: string,
    options: {
      readonly description: string;
      readonly unit: string;
      readonly advice: { readonly explicitBucketBoundaries: number[] };
    },
  ): { record(value: number, attributes: Readonly<Record<string, string>>): void };
  addBatchObservableCallback(callback: ObservableCallback<Observable>, observables: Observable[]): void;
  removeBatchObservableCallback(callback: ObservableCallback<Observable>, observables: Observable[]): void;
}

/** The part of a span that Latchkey uses. */
export interface Span {
  setAttribute(name: string, value: string): unknown;
  setStatus(status: { readonly code: number }): unknown;
  end(): void;
}

/** The part of a tracer that Latchkey uses. */
export interface Tracer {
  startActiveSpan<Result>(
    name: string,
    options: { readonly attributes: Record<string, string> },
    work: (span: Span) => Result,
  ): Result;
}

/** The part of @opentelemetry/api that Latchkey uses. */
export interface OpenTelemetryApi {
  readonly metrics: { getMeter(name: string): Meter };
  readonly trace: { getTracer(name: string): Tracer };
  readonly SpanStatusCode: { readonly ERROR: number };
}

const packageName = '@opentelemetry/api';

/**
 * Returns the package @opentelemetry/api, or `undefined` if it is not installed.
 *
 * `createRequire` loads the package synchronously, in ES modules and in CommonJS alike. With `await import`, this
 * package could no longer be loaded with `require`. Bundlers do not follow `createRequire`, so they do not fail if the
 * package is absent. The CommonJS copy works together with an ES module copy in the host, because all copies of the
 * package keep their providers in one global variable.
 *
 * @param resolveFrom the URL of the file from which the package is resolved. In a bundle, it might be `undefined` or
 *   something else that is not the URL of a file. Then the package is not used.
 */
export function openTelemetryApi(resolveFrom: string | undefined): OpenTelemetryApi | undefined {
  const path = resolved(resolveFrom);
  if (path === undefined) return undefined;
  let loaded: unknown;
  try {
    loaded = nodeModule.createRequire(path)(path);
  } catch (error) {
    warn(`it could not be loaded: ${error instanceof Error ? error.message : 'not an Error'}`);
    return undefined;
  }
  if (isApi(loaded)) return loaded;
  warn('this version has no metrics; 1.3.0 or later is needed');
  return undefined;
}

function resolved(resolveFrom: string | undefined): string | undefined {
  try {
    return nodeModule.createRequire(resolveFrom ?? '').resolve(packageName);
  } catch {
    // The package is not installed, or a bundler has replaced the URL.
    return undefined;
  }
}

function isApi(loaded: unknown): loaded is OpenTelemetryApi {
  if (typeof loaded !== 'object' || loaded === null) return false;
  return 'metrics' in loaded && 'trace' in loaded && 'SpanStatusCode' in loaded;
}

function warn(reason: string): void {
  process.emitWarning(`Latchkey does not use @opentelemetry/api, because ${reason}`, {
    code: 'LATCHKEY_OPEN_TELEMETRY',
  });
}
