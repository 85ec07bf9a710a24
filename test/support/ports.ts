// Wrappers of ports that count calls, delay them or make them fail.
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import type { Journal } from '../../src/vocabulary/journal.js';
import type { Directory, SharedState, Subscriber } from '../../src/vocabulary/ports.js';

/** A port whose calls are counted by method. */
export interface Counted<Port> {
  readonly port: Port;
  /** The calls of these methods since the last reset. Without names: of all methods except the journal's. */
  count(...verbs: readonly ((keyof Port & string) | `journal.${keyof Journal}`)[]): number;
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
      calls.filter((verb) =>
        verbs.length === 0 ? !verb.startsWith('journal.') : (verbs as readonly string[]).includes(verb),
      ).length,
    reset: () => calls.splice(0),
  };
}

/** A port whose calls a test can hold. */
export interface Gated<Port> {
  readonly port: Port;
  /** Holds the answer of the next call of this method: the call runs, then waits for `release`. */
  holdNext(verb: keyof Port & string): { readonly reached: Promise<void>; release(): void };
}

/** Lets a test act between a call and its caller's use of the answer. */
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
  /** `late`: statements run, but their answers are lost. */
  mode: 'up' | 'down' | 'late';
}

/** A directory that fails according to its mode. */
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
  /** All methods reject. */
  down: boolean;
  /** Messages stop arriving. */
  lose(): void;
  restore(): void;
}

/** A shared state that a test can make fail. */
export function fallibleState(state: SharedState): FallibleState {
  const subscribers = new Set<Subscriber>();
  let receives = true;
  const wrapped: SharedState = {
    ...intercept(state, async (_verb, call) => {
      if (fallible.down) throw new LatchkeyError('ERR_STATE_UNAVAILABLE');
      return call();
    }),
    subscribe(channel, subscriber) {
      subscribers.add(subscriber);
      return state.subscribe(channel, {
        message: (text) => receives && subscriber.message(text),
        lost: () => subscriber.lost(),
        restored: () => receives && subscriber.restored(),
      });
    },
  };
  const fallible: FallibleState = {
    state: wrapped,
    down: false,
    lose() {
      receives = false;
      for (const subscriber of subscribers) subscriber.lost();
    },
    restore() {
      receives = true;
      for (const subscriber of subscribers) subscriber.restored();
    },
  };
  return fallible;
}

const notIntercepted: readonly string[] = ['subscribe', 'close'];

/** Wraps every method. The methods of a nested port are named `journal.<method>` and wrapped in the same way. */
function intercept<Port extends object>(
  port: Port,
  around: (verb: string, call: () => Promise<unknown>) => Promise<unknown>,
): Port {
  const members = Object.entries(port).map(([name, member]: [string, unknown]) => {
    if (typeof member === 'object' && member !== null) {
      return [name, intercept(member, (verb, call) => around(`${name}.${verb}`, call))];
    }
    if (typeof member !== 'function' || notIntercepted.includes(name)) return [name, member];
    return [
      name,
      (...args: readonly unknown[]) => around(name, () => Reflect.apply(member, port, args) as Promise<unknown>),
    ];
  });
  return Object.fromEntries(members) as Port;
}
