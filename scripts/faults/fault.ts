// A fault as data, and its run: the questions go on while it begins, lasts and ends.
import { setTimeout as pause } from 'node:timers/promises';
import { journalTimes } from '../../src/directory/cache/journal-times.js';
import { type Mix, startMix } from './mix.js';
import { isNormal, type Observation, type Outcome, outcomeOf, type Question, questions } from './record.js';
import type { Site } from './site.js';
import type { Truth } from './truth.js';

/** Something that breaks and is repaired. */
export interface Fault {
  /** For the table. */
  readonly name: string;
  /** How long it lasts after `begin`. */
  readonly seconds: number;
  /** Runs before the fault, while everything works. */
  readonly prepare?: () => Promise<unknown>;
  readonly begin: () => unknown;
  readonly end: () => unknown;
  /** The questions that no server may refuse, neither during the fault nor after it. */
  readonly keeps: readonly Question[];
  /** No server can read or write the database: it must answer from memory until the outage tolerance ends. */
  readonly stopsDatabase?: true;
  /** Redis loses sessions and pairings: their users have to sign in or pair again. */
  readonly losesRedisData?: true;
  /** The database is replaced by an older copy. */
  readonly rewindsDatabase?: true;
}

/** What a fault did. */
export interface Row {
  readonly fault: Pick<Fault, 'name' | 'seconds'>;
  readonly answers: number;
  readonly outcomes: Readonly<Record<Question, Outcome>>;
  readonly wrong: readonly string[];
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
}

/** The default of the option, which the servers use. */
const outageToleranceSeconds = 5;

/** After this time, no process answers from before a restore of the database (docs/design.md). */
const restoreMilliseconds = journalTimes(outageToleranceSeconds).wait;

/** Everything answers normally for this long before the next fault begins. */
const quietMilliseconds = 1000;

/** A run of faults on one site. */
export interface Faults {
  run(fault: Fault): Promise<Row>;
  stop(): Promise<void>;
}

/** Starts the questions and waits until all servers answer normally. */
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

  /** Waits until everything is answered normally. */
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
    await fault.prepare?.();
    const { conditions } = mix;
    conditions.calm = fault.stopsDatabase ?? false;
    if (conditions.calm) await pause(quietMilliseconds);
    mix.clear();
    conditions.keeps = new Set(fault.keeps);
    const began = performance.now();
    if (fault.stopsDatabase) conditions.remembersUntil = began + outageToleranceSeconds * 1000;
    if (fault.losesRedisData) conditions.lostBefore = Number.POSITIVE_INFINITY;
    if (fault.rewindsDatabase) conditions.rewind = { from: began, until: Number.POSITIVE_INFINITY };
    await fault.begin();
    conditions.calm = false;
    await pause(fault.seconds * 1000);
    await fault.end();
    const ended = performance.now();
    conditions.remembersUntil = 0;
    if (fault.losesRedisData) conditions.lostBefore = ended;
    const recovered = await normal(mix, ended, 15);
    const observed = [...mix.observations];
    const period = { began, ended };
    if (fault.rewindsDatabase) {
      await pause(Math.max(0, ended + restoreMilliseconds - performance.now()));
      await mix.stop();
      mix = await begun();
      observed.push(...mix.observations);
    }
    conditions.keeps = new Set();
    const { lost, doubled } = await truth.check();
    const outcomes = Object.fromEntries(
      questions.map((question) => [question, outcomeOf(question, names, observed, period)]),
    ) as Record<Question, Outcome>;
    const wrong = observed.filter(({ verdict }) => verdict === 'wrong');
    // Without this, the faults that follow would be blamed for this one.
    if (!recovered && !(await normal(mix, performance.now(), 60))) {
      throw new Error(`The servers do not recover from “${fault.name}”:\n${recent(mix.observations)}`);
    }
    return { fault, answers: observed.length, outcomes, wrong: wrong.map(textOf(began)), lost, doubled };
  }

  return { run, stop: () => mix.stop() };
}

function textOf(began: number): (observation: Observation) => string {
  return ({ question, server, ended, began: asked, detail }) => {
    const [from, to] = [asked, ended].map((at) => ((at - began) / 1000).toFixed(2));
    return `${question} at ${server}, ${from} to ${to} s: ${detail}`;
  };
}

function recent(observations: readonly Observation[]): string {
  const abnormal = observations.filter(({ verdict }) => verdict !== 'right').slice(-10);
  return abnormal.map(textOf(performance.now())).join('\n');
}
