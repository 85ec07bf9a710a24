// Exports metrics and spans through @opentelemetry/api, with the real SDK.
import { createServer, type Server } from 'node:http';
import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect } from 'chai';
import express from 'express';
import { type Latchkey, memoryDirectory } from '../../src/index.js';
import type { OpenTelemetryApi } from '../../src/metrics/open-telemetry-api.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import { listening, plainLatchkey, quickConnectGrant } from '../frameworks/rig.js';
import { send } from '../http/client.js';
import { authenticated } from './values.js';

/** Compiles only if the real package has what Latchkey's own interfaces say. */
const realApi: OpenTelemetryApi = api;

describe('OpenTelemetry', () => {
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 3_600_000 });
  const spanExporter = new InMemorySpanExporter();
  let opened: Latchkey[] = [];

  function open(...options: Parameters<typeof plainLatchkey>): Latchkey {
    const { auth } = plainLatchkey(...options);
    opened.push(auth);
    return auth;
  }

  before(() => {
    realApi.metrics.getMeter('test');
    api.metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
    api.trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spanExporter)] }),
    );
    api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  after(async () => {
    await reader.shutdown();
    api.metrics.disable();
    api.trace.disable();
    api.context.disable();
  });
  afterEach(async () => {
    for (const auth of opened) await auth.close();
    opened = [];
    metricExporter.reset();
    spanExporter.reset();
  });

  /** Collects once. Returns the values that are not zero, by the names that an exporter for Prometheus gives them. */
  async function collected(): Promise<Record<string, number>> {
    metricExporter.reset();
    await reader.forceFlush();
    const found: Record<string, number> = {};
    for (const { scopeMetrics } of metricExporter.getMetrics()) {
      for (const { descriptor, dataPointType, dataPoints } of scopeMetrics.flatMap(({ metrics }) => metrics)) {
        for (const { attributes, value } of dataPoints) {
          const number = typeof value === 'number' ? value : value.count;
          const unit = descriptor.unit === 's' ? '_seconds' : '';
          const total = dataPointType === DataPointType.SUM ? '_total' : '';
          const name = `${descriptor.name.replaceAll('.', '_')}${unit}${total}`;
          if (number !== 0) found[[name, ...Object.values(attributes)].join(' ')] = number;
        }
      }
    }
    return found;
  }

  /** The values of `auth.metrics.read()` that are not zero. */
  async function read(auth: Latchkey): Promise<Record<string, number>> {
    const metrics = await auth.metrics.read();
    const values = metrics.flatMap(({ type, values: all }) =>
      type === 'histogram' ? all.filter(({ metricName }) => metricName.endsWith('_count')) : all,
    );
    const named = values.map(({ metricName, labels, value }) => {
      return [[metricName.replace('_count', ''), ...Object.values(labels)].join(' '), value] as const;
    });
    return Object.fromEntries(named.filter(([, value]) => value !== 0));
  }

  it('does not keep `close` from leaving the journal if it throws', async () => {
    const directory = memoryDirectory();
    const { journal } = directory;
    if (journal === undefined) throw new Error('expected a journal');
    let left = 0;
    const leave: typeof journal.leave = async (id, beat) => {
      left += 1;
      return journal.leave(id, beat);
    };
    const auth = open({ directory: { ...directory, journal: { ...journal, leave } } });
    await auth.users.list({ limit: 1 });
    const meter = Object.getPrototypeOf(api.metrics.getMeter('test'));
    const { removeBatchObservableCallback } = meter;
    let remove = () => {};
    meter.removeBatchObservableCallback = function (...values: unknown[]) {
      remove = () => removeBatchObservableCallback.apply(this, values);
      throw new Error('a broken exporter');
    };
    try {
      await auth.close();
    } finally {
      meter.removeBatchObservableCallback = removeBatchObservableCallback;
      remove();
    }
    expect(left).to.equal(1);
  });

  it('gets every value of auth.metrics, under names that convert to the same names in Prometheus', async () => {
    const auth = open();
    await authenticated(auth, [['Remote-User', 'alice']]);
    await authenticated(auth, [['Remote-User', 'alice']]);
    await authenticated(auth, [['Authorization', 'Bearer wrong']]);
    await auth.users.disable('alice');
    const values = await collected();
    expect(values).to.deep.equal(await read(auth));
    expect(values).to.include({
      'latchkey_requests_total header': 2,
      'latchkey_refusals_total ERR_TOKEN_INVALID': 1,
      latchkey_change_duration_seconds: 1,
      'latchkey_health ready': 1,
    });
  });

  it('gets the buckets that auth.metrics has', async () => {
    const auth = open();
    await auth.users.create({ subject: 'carol', authMethod: 'local' });
    await reader.forceFlush();
    const metrics = metricExporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((each) => each.metrics));
    const histogram = metrics.find(({ dataPointType }) => dataPointType === DataPointType.HISTOGRAM);
    const [point] = (histogram?.dataPoints ?? []) as { value: { buckets: { boundaries: number[] } } }[];
    const own = (await auth.metrics.read()).find(({ type }) => type === 'histogram');
    const bounds = own?.values.flatMap(({ labels: { le } }) => (le === undefined || le === '+Inf' ? [] : [Number(le)]));
    expect(point?.value.buckets.boundaries).to.deep.equal(bounds);
  });

  it('tells instances of one process apart, and frees the number of an instance that was closed', async () => {
    const [first, second] = [open(), open()];
    await authenticated(first, [['Remote-User', 'alice']]);
    for (let time = 0; time < 5; time += 1) await authenticated(second, [['Remote-User', 'alice']]);
    expect(await collected()).to.include({
      'latchkey_requests_total header': 1,
      'latchkey_requests_total header 2': 5,
    });
    await second.close();
    await authenticated(open(), [['Remote-User', 'bob']]);
    const values = await collected();
    expect(values['latchkey_requests_total header 2']).to.equal(1);
    expect(Object.keys(values).filter((key) => key.endsWith(' 3'))).to.deep.equal([]);
  });

  it('gets no new values after the instance was closed', async () => {
    const auth = open();
    await authenticated(auth, [['Remote-User', 'alice']]);
    const counted = async () => (await collected())['latchkey_requests_total header'];
    expect(await counted()).to.equal(1);
    await auth.close();
    await authenticated(auth, [['Remote-User', 'alice']]);
    expect((await read(auth))['latchkey_requests_total header']).to.equal(2);
    // The SDK still exports the last value.
    expect(await counted()).to.equal(1);
  });

  const spans = () =>
    spanExporter.getFinishedSpans().map(({ name, attributes, status }) => [name, attributes, status.code] as const);
  const unset = api.SpanStatusCode.UNSET;

  it('gets spans of a first request and of changes, and none of a warm request', async () => {
    const auth = open();
    await authenticated(auth, [['Remote-User', 'alice']]);
    expect(spans()).to.deep.equal([
      ['latchkey.provision', {}, unset],
      ['latchkey.lookup', { kind: 'user' }, unset],
    ]);
    spanExporter.reset();
    for (let time = 0; time < 20; time += 1) await authenticated(auth, [['Remote-User', 'alice']]);
    expect(spans()).to.deep.equal([]);
    await auth.users.disable('alice');
    expect(spans()).to.deep.equal([['latchkey.change', {}, unset]]);
  });

  it('gets spans as children of the span of the request', async () => {
    const auth = open();
    await api.trace.getTracer('host').startActiveSpan('GET /library', async (span) => {
      await authenticated(auth, [['Remote-User', 'alice']]);
      span.end();
    });
    const [provision, lookUp, request] = spanExporter.getFinishedSpans();
    expect(request?.name).to.equal('GET /library');
    expect(lookUp?.parentSpanContext?.spanId).to.equal(request?.spanContext().spanId);
    expect(provision?.parentSpanContext?.spanId).to.equal(lookUp?.spanContext().spanId);
  });

  it('gets the code of an error, but not its message', async () => {
    const cause = new Error('the row of alice@example.com is locked');
    const provision = () => Promise.reject(new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE', { cause }));
    const auth = open({ directory: { ...memoryDirectory(), provision } });
    await authenticated(auth, [['Remote-User', 'alice']]);
    const failed = { 'error.type': 'ERR_DIRECTORY_UNAVAILABLE' };
    expect(spans()).to.deep.equal([
      ['latchkey.provision', failed, api.SpanStatusCode.ERROR],
      ['latchkey.lookup', { kind: 'user', ...failed }, api.SpanStatusCode.ERROR],
    ]);
    expect(spanExporter.getFinishedSpans().flatMap(({ events }) => events)).to.deep.equal([]);
  });

  it('gets a span of each token request, and a refusal is not an error of the server', async () => {
    const auth = open();
    const server: Server = createServer(express().use('/api/auth', auth.tokenRouter));
    const port = await listening(server);
    const json = { grant_type: quickConnectGrant, client_id: 'app', device_name: 'Phone', code: 'BCDF-GHJK-MNPQ' };
    await send(port, '/api/auth/token', { method: 'POST', headers: { 'Content-Type': 'application/json' }, json });
    server.close();
    expect(spans()).to.deep.equal([
      ['latchkey.token_request', { grant: 'quick-connect', 'error.type': 'ERR_GRANT_INVALID' }, unset],
    ]);
  });
});
