// Runs a look-up: reads from memory, the shared state and the directory, and returns only values that are still valid
// when the look-up ends.
import type { CacheLevel } from '../../metrics/label-values.js';
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { Position } from '../../vocabulary/journal.js';
import { dependenciesOf, type Entry } from './cache-entries.js';
import type { CacheClock } from './clock.js';
import type { Coherence } from './coherence.js';
import type { Limit } from './concurrency-limit.js';
import type { Verdict } from './known-journal.js';
import type { LocalEntries } from './local-cache.js';
import type { SharedEntries } from './shared-cache.js';
import type { SingleFlight } from './single-flight.js';

/** An entry that was read from the directory. */
export interface Loaded {
  readonly key: string;
  readonly entry: Entry;
  /**
   * The journal position at which the entry was read. An entry without a position gets the position that this process
   * knew before the read started.
   */
  readonly position: Position | undefined;
}

/** The result of a read of the directory. */
export interface Reading<Value> {
  readonly value: Value;
  readonly loaded: readonly Loaded[];
  /** The keys of the rows that the read itself changed. */
  readonly wrote: readonly string[];
}

/** Reads data during a look-up. */
export interface CacheReader {
  /**
   * Returns the cached entries in the order of the keys. If entries are not in memory, or if `isOfUse` rejects them,
   * reads them from the shared state in a single round trip.
   */
  get(keys: readonly string[], isOfUse: (entry: Entry) => boolean): Promise<readonly (Entry | undefined)[]>;
  /** Reads from the directory and caches the result if it is still valid. Rejects if the directory fails. */
  load<Value>(read: () => Promise<Reading<Value>>): Promise<Value>;
  /**
   * Does the same as `load`, but runs only one read at a time for each key. All calls that were made before a read
   * started share that read.
   */
  loadShared(key: string, read: () => Promise<Loaded>): Promise<Entry>;
  /**
   * Does the same as `load`, but `read` may also write to the directory.
   *
   * @param keys the keys of the rows that `read` may write; if the answer is lost, these rows count as changed
   */
  write<Value>(keys: readonly string[], read: () => Promise<Reading<Value>>): Promise<Value>;
}

/** The components that look-ups use. */
export interface LookUpParts {
  readonly coherence: Coherence;
  readonly local: LocalEntries<Entry>;
  readonly shared: SharedEntries;
  readonly clock: CacheClock;
  /** Limits how many reads of the directory run concurrently. */
  readonly limited: Limit;
  readonly flights: SingleFlight<Placed<Reading<Entry>>>;
}

/** The slowest level that a look-up has needed so far. */
export interface Reached {
  level: CacheLevel;
}

/** The result of a read, together with the known journal position and the time at the start of the read. */
interface Placed<Result> {
  readonly result: Result;
  readonly known: Position | undefined;
  readonly since: number;
}

interface Used {
  readonly keys: readonly string[];
  readonly position: Position | undefined;
}

/** An entry that was found in memory. The entry is dropped from memory as soon as a journal row names its key. */
interface Remembered {
  readonly key: string;
  readonly entry: Entry;
}

/** How many times a look-up is attempted if its data changes during the look-up. */
const attempts = 3;

/**
 * Runs `work`, and runs it again if the data that it has read changes in the meantime. After three attempts, or if the
 * journal does not answer, everything is read from the directory and nothing is cached.
 *
 * @param reached the look-up records the slowest level that it needs in this object
 */
export async function lookUp<Answer>(
  parts: LookUpParts,
  work: (reader: CacheReader) => Promise<Answer>,
  reached: Reached = { level: 'memory' },
): Promise<Answer> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    if (!parts.coherence.relies() && !(await parts.coherence.refresh())) break;
    const used: Used[] = [];
    const remembered: Remembered[] = [];
    const answer = await work(cachingReader(parts, reached, used, remembered));
    const hold = await allHold(parts.coherence, used);
    if (hold && remembered.every(({ key, entry }) => parts.local.get(key) === entry)) return answer;
  }
  reached.level = 'directory';
  return work(directReader(parts));
}

/** Returns whether a failed statement might have been carried out. This is possible if only the answer was lost. */
export function mayHaveRun(error: unknown): boolean {
  return !(error instanceof LatchkeyError) || error.code === 'ERR_DIRECTORY_UNAVAILABLE';
}

async function run<Result>(
  { limited, coherence, clock }: LookUpParts,
  read: () => Promise<Result>,
): Promise<Placed<Result>> {
  const known = coherence.position();
  const since = clock.monotonic();
  return { result: await limited(read), known, since };
}

async function doubting<Result>(
  { coherence }: LookUpParts,
  keys: readonly string[],
  read: () => Promise<Result>,
): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (mayHaveRun(error)) coherence.markPending(keys);
    throw error;
  }
}

