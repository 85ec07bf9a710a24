// Caches entries in this process's memory. `Coherence` (coherence.ts) decides when a process may use these entries.

/**
 * Cache entries in memory. Each entry has one key and can depend on further keys. When a key is dropped, all entries
 * that depend on that key are dropped, too.
 */
export interface LocalEntries<Entry> {
  /** Returns the entry of this key if it has not expired by the time `at`. Default: the current time of the clock. */
  get(key: string, at?: number): Entry | undefined;
  /** Stores an entry until the clock reaches `until`. */
  set(key: string, entry: Entry, until: number): void;
  /** Drops the entry of this key, and all entries that depend on this key. */
  drop(key: string): void;
  dropAll(): void;
  /** Returns the number of entries, including those that have expired but were not dropped yet. */
  size(): number;
}

interface Held<Entry> {
  readonly entry: Entry;
  readonly until: number;
}

/**
 * Creates an empty cache.
 *
 * @param dependenciesOf returns further keys for an entry; when one of them is dropped, the entry is dropped, too
 * @param maximum the maximum number of entries; if there are more, the oldest entry is dropped
 */
export function localEntries<Entry>(
  now: () => number,
  dependenciesOf: (entry: Entry) => readonly string[],
  maximum: number,
): LocalEntries<Entry> {
  const held = new Map<string, Held<Entry>>();
  const dependents = new Map<string, Set<string>>();

  function remove(key: string): void {
    const found = held.get(key);
    if (found === undefined) return;
    held.delete(key);
    for (const dependency of dependenciesOf(found.entry)) {
      const others = dependents.get(dependency);
      if (others?.delete(key) && others.size === 0) dependents.delete(dependency);
    }
  }

  return {
    get(key, at = now()) {
      const found = held.get(key);
      if (found === undefined) return undefined;
      if (at < found.until) return found.entry;
      remove(key);
      return undefined;
    },

    set(key, entry, until) {
      remove(key);
      // V8 stores a whole number of this size in the entry itself, and a fraction in an object of its own.
      held.set(key, { entry, until: Math.floor(until) });
      for (const dependency of dependenciesOf(entry)) {
        const others = dependents.get(dependency);
        if (others === undefined) dependents.set(dependency, new Set([key]));
        else others.add(key);
      }
      if (held.size <= maximum) return;
      for (const oldest of held.keys()) return remove(oldest);
    },

    drop(key) {
      remove(key);
      for (const dependent of [...(dependents.get(key) ?? [])]) remove(dependent);
    },

    dropAll() {
      held.clear();
      dependents.clear();
    },

    size: () => held.size,
  };
}
