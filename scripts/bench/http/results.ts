// Computes the results of each variant from its slices, and compares them with the targets.
import { difference, paired, ratio, type Summary, summary } from '../statistics.js';
import type { Sample } from './measuring.js';
import { names } from './variants.js';

/** All slices of a variant. Slices with the same index were measured one after the other. */
export interface Measurement {
  readonly name: string;
  readonly samples: readonly Sample[];
  /** The slices of the no-op middleware with the same requests. */
  readonly baseline: readonly Sample[];
}

/** A variant's results. */
export interface Result {
  readonly name: string;
  readonly requestsPerSecond: Summary;
  /** The throughput as a share of the throughput of the no-op middleware. */
  readonly ratio: Summary;
  /** The CPU time of the no-op middleware as a share of the CPU time of the variant. */
  readonly cpuRatio: number;
  readonly cpuMicroseconds: number;
  /** The CPU time per request beyond that of the no-op middleware. */
  readonly addedMicroseconds: number;
  readonly busy: number;
  readonly commands: number;
  readonly statements: number;
}

const throughputs = (samples: readonly Sample[]): readonly number[] =>
  samples.map(({ requestsPerSecond }) => requestsPerSecond);
const costs = (samples: readonly Sample[]): readonly number[] => samples.map(({ cpuMicroseconds }) => cpuMicroseconds);

/** Returns the results of a variant. */
export function resultOf({ name, samples, baseline }: Measurement): Result {
  const medianOf = (value: (sample: Sample) => number): number => summary(samples.map(value)).median;
  return {
    name,
    requestsPerSecond: summary(throughputs(samples)),
    ratio: paired(throughputs(samples), throughputs(baseline), ratio),
    cpuRatio: paired(costs(baseline), costs(samples), ratio).median,
    cpuMicroseconds: medianOf(({ cpuMicroseconds }) => cpuMicroseconds),
    addedMicroseconds: paired(costs(samples), costs(baseline), difference).median,
    busy: medianOf(({ busy }) => busy),
    commands: medianOf(({ commands }) => commands),
    statements: medianOf(({ statements }) => statements),
  };
}

/** A target and the measured values. */
export interface TargetResult {
  readonly target: string;
  readonly measured: string;
  /** The same ratio by CPU time instead of throughput. Empty for a target that is a time. */
  readonly byCpuTime: string;
  readonly met: boolean;
}

interface Values {
  readonly measured: number;
  readonly byCpuTime?: number;
}

interface Target {
  readonly text: string;
  /** Returns the measured values, or `undefined` if the run did not measure all variants. */
  values(of: (name: string) => Measurement | undefined): Values | undefined;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** The ratio of two variants, round by round. */
function between(name: string, other: string): Target['values'] {
  return (of) => {
    const [one, two] = [of(name)?.samples, of(other)?.samples];
    if (one === undefined || two === undefined) return undefined;
    return {
      measured: paired(throughputs(one), throughputs(two), ratio).median,
      byCpuTime: paired(costs(two), costs(one), ratio).median,
    };
  };
}

function ofResult(name: string, values: (result: Result) => Values): Target['values'] {
  return (of) => {
    const measurement = of(name);
    return measurement && values(resultOf(measurement));
  };
}

const toNoOp = ({ ratio: { median }, cpuRatio }: Result): Values => ({ measured: median, byCpuTime: cpuRatio });
const added = ({ addedMicroseconds }: Result): Values => ({ measured: addedMicroseconds });

const { header, bearer, everyRequest, sessionAlone, passportSession, betterAuthSession, betterAuthApiKey } = names;

const targets: readonly Target[] = [
  { text: 'header login ÷ no-op', values: ofResult(header, toNoOp), atLeast: 0.97 },
  { text: 'header login, µs added', values: ofResult(header, added), atMost: 2 },
  { text: 'API token ÷ no-op', values: ofResult(bearer, toNoOp), atLeast: 0.93 },
  { text: 'API token, µs added', values: ofResult(bearer, added), atMost: 3.5 },
  { text: '`every-request` ÷ express-session alone', values: between(everyRequest, sessionAlone), atLeast: 0.97 },
  {
    text: 'header login ÷ passport-trusted-header with a session',
    values: between(header, passportSession),
    atLeast: 2.2,
  },
  { text: 'header login ÷ better-auth’s session', values: between(header, betterAuthSession), atLeast: 3.5 },
  { text: 'API token ÷ better-auth’s API key', values: between(bearer, betterAuthApiKey), atLeast: 6 },
];

/** Compares the measurements with the targets. Leaves out targets whose variants were not measured. */
export function targetResults(measurements: readonly Measurement[]): readonly TargetResult[] {
  const of = (name: string): Measurement | undefined => measurements.find((each) => each.name === name);
  return targets.flatMap(({ text, values, atLeast, atMost }) => {
    const found = values(of);
    if (found === undefined) return [];
    const { measured, byCpuTime } = found;
    const met = measured >= (atLeast ?? Number.NEGATIVE_INFINITY) && measured <= (atMost ?? Number.POSITIVE_INFINITY);
    const limit = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
    return [
      { target: `${text}: ${limit}`, measured: measured.toFixed(2), byCpuTime: byCpuTime?.toFixed(2) ?? '', met },
    ];
  });
}
