// directory/: who is that here, and what may they do? A cache in two storeys that never answers after a change.
import { LatchkeyError } from '../errors.js';
import type { SharedState } from '../ports.js';
import type { Clock, OnEvent } from '../types.js';
import { inProcess } from './in-process.js';
import { lanes } from './lanes.js';
import { markers } from './markers.js';

const echoMilliseconds = 100;
const valuePrefix = 'v1:';

/** How values are written down. `decode` gives `undefined` for a text that it does not understand. */
export interface Codec<Value> {
  encode(value: Value): string;
  decode(key: string, text: string): Value | undefined;
}

/** What the shared state held, and what a fill must find unchanged. */
export interface Reading<Value> {
  readonly key: string;
  readonly value: Value | undefined;
  /** `undefined`: the shared state did not answer, and nothing can be filled. */
  readonly note: string | undefined;
}

/** A value to be filled where the reading was made. */
export interface Fill<Value> {
  readonly reading: Reading<Value>;
  readonly value: Value;
}

/** `changed`: something else is there now, so what was to be filled may be outdated. */
export type Filled = 'filled' | 'changed' | 'unavailable';

/**
 * Values in this process over values in the shared state. Two rules keep both from answering with what is over:
 * a value gets in only by `compareAndSet` from what was noted *before* it was loaded, and every change puts a marker in
 * its place that nobody can have noted; and this process holds a value only while it is told of every change to it.
 */
export interface CoherentCache<Value> {
  /** The value that this process holds. No I/O. */
  peek(key: string): Value | undefined;
  /**
   * Asks the shared state, in one round trip where the keys are there. An absent key is marked, so that a fill has
   * something to compare with. Never rejects: where the shared state does not answer, there are no values and no notes.
   */
  read(keys: readonly string[]): Promise<readonly Reading<Value>[]>;
  /**
   * Puts values where the readings were made, all of which must still hold. Resolves once this process holds them too
   * where it can, so that the next request finds them. Never rejects.
   */
  fill(fills: readonly Fill<Value>[]): Promise<Filled>;
  /**
   * Makes every instance load these keys anew: this one at once, the others when they are told, normally within
   * milliseconds. For what is no decision against anybody: a row that a request brought up to date. Rejects with
   * `ERR_CHANGE_NOT_SPREAD` where the shared state can't be told; it is told as soon as it can be, and until then this
   * process does not believe it about these keys.
   */
  drop(keys: readonly string[]): Promise<void>;
  /**
   * The same, and resolves only when no instance answers from its memory any more, however slow or cut off it may be.
   * For what somebody decided and relies on from then on. It costs several round trips, and where an instance does not
   * answer, the time until that one stops by itself; so requests must not pay for it. Rejects with
   * `ERR_CHANGE_NOT_SPREAD` also where nobody could say whether all have heard.
   */
  dropEverywhere(keys: readonly string[]): Promise<void>;
  /**
   * Has an observer told of changes, losses and returns, each time after this process has let go of what it held: who
   * asks then, asks anew. Nothing is told of the present state. Returns what ends it.
   */
  observe(observer: CacheObserver): () => void;
  /** Stops holding anything in the process. */
  close(): Promise<void>;
}

/** Hears what the cache hears. */
export interface CacheObserver {
  /** This key changed, by whomever; `undefined`: any may have. */
  changed(key: string | undefined): void;
  /** From now on changes go unnoticed. */
  lost(): void;
  /** Changes are told again, and anything may have changed. */
  restored(): void;
}

/** What a cache needs. */
export interface CoherentCacheOptions<Value> {
  readonly state: SharedState;
  /** Watched, so all keys must begin with it. */
  readonly prefix: string;
  readonly codec: Codec<Value>;
  readonly now: Clock;
  /** How long the shared state keeps a value, in seconds. */
  readonly ttlSeconds: number;
  /** How long this process holds a value, in seconds, whatever it is told. */
  readonly localSeconds: number;
  /** How many values this process holds; the one stored longest ago makes room. */
  readonly localEntries: number;
  readonly onEvent: OnEvent;
}

