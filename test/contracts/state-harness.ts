// What the suite of SharedState needs of a store under test, and how it waits.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { SharedState, Subscriber } from '../../src/vocabulary/ports.js';

/** A store under test. */
export interface StateHarness {
  /**
   * Opens stores that share their data, as instances of one server do; for a store within one process that is one.
   * The suite closes them. Called several times; what earlier calls left behind does not matter.
   */
  open(): Promise<readonly [SharedState, ...SharedState[]]>;
  /** Moves the clock by which keys expire. Absent: real time passes, and the suite waits for it. */
  advance?(seconds: number): Promise<void>;
}

/** A key that nobody else has, so that tests need no empty store. */
export function uniqueKey(prefix: string = 'contract:'): string {
  return `${prefix}${randomUUID()}`;
}

/** Waits for a condition while the store's time passes, at most about `seconds` of it. */
export async function eventually(
  harness: StateHarness,
  what: string,
  condition: () => Promise<boolean>,
  seconds: number = 10,
): Promise<void> {
  const step = 0.05;
  const deadline = performance.now() + seconds * 1000;
  for (let passed = 0; !(await condition()); passed += step) {
    if (harness.advance === undefined ? performance.now() > deadline : passed > seconds) {
      assert.fail(`Waited ${seconds} seconds in vain: ${what}`);
    }
    await harness.advance?.(step);
    await pause(harness.advance === undefined ? step * 1000 : 0);
  }
}

/** Lets this many seconds of the store's time pass, as a key sees it. */
export async function elapse(harness: StateHarness, state: SharedState, seconds: number): Promise<void> {
  const key = uniqueKey();
  await state.put(key, 'clock', seconds);
  await eventually(harness, 'a key expires', async () => (await state.get([key]))[0] === undefined, seconds + 10);
}

/** A subscriber that writes down what it receives. */
export interface Recorder extends Subscriber {
  /** The messages since the recorder was made or cleared, in order. */
  readonly messages: readonly string[];
  /** Do messages arrive, as far as it knows? */
  readonly live: boolean;
  /** How often it was told that messages may be missed. */
  readonly losses: number;
  clear(): void;
}

/** Makes a subscriber that writes down what it receives. */
export function recorder(): Recorder {
  const messages: string[] = [];
  let live = false;
  let losses = 0;
  return {
    messages,
    get live() {
      return live;
    },
    get losses() {
      return losses;
    },
    clear() {
      messages.length = 0;
    },
    message(text) {
      messages.push(text);
    },
    lost() {
      live = false;
      losses += 1;
    },
    restored() {
      live = true;
    },
  };
}
