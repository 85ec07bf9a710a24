// directory/: who is that here, and what may they do? What this process holds of the shared state, while it may.
import type { Watcher } from '../ports.js';
import type { Clock } from '../types.js';

/** Values by key, trusted only while the watch tells of every change to them. */
export interface InProcess<Value> extends Watcher {
  /** Whether changes are being told. While they are not, nothing is held. */
  readonly coherent: boolean;
  get(key: string): Value | undefined;
  /** To be called *before* the value is asked for: whatever happens to the key from then on keeps it from being held. */
  expect(key: string): Expected<Value>;
  /** Lets go of the key, and of whatever is expected under it. */
  forget(key: string): void;
  /** Resolves when the next change to the key is told, or can no longer be. */
  nextChange(key: string): { readonly told: Promise<void>; cancel(): void };
}

/** A value that is on its way. */
export interface Expected<Value> {
  /** Holds the value, unless the key changed in the meantime; `false` where it did. */
  keep(value: Value): boolean;
  /** Gives up on it. */
  cancel(): void;
}

interface Held<Value> {
  readonly value: Value;
  readonly since: number;
}

/** An empty holder, which is not coherent until the watch says so. */
export function inProcess<Value>(options: {
  readonly now: Clock;
  /** The age, in seconds, at which a value is let go whatever the watch says. */
  readonly localSeconds: number;
  readonly localEntries: number;
}): InProcess<Value> {
  const { now, localEntries } = options;
  const oldest = options.localSeconds * 1000;
  const held = new Map<string, Held<Value>>();
  const expected = keyed<() => void>();
  const listeners = keyed<() => void>();
  let coherent = false;
  let isTold = () => false;

  function forget(key: string): void {
    held.delete(key);
    for (const spoil of expected.take(key)) spoil();
  }

  function forgetAll(): void {
    held.clear();
    for (const spoil of expected.takeAll()) spoil();
  }

  return {
    get coherent() {
      return coherent && isTold();
    },

    get(key) {
      const found = held.get(key);
      // Asked here, not only told by `lost`: a process that stood still may serve requests before it runs its timers.
      if (found === undefined || !isTold()) return undefined;
      const age = now() - found.since;
      if (age >= 0 && age < oldest) return found.value;
      held.delete(key);
      return undefined;
    },

    expect(key) {
      const since = now();
      let spoilt = !coherent;
      const spoil = () => {
        spoilt = true;
      };
      const cancel = () => expected.remove(key, spoil);
      if (coherent) expected.add(key, spoil);
      return {
        keep(value) {
          cancel();
          if (spoilt) return false;
          // Set anew, a key goes to the end of the map; so what is first was asked for longest ago, give or take
          // `localSeconds`.
          held.delete(key);
          held.set(key, { value, since });
          if (held.size > localEntries) for (const first of held.keys()) return held.delete(first);
          return true;
        },
        cancel,
      };
    },

    forget,

    nextChange(key) {
      let cancel = () => {};
      const told = new Promise<void>((resolve) => {
        listeners.add(key, resolve);
        cancel = () => listeners.remove(key, resolve);
      });
      return { told, cancel: () => cancel() };
    },

    changed(key) {
      if (key === undefined) forgetAll();
      else forget(key);
      for (const tell of key === undefined ? listeners.takeAll() : listeners.take(key)) tell();
    },

    lost() {
      coherent = false;
      forgetAll();
      for (const tell of listeners.takeAll()) tell();
    },

    restored(stillTold) {
      forgetAll();
      isTold = stillTold;
      coherent = true;
    },
  };
}

interface Keyed<Item> {
  add(key: string, item: Item): void;
  remove(key: string, item: Item): void;
  take(key: string): Iterable<Item>;
  takeAll(): Iterable<Item>;
}

function keyed<Item>(): Keyed<Item> {
  const sets = new Map<string, Set<Item>>();
  return {
    add(key, item) {
      const set = sets.get(key);
      if (set === undefined) sets.set(key, new Set([item]));
      else set.add(item);
    },
    remove(key, item) {
      const set = sets.get(key);
      if (set?.delete(item) && set.size === 0) sets.delete(key);
    },
    take(key) {
      const set = sets.get(key);
      sets.delete(key);
      return set ?? [];
    },
    takeAll() {
      const all = [...sets.values()];
      sets.clear();
      return all.flatMap((set) => [...set]);
    },
  };
}