/** A cache that watches its prefix from now on. */
export function coherentCache<Value>(options: CoherentCacheOptions<Value>): CoherentCache<Value> {
  const { state, codec, ttlSeconds, onEvent } = options;
  const local = inProcess<Value>(options);
  const marks = markers(options);
  const confirmations = lanes<void>();
  const observers = new Set<CacheObserver>();
  let heard = false;
  let missed = false;

  const unwatch = state.watch(options.prefix, {
    changed(key) {
      local.changed(key);
      for (const observer of [...observers]) observer.changed(key);
    },
    lost() {
      const before = heard;
      heard = false;
      local.lost();
      for (const observer of [...observers]) observer.lost();
      // A failover may bring back what a confirmed marker had replaced.
      marks.doubt();
      if (!before) return;
      missed = true;
      onEvent({ type: 'state.lost' });
    },
    restored(isTold) {
      heard = true;
      local.restored(isTold);
      marks.settle();
      for (const observer of [...observers]) observer.restored();
      if (!missed) return;
      missed = false;
      onEvent({ type: 'state.restored' });
    },
  });

  function decode(key: string, text: string | undefined): Value | undefined {
    return text?.startsWith(valuePrefix) ? codec.decode(key, text.slice(valuePrefix.length)) : undefined;
  }

  async function fetch(keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    if (keys.some(marks.owes)) throw new LatchkeyError('ERR_STATE_UNAVAILABLE');
    const expected = keys.map(local.expect);
    try {
      const texts = await state.get(keys);
      for (const [index, key] of keys.entries()) {
        const value = decode(key, texts[index]);
        if (value !== undefined) expected[index]?.keep(value);
      }
      return texts;
    } finally {
      for (const each of expected) each.cancel();
    }
  }

  async function readMarked(keys: readonly string[]): Promise<readonly Reading<Value>[]> {
    const texts = [...(await fetch(keys))];
    const contested: number[] = [];
    await Promise.all(
      keys.map(async (key, index) => {
        if (texts[index] !== undefined) return;
        texts[index] = await marks.putIfAbsent(key);
        if (texts[index] === undefined) contested.push(index);
      }),
    );
    if (contested.length > 0) {
      const again = await fetch(contested.flatMap((index) => keys[index] ?? []));
      for (const [position, index] of contested.entries()) texts[index] = again[position];
    }
    return keys.map((key, index) => ({ key, value: decode(key, texts[index]), note: texts[index] }));
  }

  async function set({ reading, value }: Fill<Value>): Promise<Filled> {
    if (reading.note === undefined) return 'unavailable';
    try {
      const next = valuePrefix + codec.encode(value);
      return (await state.compareAndSet(reading.key, reading.note, next, ttlSeconds)) ? 'filled' : 'changed';
    } catch {
      return 'unavailable';
    }
  }

  async function drop(keys: readonly string[]): Promise<void> {
    // What is on its way is forgotten as well, and nothing is asked for while a marker is owed, which it is until it is set.
    for (const key of keys) local.forget(key);
    await marks.put(keys);
  }

  return {
    peek: local.get,

    read: (keys) => readMarked(keys).catch(() => keys.map((key) => ({ key, value: undefined, note: undefined }))),

    async fill(fills) {
      const echoes = local.coherent ? fills.map(({ reading }) => local.nextChange(reading.key)) : [];
      try {
        const outcomes = await Promise.all(fills.map(set));
        if (outcomes.includes('changed')) return 'changed';
        if (outcomes.includes('unavailable')) return 'unavailable';
        // What was just set comes back as a change. Held before that, it would be dropped at once, and the next request
        // would have to ask again.
        if (echoes.length > 0 && (await within(echoMilliseconds, Promise.all(echoes.map(({ told }) => told))))) {
          await fetch(fills.map(({ reading }) => reading.key)).catch(() => {});
        }
        return 'filled';
      } finally {
        for (const echo of echoes) echo.cancel();
      }
    },

    drop: (keys) => spreading(() => drop(keys)),

    dropEverywhere: (keys) =>
      spreading(async () => {
        await drop(keys);
        await confirmations.enter('', '', () => state.confirm());
      }),

    observe(observer) {
      observers.add(observer);
      return () => void observers.delete(observer);
    },

    async close() {
      observers.clear();
      marks.close();
      local.lost();
      await unwatch();
    },
  };
}

async function spreading(tell: () => Promise<void>): Promise<void> {
  try {
    await tell();
  } catch (cause) {
    throw new LatchkeyError('ERR_CHANGE_NOT_SPREAD', { cause });
  }
}

async function within(milliseconds: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
