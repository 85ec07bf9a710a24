// Drops outdated entries, and then notifies the observers of the cache.
import type { OnEvent } from '../../vocabulary/events.js';
import { journalKeys } from '../../vocabulary/journal.js';
import type { CoherenceListener } from './coherence.js';

/**
 * Receives notifications of changes. The cache drops outdated entries before it calls an observer, so an observer reads
 * current data.
 */
export interface CacheObserver {
  /**
   * Called when the value of this key changed, in this process or in another process. `undefined` means that the value
   * of any key might have changed.
   */
  changed(key: string | undefined): void;
  /** Called when changes might go undetected from now on. */
  lost(): void;
  /** Called when changes are detected again. By then, `changed` has been called for all missed changes. */
  restored(): void;
}

/** Creates the listener that drops outdated entries from memory, emits events and notifies the observers. */
export function notifyObservers(
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
