// The interface between the suite of SharedState and a store under test, and helpers that wait.
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { SharedState, Subscriber } from '../../src/vocabulary/ports.js';

/** A store under test. */
export interface StateHarness {
  /**
   * Opens several stores that share their data, like instances of one server. Returns one store if it works within a
   * single process only. The suite calls this several times, and closes the stores. Data of earlier calls may remain.
   */
  open(): Promise<readonly [SharedState, ...SharedState[]]>;
  /** Advances the clock by which keys expire. Default: the suite waits in real time. */
  advance?(seconds: number): Promise<void>;
}

/** A new key, so that tests need no empty store. */
export function uniqueKey(prefix: string = 'contract:'): string {
  return `${prefix}${randomUUID()}`;
}

/** Waits for a condition, at most about `seconds` of the store's time. */
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

/** Waits this many seconds of the store's time, measured by the expiry of a key. */
export async function elapse(harness: StateHarness, state: SharedState, seconds: number): Promise<void> {
  const key = uniqueKey();
  await state.put(key, 'clock', seconds);
  await eventually(harness, 'a key expires', async () => (await state.get([key]))[0] === undefined, seconds + 10);
}

/** A subscriber that records what it receives. */
export interface Recorder extends Subscriber {
  /** The messages since the recorder was made or cleared, in order. */
  readonly messages: readonly string[];
  /** Whether the subscription is restored, so that messages arrive. */
  readonly live: boolean;
  /** The number of calls of `lost`. */
  readonly losses: number;
  clear(): void;
}

/** Creates a subscriber that records what it receives. */
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