async function readingOf(read: () => Promise<Loaded>): Promise<Reading<Entry>> {
  const loaded = await read();
  return { value: loaded.entry, loaded: [loaded], wrote: [] };
}

/** Creates a reader that reads everything from the directory and caches nothing. */
function directReader(parts: LookUpParts): CacheReader {
  const load = async <Value>(read: () => Promise<Reading<Value>>): Promise<Value> =>
    (await run(parts, read)).result.value;
  return {
    get: async (keys) => keys.map(() => undefined),
    load,
    loadShared: (_key, read) => load(() => readingOf(read)),
    write: (keys, read) => doubting(parts, keys, () => load(read)),
  };
}

async function allHold(coherence: Coherence, used: readonly Used[]): Promise<boolean> {
  const judge = (): readonly Verdict[] => used.map(({ keys, position }) => coherence.judge(keys, position));
  let verdicts = judge();
  if (verdicts.includes('ahead') && (await coherence.refresh())) verdicts = judge();
  return verdicts.every((verdict) => verdict === 'holds');
}

function cachingReader(parts: LookUpParts, reached: Reached, used: Used[], remembered: Remembered[]): CacheReader {
  const { coherence, local, shared, clock } = parts;

  function hold(key: string, entry: Entry, position: Position | undefined, since: number): boolean {
    const keys = [key, ...dependenciesOf(entry)];
    used.push({ keys, position });
    if (coherence.judge(keys, position) !== 'holds') return false;
    local.set(key, entry, since + coherence.holdMilliseconds());
    return true;
  }

  /**
   * Tells other processes of the read's own write. A value that has no position of the directory, and that no other
   * change has outdated, belongs to the position after the write.
   */
  async function placedAfterWrite(read: readonly Loaded[], wrote: readonly string[]): Promise<readonly Loaded[]> {
    const isCurrent = ({ key, entry, position }: Loaded): boolean =>
      !coherence.usesDirectoryPositions && coherence.judge([key, ...dependenciesOf(entry)], position) === 'holds';
    const current = new Set(read.filter(isCurrent));
    const saving = coherence.saved(wrote);
    const after = coherence.position();
    await saving;
    return read.map((each) => (current.has(each) ? { ...each, position: after } : each));
  }

  async function keep<Value>({ result, known, since }: Placed<Reading<Value>>): Promise<Value> {
    reached.level = 'directory';
    const read = result.loaded.map((each) => {
      const own = coherence.usesDirectoryPositions ? each.position : undefined;
      return { ...each, position: own ?? known };
    });
    const placed = result.wrote.length > 0 ? await placedAfterWrite(read, result.wrote) : read;
    const ahead = placed.some(({ key, entry, position }) => {
      return coherence.judge([key, ...dependenciesOf(entry)], position) === 'ahead';
    });
    if (ahead) await coherence.refresh();
    const scope = coherence.scope();
    await Promise.all(
      placed.map(async ({ key, entry, position }) => {
        const kept = hold(key, entry, position, since);
        if (kept && scope !== undefined && position !== undefined) await shared.put(scope, key, { entry, position });
      }),
    );
    return result.value;
  }

  async function get(
    keys: readonly string[],
    isOfUse: (entry: Entry) => boolean,
  ): Promise<readonly (Entry | undefined)[]> {
    const entries = keys.map((key) => {
      const entry = local.get(key);
      if (entry === undefined || !isOfUse(entry)) return undefined;
      remembered.push({ key, entry });
      return entry;
    });
    const missing = keys.filter((_, index) => entries[index] === undefined);
    const scope = coherence.scope();
    if (missing.length === 0 || scope === undefined) return entries;
    const since = clock.monotonic();
    if (reached.level === 'memory') reached.level = 'state';
    const found = await shared.get(scope, missing, (key, position) => coherence.judge([key], position) === 'outdated');
    const judge = (index: number): Verdict => {
      const value = found[index];
      const key = missing[index];
      if (value === undefined || key === undefined) return 'outdated';
      return coherence.judge([key, ...dependenciesOf(value.entry)], value.position);
    };
    if (found.some((_, index) => judge(index) === 'ahead')) await coherence.refresh();
    const believed = new Map<string, Entry>();
    for (const [index, value] of found.entries()) {
      const key = missing[index];
      if (key === undefined || value === undefined || judge(index) !== 'holds') continue;
      if (hold(key, value.entry, value.position, since)) believed.set(key, value.entry);
    }
    return keys.map((key, index) => entries[index] ?? believed.get(key));
  }

  return {
    get,
    load: async (read) => keep(await run(parts, read)),
    loadShared: async (key, read) => keep(await parts.flights.run(key, '', () => run(parts, () => readingOf(read)))),
    write: (keys, read) => doubting(parts, keys, async () => keep(await run(parts, read))),
  };
}
