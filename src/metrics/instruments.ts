// Declares all metrics, with their labels and all values of the labels. docs/metrics.md describes each metric.
import { type ErrorCode, errorCodes } from '../vocabulary/errors.js';
import { type HealthStatus, healthStatuses } from '../vocabulary/words.js';
import {
  type CacheLevel,
  cacheLevels,
  type EventType,
  eventTypes,
  type Grant,
  grants,
  type LookUpKind,
  lookUpKinds,
  type RequestOutcome,
  requestOutcomes,
  type TokenOutcome,
  tokenOutcomes,
} from './label-values.js';

/** The labels of one metric, in order: the name of each label, and the type of its values. */
type LabelTypes = readonly (readonly [name: string, value: string])[];

/** The labels of each counter. */
export interface CounterLabels {
  readonly requests: readonly [['outcome', RequestOutcome]];
  readonly refusals: readonly [['code', ErrorCode]];
  readonly lookUps: readonly [['kind', LookUpKind], ['level', CacheLevel]];
  readonly tokenRequests: readonly [['grant', Grant], ['outcome', TokenOutcome]];
  readonly events: readonly [['type', EventType]];
  readonly errors: readonly [['code', ErrorCode]];
  readonly journalJoins: readonly [];
}

/** The labels of each gauge. */
export interface GaugeLabels {
  readonly health: readonly [['status', HealthStatus]];
  readonly answersFromMemory: readonly [];
  readonly memoryEntries: readonly [];
  readonly watchedPrincipals: readonly [];
}

/** The declaration of one label. */
export type Label<Types extends LabelTypes[number] = LabelTypes[number]> = Types extends LabelTypes[number]
  ? readonly [name: Types[0], values: readonly Types[1][]]
  : never;

/** The declaration of one metric. */
export interface Instrument<Types extends LabelTypes = LabelTypes> {
  /** The name of the metric, in the form that Prometheus uses. */
  readonly name: string;
  readonly help: string;
  readonly labels: { readonly [Index in keyof Types]: Label<Types[Index]> };
}

/** All counters. Counters start at zero and only grow. */
export const counters: { readonly [Name in keyof CounterLabels]: Instrument<CounterLabels[Name]> } = {
  requests: {
    name: 'latchkey_requests_total',
    help: 'Requests that authenticate or authenticateUpgrade handled.',
    labels: [['outcome', requestOutcomes]],
  },
  refusals: {
    name: 'latchkey_refusals_total',
    help: 'Refused requests, by error code.',
    labels: [['code', errorCodes]],
  },
  lookUps: {
    name: 'latchkey_lookups_total',
    help: 'Look-ups of users, devices and mappings, by the slowest level that was needed.',
    labels: [
      ['kind', lookUpKinds],
      ['level', cacheLevels],
    ],
  },
  tokenRequests: {
    name: 'latchkey_token_requests_total',
    help: 'Requests to the token endpoint, by grant and outcome.',
    labels: [
      ['grant', grants],
      ['outcome', tokenOutcomes],
    ],
  },
  events: {
    name: 'latchkey_events_total',
    help: 'Events of this process, by type.',
    labels: [['type', eventTypes]],
  },
  errors: {
    name: 'latchkey_errors_total',
    help: 'Errors that need the attention of an operator, by error code.',
    labels: [['code', errorCodes]],
  },
  journalJoins: {
    name: 'latchkey_journal_joins_total',
    help: 'How often this process has joined the journal.',
    labels: [],
  },
};

/** All gauges. A gauge is read when the metrics are read. */
export const gauges: { readonly [Name in keyof GaugeLabels]: Instrument<GaugeLabels[Name]> } = {
  health: {
    name: 'latchkey_health',
    help: '1 for the current status of auth.health(), 0 for the other statuses.',
    labels: [['status', healthStatuses]],
  },
  answersFromMemory: {
    name: 'latchkey_answers_from_memory',
    help: '1 while this process may answer from memory, otherwise 0.',
    labels: [],
  },
  memoryEntries: {
    name: 'latchkey_memory_entries',
    help: 'Users, devices and mappings in the memory of this process.',
    labels: [],
  },
  watchedPrincipals: {
    name: 'latchkey_watched_principals',
    help: 'Open connections whose principal is watched.',
    labels: [],
  },
};

/** The histogram of the durations of changes. */
export const changeDuration: Instrument<readonly []> & { readonly bounds: readonly number[] } = {
  name: 'latchkey_change_duration_seconds',
  help: 'Seconds from the start of a change until no process uses data from before the change.',
  labels: [],
  // A change usually takes milliseconds. With the longest outage tolerance, it waits up to 68.4 seconds.
  bounds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 7.5, 10, 30, 70],
};
