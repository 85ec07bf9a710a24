// Caches users, devices and mappings in two levels: in memory and in the shared state. After a change has completed,
// the cache never returns a value from before the change.
import type { LookUpKind } from '../../metrics/label-values.js';
import { type Telemetry, telemetry } from '../../metrics/telemetry.js';
import { errorEvent } from '../../vocabulary/error-events.js';
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { OnEvent } from '../../vocabulary/events.js';
import type { Journal } from '../../vocabulary/journal.js';
import type { SharedState } from '../../vocabulary/ports.js';
import { dependenciesOf, type Entry } from './cache-entries.js';
import { type CacheObserver, notifyObservers } from './cache-observers.js';
import { type CacheClock, systemClock } from './clock.js';
import type { Coherence, CoherenceListener } from './coherence.js';
import { limit } from './concurrency-limit.js';
import { journalCoherence } from './journal-coherence.js';
import { localEntries } from './local-cache.js';
import { type CacheReader, type LookUpParts, lookUp, mayHaveRun, type Reached } from './look-up.js';
import { sharedEntries } from './shared-cache.js';
import { singleFlight } from './single-flight.js';
import { timedCoherence } from './timed-coherence.js';

/** A cache of users, devices and mappings, in this process and in the shared state. */
export interface PrincipalCache {
  /** Returns the current moment for `peek`, or `undefined` if this process may not answer from memory now. */
  moment(): number | undefined;
  /**
   * Returns the entry from memory, if this process may answer from memory now. Does no I/O.
   *
   * @param at the result of `moment`, if the caller reads several entries at once; so the clocks are read only once
   */
  peek(key: string, at?: number): Entry | undefined;
  /** Returns whether this process may answer from memory now. Does no I/O. */
  relies(): boolean;
  /**
   * Reads from the caches and the directory. Reads again if any of the data has changed in the meantime. `kind` says
   * what `work` looks for.
   */
  lookUp<Answer>(kind: LookUpKind, work: (reader: CacheReader) => Promise<Answer>): Promise<Answer>;
  /**
   * Writes to the directory and resolves as soon as no process uses data from before the write. The call also waits if
   * the write changed nothing or was rejected: another process might have made the same change and crashed before that
   * change was in effect everywhere. If `write` rejects, the call rejects with the same error.
   */
  writeThenInvalidate<Result>(keys: readonly string[], write: () => Promise<Result>): Promise<Result>;
  /**
   * Does the same as `writeThenInvalidate`, but does not wait for other processes. Other processes learn of the change
   * when they next read the journal, at most one heartbeat later.
   */
  writeThenNotify<Result>(keys: readonly string[], write: () => Promise<Result>): Promise<Result>;
  /**
   * Makes every process reload the values of these keys. Resolves as soon as no process uses data from before the call.
   * Rejects if the directory fails.
   */
  invalidate(keys: readonly string[]): Promise<void>;
  /** Registers an observer. Returns a function that removes the observer. */
  observe(observer: CacheObserver): () => void;
  /** Returns the number of entries in memory. */
  size(): number;
  /** Closes the cache. Later look-ups read only from the directory. */
  close(): Promise<void>;
}

/** The dependencies and limits of the principal cache. */
export interface PrincipalCacheOptions {
  readonly state: SharedState;
  /** The directory's journal of all changes, or `undefined` if the directory has no journal. */
  readonly journal: Journal | undefined;
  /** `true` if each change to the directory writes its own journal row. Default `true`. */
  readonly changesWriteRows?: boolean | undefined;
  /**
   * Identifies the configuration. The value must differ between configurations that lead to different cache entries.
   */
  readonly configuration: string;
  /**
   * How many seconds a process continues to answer requests from memory while the directory does not answer. Default:
   * 5.
   */
  readonly outageToleranceSeconds?: number | undefined;
  readonly onEvent: OnEvent;
  /** How many seconds entries are kept. The actual time is up to a fifth shorter or longer. Default: 600. */
  readonly ttlSeconds?: number | undefined;
  /**
   * The maximum number of entries that a process holds in memory. 100,000 entries take about 50 MiB. Default: 100,000.
   */
  readonly localEntries?: number | undefined;
  /** Default: the clocks of this process. */
  readonly clock?: CacheClock | undefined;
  /** Default: counts that nothing reads. */
  readonly telemetry?: Telemetry | undefined;
}

/**
 * How many times a minute this process may notify other processes of a key that neither the directory nor its own
 * memory contains.
 */
const notesAMinute = 20;

/** The maximum number of concurrent reads of the directory, counted over all look-ups. */
const readingsAtOnce = 16;

