// Two-level cache of users, devices and mappings that never returns a value older than a change.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { type Journal, journalKeys } from '../../vocabulary/journal.js';
import type { SharedState } from '../../vocabulary/ports.js';
import type { OnEvent } from '../../vocabulary/types.js';
import type { Entry } from './cache-entries.js';
import { type CacheClock, systemClock } from './clock.js';
import type { Coherence, CoherenceListener } from './coherence.js';
import { limit } from './concurrency-limit.js';
import { journalCoherence } from './journal-coherence.js';
import { localEntries } from './local-cache.js';
import { type CacheReader, type LookUpParts, lookUp, mayHaveRun } from './look-up.js';
import { sharedEntries } from './shared-cache.js';
import { singleFlight } from './single-flight.js';
import { timedCoherence } from './timed-coherence.js';

/** Receives what the cache learns, each time after it has let go of what it held: who reads then, reads anew. */
export interface CacheObserver {
  /** This key changed, by whomever; `undefined`: any of them may have. */
  changed(key: string | undefined): void;
  /** From now on changes may go unnoticed. */
  lost(): void;
  /** Changes are noticed again, and anything may have changed. */
  restored(): void;
}

/** Users, devices and mappings, in this process and in the shared state. */
export interface PrincipalCache {
  /** What this process holds and may answer with now. No I/O. */
  peek(key: string): Entry | undefined;
  /** Reads from the caches and the directory, anew where something that was read changed meanwhile. */
  lookUp<Answer>(work: (reader: CacheReader) => Promise<Answer>): Promise<Answer>;
  /**
   * Writes to the directory, and returns once no process answers from before it. A write that changed nothing or was
   * refused is confirmed as well: an earlier one, whose author died, may have done the same. Rejects as `write` does.
   */
  writeThenInvalidate<Result>(keys: readonly string[], write: () => Promise<Result>): Promise<Result>;
  /** The same for steps that need not be in force elsewhere when it returns: others hear of it within a heartbeat. */
  writeThenTell<Result>(keys: readonly string[], write: () => Promise<Result>): Promise<Result>;
  /** Has every process read these keys anew; returns once no process answers from before. Rejects as the directory does. */
  invalidate(keys: readonly string[]): Promise<void>;
  /** Receives changes from now on. Returns what ends it. */
  observe(observer: CacheObserver): () => void;
  /** Stops answering from memory and from the shared state. */
  close(): Promise<void>;
}

/** What the principal cache needs, and its limits. */
export interface PrincipalCacheOptions {
  readonly state: SharedState;
  /** The journal of all changes. `undefined`: there is none. */
  readonly journal: Journal | undefined;
  /** Whether each change of the directory writes its own journal row. Default `true`. */
  readonly changesWriteRows?: boolean | undefined;
  /** Tells configurations apart whose entries differ. */
  readonly configuration: string;
  /** How long warm requests go on while the directory does not answer, in seconds. Default: 5. */
  readonly outageToleranceSeconds?: number | undefined;
  readonly onEvent: OnEvent;
  /** How long entries are kept, in seconds, give or take a fifth. Default: 600. */
  readonly ttlSeconds?: number | undefined;
  /** How many users and devices a process holds; 100,000 take about 50 MiB. Default: 100,000. */
  readonly localEntries?: number | undefined;
  /** Default: the clocks of this process. */
  readonly clock?: CacheClock | undefined;
}

/** How many keys that this process does not hold it has others drop, because the directory does not know them. */
const notesAMinute = 20;

/** How many readings of the directory run at once, for all look-ups together. */
const readingsAtOnce = 16;

