// Shared states whose calls a test can observe or break, and a way to run the same tests on each kind of state.

import { memoryState } from '../../src/stores/memory/memory-state.js';
import { redisState } from '../../src/stores/redis/redis-state.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import type { SharedState } from '../../src/vocabulary/ports.js';
import { type RedisServer, startRedis } from './redis.js';

/** The fault of a call: none, it fails, or it runs and its answer is lost. */
export type Mishap = 'none' | 'fails' | 'answer lost';

/** A state with a record of its calls, in order, and a fault for each. */
export interface TappedState {
  readonly state: SharedState;
  readonly calls: { readonly verb: string; readonly arguments: readonly unknown[] }[];
  /** Chooses the fault of the call at this place of `calls`. */
  mishap: (verb: string, place: number) => Mishap;
  /** Runs before each call. */
  before: (verb: string, args: readonly unknown[]) => Promise<void> | void;
}

/** Wraps the state of a service. */
export function tapped(state: SharedState): TappedState {
  const tap: TappedState = {
    calls: [],
    mishap: () => 'none',
    before: () => undefined,
    state: new Proxy(state, {
      get(target, verb: keyof SharedState) {
        if (verb === 'singleProcess') return target[verb];
        if (verb === 'subscribe' || verb === 'close' || verb === 'listen') return target[verb]?.bind(target);
        return async (...args: unknown[]) => {
          const place = tap.calls.push({ verb, arguments: args }) - 1;
          await tap.before(verb, args);
          const mishap = tap.mishap(verb, place);
          if (mishap === 'fails') throw new LatchkeyError('ERR_STATE_UNAVAILABLE');
          const result: unknown = await Reflect.apply(target[verb], target, args);
          if (mishap === 'answer lost') throw new LatchkeyError('ERR_STATE_UNAVAILABLE');
          return result;
        };
      },
    }),
  };
  return tap;
}

/** Declares the same tests on the state in memory and on a real Redis. */
export function onEachState(tests: (open: () => SharedState) => void): void {
  describe('in memory', () => {
    const opened: SharedState[] = [];
    after(() => Promise.all(opened.map((state) => state.close())));
    tests(() => {
      const state = memoryState();
      opened.push(state);
      return state;
    });
  });
  describe('on Redis', () => {
    const opened: SharedState[] = [];
    let server: RedisServer;
    before(async () => {
      server = await startRedis();
    });
    after(async () => {
      await Promise.all(opened.map((state) => state.close()));
      await server.stop();
    });
    tests(() => {
      const state = redisState(server.client());
      opened.push(state);
      return state;
    });
  });
}