/** Creates the cache that the resolver and the administration of an instance share. */
export function principalCache(options: PrincipalCacheOptions): PrincipalCache {
  const { state, onEvent, ttlSeconds = 600, clock = systemClock, changesWriteRows = true } = options;
  const { telemetry: measured = telemetry() } = options;
  const local = localEntries<Entry>(clock.monotonic, dependenciesOf, options.localEntries ?? 100_000);
  const observers = new Set<CacheObserver>();
  const listener = notifyObservers(local, observers, onEvent);
  const joined = () => {
    measured.counts.journalJoins += 1;
  };
  const coherence = coherenceOf({ ...options, ttlSeconds, clock, changesWriteRows, joined }, listener);
  const shared = sharedEntries(state, options.configuration, ttlSeconds);
  const parts: LookUpParts = {
    coherence,
    local,
    shared,
    clock,
    limited: limit(readingsAtOnce),
    flights: singleFlight(),
  };

  const moment = (): number | undefined => (coherence.relies() ? clock.monotonic() : undefined);

  const noted = { since: Number.NEGATIVE_INFINITY, count: 0 };

  /**
   * Returns whether to notify other processes of these keys. If this process has no entry with any of the keys, the
   * number of notifications is limited, because any logged-in user can request a device that does not exist.
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
      // The caches hold no entry for a name that the database cannot store.
      if (!(error instanceof LatchkeyError) || error.code !== 'ERR_DIRECTORY_VALUE') throw error;
    }
  }

  async function write<Result>(
    keys: readonly string[],
    action: () => Promise<Result>,
    everywhere: boolean,
  ): Promise<Result> {
    /** Waits until this process uses the new row. With `everywhere`, waits until all processes use the new row. */
    const settle = (): Promise<unknown> => (everywhere ? coherence.everywhere() : coherence.refresh());
    let result: Result;
    try {
      result = await action();
    } catch (error) {
      if (mayHaveRun(error)) {
        // If the write was carried out, its row will appear in the journal. The caller gets an error in any case, so
        // waiting would not help.
        coherence.markPending(keys);
      } else {
        // After a restore of only some tables, the caches may still hold a user that the directory no longer has.
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

  /** Runs a look-up in a span, and counts it. A look-up that fails is not counted. */
  function countedLookUp<Answer>(kind: LookUpKind, work: (reader: CacheReader) => Promise<Answer>): Promise<Answer> {
    return measured.inSpan('latchkey.lookup', { kind }, async () => {
      const reached: Reached = { level: 'memory' };
      const answer = await lookUp(parts, work, reached);
      measured.counts.lookUps[kind][reached.level] += 1;
      return answer;
    });
  }

  /** Measures how long a change takes until it is in effect everywhere. A change that fails is not measured. */
  function measuredChange<Result>(change: () => Promise<Result>): Promise<Result> {
    return measured.inSpan('latchkey.change', {}, async () => {
      const began = clock.monotonic();
      const result = await change();
      measured.changed((clock.monotonic() - began) / 1000);
      return result;
    });
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
    moment,
    peek: (key, at = moment()) => (at === undefined ? undefined : local.get(key, at)),
    relies: coherence.relies,
    lookUp: countedLookUp,
    writeThenInvalidate: (keys, action) => measuredChange(() => write(keys, action, true)),
    writeThenNotify: (keys, action) => write(keys, action, false),
    invalidate: (keys) => measuredChange(() => invalidate(keys)),
    observe,
    size: local.size,
    close,
  };
}

function coherenceOf(
  options: PrincipalCacheOptions & {
    readonly ttlSeconds: number;
    readonly clock: CacheClock;
    readonly changesWriteRows: boolean;
    readonly joined: () => void;
  },
  listener: CoherenceListener,
): Coherence {
  const { journal, clock, onEvent, outageToleranceSeconds = 5 } = options;
  if (journal === undefined) return timedCoherence({ clock, listener });
  const messages = {
    lost: () => onEvent({ type: 'state.lost' }),
    restored: () => onEvent({ type: 'state.restored' }),
  };
  const notShared = (): void => onEvent(errorEvent(new LatchkeyError('ERR_STATE_NOT_SHARED'), 'ERR_STATE_UNAVAILABLE'));
  return journalCoherence({ ...options, journal, outageToleranceSeconds, listener, messages, notShared });
}

function isUnknown(error: unknown): boolean {
  return error instanceof LatchkeyError && (error.code === 'ERR_USER_UNKNOWN' || error.code === 'ERR_DEVICE_UNKNOWN');
}
