// Describes a fault, and runs it while requests are sent.
import { setTimeout as pause } from 'node:timers/promises';
import { journalTimes } from '../../src/directory/cache/journal-times.js';
import { type Asking, type Mix, startMix } from './mix.js';
import { isNormal, type Observation, type Outcome, outcomeOf, type Question, questions } from './record.js';
import type { Site } from './site.js';
import type { Truth } from './truth.js';

/** A failure that begins and ends. */
export interface Fault {
  /** The name in the table. */
  readonly name: string;
  /** The time between `begin` and `end`. */
  readonly seconds: number;
  /** Runs before the fault. The fault begins when all answers are normal again. */
  readonly prepare?: (asking: Asking) => Promise<unknown>;
  /** Runs when all answers are normal again after the fault. */
  readonly finish?: () => Promise<unknown>;
  readonly begin: () => unknown;
  readonly end: () => unknown;
  /** The questions that no server may refuse, neither during the fault nor after it. */
  readonly keeps: readonly Question[];
  /** The time within which everything must be normal again. Default: `recoverySeconds` of report.ts. */
  readonly recoverySeconds?: number;
  /** No server can use the database, so every server must answer from memory until the outage tolerance ends. */
  readonly stopsDatabase?: true;
  /** Redis loses sessions and pairings, so users have to sign in or pair again. */
  readonly losesRedisData?: true;
  /** The database is replaced by an older copy. */
  readonly rewindsDatabase?: true;
}

/** The results of a fault. */
export interface Row {
  readonly fault: Pick<Fault, 'name' | 'recoverySeconds'>;
  /** How long the fault lasted, with its beginning and its end, in milliseconds. */
  readonly lasted: number;
  readonly answers: number;
  readonly outcomes: Readonly<Record<Question, Outcome>>;
  readonly wrong: readonly string[];
  /** The last answers after the end that were not right, with times since the end. */
  readonly late: readonly string[];
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
}

/** The default of `outageToleranceSeconds`, which the servers use. */
const outageToleranceSeconds = 5;

/** After this time, no process can answer from before a change or a restore of the database (docs/design.md). */
export const waitSeconds: number = journalTimes(outageToleranceSeconds).wait / 1000;

/** All answers must be normal for this long before the next fault begins. */
const quietMilliseconds = 1000;

/** A run of faults on one site. */
export interface Faults {
  run(fault: Fault): Promise<Row>;
  stop(): Promise<void>;
}

/** Starts to send requests, and waits until all servers answer normally. */
export async function faultsOn(site: Site, truth: Truth): Promise<Faults> {
  const names = site.servers.map(({ name }) => name);
  let mix = await begun();

  async function begun(): Promise<Mix> {
    await truth.accept();
    const begin = performance.now();
    const started = startMix(site, truth);
    if (!(await normal(started, begin, 60))) {
      await started.stop();
      throw new Error(`The servers do not answer normally without a fault:\n${recent(started.observations)}`);
    }
    return started;
  }

  /** Waits until all answers are normal. */
  async function normal({ observations }: Mix, ended: number, seconds: number): Promise<boolean> {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      const now = performance.now();
      if (isNormal(names, observations, { ended, now, quiet: quietMilliseconds })) return true;
      if (now > deadline) return false;
      await pause(100);
    }
  }

  async function run(fault: Fault): Promise<Row> {
    const { conditions } = mix;
    if (fault.prepare !== undefined) {
      mix.clear();
      await fault.prepare(mix.asking);
      if (!(await normal(mix, performance.now(), 60))) {
        throw new Error(`The servers are not normal before “${fault.name}”:\n${recent(mix.observations)}`);
      }
    }
    if (fault.stopsDatabase) {
      conditions.calmUntil = Number.POSITIVE_INFINITY;
      await pause(quietMilliseconds);
    }
    mix.clear();
    conditions.keeps = new Set(fault.keeps);
    const began = performance.now();
    if (fault.stopsDatabase) {
      conditions.remembersUntil = began + outageToleranceSeconds * 1000;
      conditions.calmUntil = conditions.remembersUntil;
    }
    if (fault.losesRedisData) conditions.lostBefore = Number.POSITIVE_INFINITY;
    if (fault.rewindsDatabase) conditions.rewind = { from: began, until: Number.POSITIVE_INFINITY };
    await fault.begin();
    await pause(fault.seconds * 1000);
    // A change that is made while the fault ends removes users from memory.
    conditions.remembersUntil = 0;
    conditions.calmUntil = 0;
    await fault.end();
    const ended = performance.now();
    if (fault.losesRedisData) conditions.lostBefore = ended;
    const recovered = await normal(mix, ended, (fault.recoverySeconds ?? 0) + 15);
    const untilNormal = [...mix.observations];
    await fault.finish?.();
    const observed = [...mix.observations];
    const period = { began, ended };
    if (fault.rewindsDatabase) {
      await pause(Math.max(0, ended + waitSeconds * 1000 - performance.now()));
      await mix.stop();
      mix = await begun();
      observed.push(...mix.observations);
    }
    conditions.keeps = new Set();
    const { lost, doubled } = await truth.check();
    const outcomes = Object.fromEntries(
      questions.map((question) => [question, outcomeOf(question, names, untilNormal, period)]),
    ) as Record<Question, Outcome>;
    const wrong = observed.filter(({ verdict }) => verdict === 'wrong');
    // Otherwise, failures of this fault would count as failures of the next one.
    if (!recovered && !(await normal(mix, performance.now(), 60))) {
      throw new Error(`The servers do not recover from “${fault.name}”:\n${recent(mix.observations)}`);
    }
    const late = untilNormal.filter((each) => each.verdict !== 'right' && each.ended > ended).slice(-5);
    return {
      fault,
      lasted: ended - began,
      answers: observed.length,
      outcomes,
      wrong: wrong.map(textSince(began)),
      late: late.map(textSince(ended)),
      lost,
      doubled,
    };
  }

  return { run, stop: () => mix.stop() };
}

function textSince(start: number): (observation: Observation) => string {
  return ({ question, server, ended, began: asked, what, said }) => {
    const [from, to] = [asked, ended].map((at) => ((at - start) / 1000).toFixed(2));
    return `${question} at ${server}, ${from} to ${to} s: ${what}: ${said}`;
  };
}

function recent(observations: readonly Observation[]): string {
  const abnormal = observations.filter(({ verdict }) => verdict !== 'right').slice(-10);
  return abnormal.map(textSince(performance.now())).join('\n');
}
