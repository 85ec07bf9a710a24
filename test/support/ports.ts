// Ports that count, wait and fail, around real ones.
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import type { Journal } from '../../src/vocabulary/journal.js';
import type { Directory, SharedState, Subscriber } from '../../src/vocabulary/ports.js';

/** Calls to a port, by verb. */
export interface Counted<Port> {
  readonly port: Port;
  /** Calls of these verbs since the last reset; where none is named, of all but the journal's. */
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
  let heard = true;
  const wrapped: SharedState = {
    ...intercept(state, async (_verb, call) => {
      if (fallible.down) throw new LatchkeyError('ERR_STATE_UNAVAILABLE');
      return call();
    }),
    subscribe(channel, subscriber) {
      subscribers.add(subscriber);
      return state.subscribe(channel, {
        message: (text) => heard && subscriber.message(text),
        lost: () => subscriber.lost(),
        restored: () => heard && subscriber.restored(),
      });
    },
  };
  const fallible: FallibleState = {
    state: wrapped,
    down: false,
    lose() {
      heard = false;
      for (const subscriber of subscribers) subscriber.lost();
    },
    restore() {
      heard = true;
      for (const subscriber of subscribers) subscriber.restored();
    },
  };
  return fallible;
}

const passedOn: readonly string[] = ['subscribe', 'close'];

/** Calls of a nested port count as calls of `journal.<verb>`, and fail and wait like the others. */
function intercept<Port extends object>(
  port: Port,
  around: (verb: string, call: () => Promise<unknown>) => Promise<unknown>,
): Port {
  const members = Object.entries(port).map(([name, member]: [string, unknown]) => {
    if (typeof member === 'object' && member !== null) {
      return [name, intercept(member, (verb, call) => around(`${name}.${verb}`, call))];
    }
    if (typeof member !== 'function' || passedOn.includes(name)) return [name, member];
    return [
      name,
      (...args: readonly unknown[]) => around(name, () => Reflect.apply(member, port, args) as Promise<unknown>),
    ];
  });
  return Object.fromEntries(members) as Port;
}
