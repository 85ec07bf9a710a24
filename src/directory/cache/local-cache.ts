// What this process holds in memory. When it may answer is decided elsewhere.

/** Entries in memory, each under one key, and dropped with any key that it depends on. */
export interface LocalEntries<Entry> {
  get(key: string): Entry | undefined;
  /**
   * Holds an entry until the instant `until` of the clock.
   * @param dependencies further keys; a change of one of them drops the entry as well
   */
  set(key: string, entry: Entry, until: number, dependencies: readonly string[]): void;
  /** Drops the entry of this key, and those that depend on it. */
  drop(key: string): void;
  dropAll(): void;
}

interface Held<Entry> {
  readonly entry: Entry;
  readonly until: number;
  readonly dependencies: readonly string[];
}

/**
 * No entries at first.
 * @param maximum how many entries are held; the one that was stored longest ago makes room
 */
export function localEntries<Entry>(now: () => number, maximum: number): LocalEntries<Entry> {
  const held = new Map<string, Held<Entry>>();
  const dependents = new Map<string, Set<string>>();

  function remove(key: string): void {
    const found = held.get(key);
    if (found === undefined) return;
    held.delete(key);
    for (const dependency of found.dependencies) {
      const others = dependents.get(dependency);
      if (others?.delete(key) && others.size === 0) dependents.delete(dependency);
    }
  }

  return {
    get(key) {
      const found = held.get(key);
      if (found === undefined) return undefined;
      if (now() < found.until) return found.entry;
      remove(key);
      return undefined;
    },

    set(key, entry, until, dependencies) {
      remove(key);
      held.set(key, { entry, until, dependencies });
      for (const dependency of dependencies) {
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
  };
}
