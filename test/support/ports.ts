// support: ports that count, wait and fail, around real ones.
import { LatchkeyError } from '../../src/errors.js';
import type { Directory, SharedState, Subscriber } from '../../src/ports.js';

/** Calls to a port, by verb. */
export interface Counted<Port> {
  readonly port: Port;
  /** Calls of these verbs since the last reset; of all verbs where none is named. */
  count(...verbs: readonly (keyof Port & string)[]): number;
  reset(): void;
}

/** Counts the calls that reach a port. */
export function counted<Port extends object>(port: Port): Counted<Port> {
  const calls: string[] = [];
  return {
    port: intercept(port, (verb, call) => {
      calls.push(verb);
      return call();
    }),
    count: (...verbs) =>
      calls.filter((verb) => verbs.length === 0 || (verbs as readonly string[]).includes(verb)).length,
    reset: () => calls.splice(0),
  };
}

/** A port whose calls can be made to wait. */
export interface Gated<Port> {
  readonly port: Port;
  /** Holds the answer of the next call of this verb: the call is carried out, then waits for `release`. */
  holdNext(verb: keyof Port & string): { readonly reached: Promise<void>; release(): void };
}

/** Lets a test come between what a verb does and what its caller does with the answer. */
export function gated<Port extends object>(port: Port): Gated<Port> {
  const holds = new Map<string, { reach(): void; readonly released: Promise<void> }>();
  return {
    port: intercept(port, async (verb, call) => {
      const hold = holds.get(verb);
      holds.delete(verb);
      try {
        return await call();
      } finally {
        hold?.reach();
        await hold?.released;
      }
    }),
    holdNext(verb) {
      let reach = () => {};
      let release = () => {};
      const reached = new Promise<void>((resolve) => {
        reach = resolve;
      });
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      holds.set(verb, { reach, released });
      return { reached, release };
    },
  };
}

/** A directory that can be unreachable. */
export interface FallibleDirectory {
  readonly directory: Directory;
  /** `late`: statements are carried out, but their answers are lost. */
  mode: 'up' | 'down' | 'late';
}

/** A directory that fails when told to. */
export function fallibleDirectory(directory: Directory): FallibleDirectory {
  const fallible: FallibleDirectory = {
    mode: 'up',
    directory: intercept(directory, async (_verb, call) => {
      if (fallible.mode === 'up') return call();
      if (fallible.mode === 'late') await call();
      throw new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE');
    }),
  };
  return fallible;
}

/** A shared state that one instance can lose. */
export interface FallibleState {
  readonly state: SharedState;
  /** Verbs reject. */
  down: boolean;
  /** Messages arrive no more. */
  lose(): void;
  restore(): void;
}

/** A shared state that fails when told to. */
export function fallibleState(state: SharedState): FallibleState {
  const subscribers = new Set<Subscriber>();
  let told = true;
  const wrapped: SharedState = {
    ...intercept(state, async (_verb, call) => {
      if (fallible.down) throw new LatchkeyError('ERR_STATE_UNAVAILABLE');
      return call();
    }),
    subscribe(channel, subscriber) {
      subscribers.add(subscriber);
      const unsubscribe = state.subscribe(channel, {
        message: (text) => told && subscriber.message(text),
        lost: () => subscriber.lost(),
        restored: () => told && subscriber.restored(),
      });
      return async () => {
        subscribers.delete(subscriber);
        await unsubscribe();
      };
    },
  };
  const fallible: FallibleState = {
    state: wrapped,
    down: false,
    lose() {
      told = false;
      for (const subscriber of subscribers) subscriber.lost();
    },
    restore() {
      told = true;
      for (const subscriber of subscribers) subscriber.restored();
    },
  };
  return fallible;
}

function intercept<Port extends object>(
  port: Port,
  around: (verb: string, call: () => Promise<unknown>) => Promise<unknown>,
): Port {
  const verbs = Object.entries(port).map(([verb, method]) => [
    verb,
    typeof method !== 'function' || verb === 'subscribe' || verb === 'close'
      ? method
      : (...args: readonly unknown[]) =>
          around(verb, () => (method as (...args: readonly unknown[]) => Promise<unknown>)(...args)),
  ]);
  return Object.fromEntries(verbs) as Port;
}