/** The one cache of an instance, which its resolver and its administration share. */
export function principalCache(options: PrincipalCacheOptions): PrincipalCache {
  const { state, onEvent, ttlSeconds = 600, clock = systemClock, changesWriteRows = true } = options;
  const local = localEntries<Entry>(clock.monotonic, options.localEntries ?? 100_000);
  const observers = new Set<CacheObserver>();
  const listener = tellObservers(local, observers, onEvent);
  const coherence = coherenceOf({ ...options, ttlSeconds, clock, changesWriteRows }, listener);
  const shared = sharedEntries(state, options.configuration, ttlSeconds);
  const parts: LookUpParts = {
    coherence,
    local,
    shared,
    clock,
    limited: limit(readingsAtOnce),
    flights: singleFlight(),
  };

  const noted = { since: Number.NEGATIVE_INFINITY, count: 0 };

  /** What this process holds always; otherwise only so often: anybody who is logged in can name a device that is not there. */
  function mayNote(keys: readonly string[]): boolean {
    if (keys.some((key) => local.get(key) !== undefined)) return true;
    if (clock.monotonic() - noted.since > 60_000) Object.assign(noted, { since: clock.monotonic(), count: 0 });
    noted.count += 1;
    return noted.count <= notesAMinute;
  }

  async function noteUnknown(keys: readonly string[]): Promise<void> {
    if (!mayNote(keys)) return;
    try {
      await coherence.note(keys);
    } catch (error) {
      // Of a name that no database can hold, nobody holds anything.
      if (!(error instanceof LatchkeyError) || error.code !== 'ERR_DIRECTORY_VALUE') throw error;
    }
  }

  async function write<Result>(
    keys: readonly string[],
    action: () => Promise<Result>,
    everywhere: boolean,
  ): Promise<Result> {
    /** This process goes by the new row from its next request on. */
    const settle = (): Promise<unknown> => (everywhere ? coherence.everywhere() : coherence.refresh());
    let result: Result;
    try {
      result = await action();
    } catch (error) {
      if (mayHaveRun(error)) {
        // The journal tells of it if it ran. The caller knows nothing yet that would be worth waiting for.
        coherence.markPending(keys);
      } else {
        // The caches may know somebody whom the directory does not, after a part of it was restored.
        if (isUnknown(error)) await noteUnknown(keys);
        await settle();
      }
      throw error;
    }
    await coherence.saved(keys);
    await settle();
    return result;
  }

  return {
    peek: (key) => (coherence.relies() ? local.get(key) : undefined),
    lookUp: (work) => lookUp(parts, work),
    writeThenInvalidate: (keys, action) => write(keys, action, true),
    writeThenTell: (keys, action) => write(keys, action, false),

    async invalidate(keys) {
      await coherence.note(keys);
      await coherence.everywhere();
    },

    observe(observer) {
      observers.add(observer);
      return () => void observers.delete(observer);
    },

    async close() {
      observers.clear();
      await coherence.close();
    },
  };
}

function tellObservers(
  local: { drop(key: string): void; dropAll(): void },
  observers: ReadonlySet<CacheObserver>,
  onEvent: OnEvent,
): CoherenceListener {
  let missed = false;
  const tell = (action: (observer: CacheObserver) => void): void => {
    for (const observer of [...observers]) action(observer);
  };
  const reset = (): void => {
    local.dropAll();
    tell((observer) => observer.changed(undefined));
  };
  return {
    changed(keys) {
      if (keys.includes(journalKeys.everything)) return reset();
      for (const key of keys) local.drop(key);
      for (const key of keys) tell((observer) => observer.changed(key));
    },
    reset,
    lost() {
      missed = true;
      onEvent({ type: 'directory.lost' });
      tell((observer) => observer.lost());
    },
    restored() {
      if (missed) onEvent({ type: 'directory.restored' });
      missed = false;
      tell((observer) => observer.restored());
    },
  };
}

function coherenceOf(
  options: PrincipalCacheOptions & {
    readonly ttlSeconds: number;
    readonly clock: CacheClock;
    readonly changesWriteRows: boolean;
  },
  listener: CoherenceListener,
): Coherence {
  const { journal, clock, onEvent, outageToleranceSeconds = 5 } = options;
  if (journal === undefined) return timedCoherence({ clock, listener });
  const messages = {
    lost: () => onEvent({ type: 'state.lost' }),
    restored: () => onEvent({ type: 'state.restored' }),
  };
  return journalCoherence({ ...options, journal, outageToleranceSeconds, listener, messages });
}

function isUnknown(error: unknown): boolean {
  return error instanceof LatchkeyError && (error.code === 'ERR_USER_UNKNOWN' || error.code === 'ERR_DEVICE_UNKNOWN');
}
