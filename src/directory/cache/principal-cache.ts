// Two-level cache of users, devices and mappings that never returns a value older than a change.
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { OnEvent } from '../../vocabulary/events.js';
import { type Journal, journalKeys } from '../../vocabulary/journal.js';
import type { SharedState } from '../../vocabulary/ports.js';
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

/**
 * Receives change notifications. The cache drops outdated entries before it calls an observer, so that an observer that
 * reads gets current data.
 */
export interface CacheObserver {
  /** This key changed, in this process or in another. `undefined`: any key may have changed. */
  changed(key: string | undefined): void;
  /** From this call on, changes may go undetected. */
  lost(): void;
  /** Changes are detected again. Anything may have changed in between. */
  restored(): void;
}

/** A cache of users, devices and mappings, in this process and in the shared state. */
export interface PrincipalCache {
  /** Returns the entry that this process holds, if it may answer from memory now. No I/O. */
  peek(key: string): Entry | undefined;
  /** Reads from the caches and the directory. Reads again if something that was read has changed in the meantime. */
  lookUp<Answer>(work: (reader: CacheReader) => Promise<Answer>): Promise<Answer>;
  /**
   * Writes to the directory and resolves once no process uses data from before the write. It also waits if the write
   * changed nothing or was rejected: an earlier process may have made the same change and crashed before it was in
   * effect everywhere. Rejects as `write` does.
   */
  writeThenInvalidate<Result>(keys: readonly string[], write: () => Promise<Result>): Promise<Result>;
  /**
   * Writes like `writeThenInvalidate`, but does not wait for other processes. They learn of the change when they next
   * read the journal, within one heartbeat.
   */
  writeThenNotify<Result>(keys: readonly string[], write: () => Promise<Result>): Promise<Result>;
  /**
   * Makes every process reload these keys. Resolves once no process uses data from before the call. Rejects as the
   * directory does.
   */
  invalidate(keys: readonly string[]): Promise<void>;
  /** Registers an observer. Returns a function that removes it. */
  observe(observer: CacheObserver): () => void;
  /** Stops answering from memory and from the shared state. */
  close(): Promise<void>;
}

/** The dependencies and limits of the principal cache. */
export interface PrincipalCacheOptions {
  readonly state: SharedState;
  /** The journal of all changes. `undefined`: the directory has none. */
  readonly journal: Journal | undefined;
  /** Whether each change of the directory writes its own journal row. Default `true`. */
  readonly changesWriteRows?: boolean | undefined;
  /** Identifies the configuration: two configurations with different entries have different values. */
  readonly configuration: string;
  /** How long requests are answered from memory while the directory does not answer, in seconds. Default: 5. */
  readonly outageToleranceSeconds?: number | undefined;
  readonly onEvent: OnEvent;
  /** How long entries are kept, in seconds, plus or minus a fifth. Default: 600. */
  readonly ttlSeconds?: number | undefined;
  /** How many users and devices a process holds in memory. 100,000 take about 50 MiB. Default: 100,000. */
  readonly localEntries?: number | undefined;
  /** Default: the clocks of this process. */
  readonly clock?: CacheClock | undefined;
}

/**
 * How often per minute this process makes others drop a key that the directory does not have and that this process does
 * not hold itself.
 */
const notesAMinute = 20;

/** How many reads of the directory run concurrently, over all look-ups. */
const readingsAtOnce = 16;

/** Creates the cache of an instance. Its resolver and its administration share it. */
export function principalCache(options: PrincipalCacheOptions): PrincipalCache {
  const { state, onEvent, ttlSeconds = 600, clock = systemClock, changesWriteRows = true } = options;
  const local = localEntries<Entry>(clock.monotonic, options.localEntries ?? 100_000);
  const observers = new Set<CacheObserver>();
  const listener = notifyObservers(local, observers, onEvent);
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

  /**
   * Whether to notify others of these keys: always if this process holds one of them, otherwise only up to the limit,
   * because any logged-in user can name a device that does not exist.
   */
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
      // No cache holds an entry for a name that no database can store.
      if (!(error instanceof LatchkeyError) || error.code !== 'ERR_DIRECTORY_VALUE') throw error;
    }
  }

  async function write<Result>(
    keys: readonly string[],
    action: () => Promise<Result>,
    everywhere: boolean,
  ): Promise<Result> {
    /** Returns once this process uses the new row, or with `everywhere`, once all processes do. */
    const settle = (): Promise<unknown> => (everywhere ? coherence.everywhere() : coherence.refresh());
    let result: Result;
    try {
      result = await action();
    } catch (error) {
      if (mayHaveRun(error)) {
        // If the write ran, the journal will show it. The caller has no result yet, so waiting would gain nothing.
        coherence.markPending(keys);
      } else {
        // After a partial restore, the caches may hold a user that the directory does not have.
        if (isUnknown(error)) await noteUnknown(keys);
        await settle();
      }
      throw error;
    }
    await coherence.saved(keys);
    await settle();
    return result;
  }

  async function invalidate(keys: readonly string[]): Promise<void> {
    await coherence.note(keys);
    await coherence.everywhere();
  }

  function observe(observer: CacheObserver): () => void {
    observers.add(observer);
    return () => void observers.delete(observer);
  }

  async function close(): Promise<void> {
    observers.clear();
    await coherence.close();
  }

  return {
    peek: (key) => (coherence.relies() ? local.get(key) : undefined),
    lookUp: (work) => lookUp(parts, work),
    writeThenInvalidate: (keys, action) => write(keys, action, true),
    writeThenNotify: (keys, action) => write(keys, action, false),
    invalidate,
    observe,
    close,
  };
}

function notifyObservers(
  local: { drop(key: string): void; dropAll(): void },
  observers: ReadonlySet<CacheObserver>,
  onEvent: OnEvent,
): CoherenceListener {
  let missed = false;
  const notify = (action: (observer: CacheObserver) => void): void => {
    for (const observer of [...observers]) action(observer);
  };
  const reset = (): void => {
    local.dropAll();
    notify((observer) => observer.changed(undefined));
  };
  return {
    changed(keys) {
      if (keys.includes(journalKeys.everything)) return reset();
      for (const key of keys) local.drop(key);
      for (const key of keys) notify((observer) => observer.changed(key));
    },
    reset,
    lost() {
      missed = true;
      onEvent({ type: 'directory.lost' });
      notify((observer) => observer.lost());
    },
    restored() {
      if (missed) onEvent({ type: 'directory.restored' });
      missed = false;
      notify((observer) => observer.restored());
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
