// stores: who watches which prefix, and what they were told. The same for every store.
import type { Unwatch, Watcher } from '../ports.js';

/** The watches of one store. */
export interface Watches {
  /** Begins a watch in the lost state; where changes are told already, `restored` follows after this call returned. */
  add(prefix: string, watcher: Watcher): Unwatch;
  /** Tells those whose prefix the key has; `undefined` tells everybody. */
  changed(key: string | undefined): void;
  /** Changes are told from now on, as long as `isTold` says so. Saying it again changes nothing. */
  restored(isTold: () => boolean): void;
  /** Changes may go unnoticed from now on. Saying it again changes nothing. */
  lost(): void;
  /** Tells everybody `lost` for the last time and forgets them. */
  end(): void;
}

/** Keeps watches. A watcher that throws harms no other: `onError` gets what it threw. */
export function watches(onError: (error: unknown) => void): Watches {
  const all = new Set<{ readonly prefix: string; readonly watcher: Watcher; restored: boolean }>();
  let live: (() => boolean) | undefined;

  function tell(action: () => void): void {
    try {
      action();
    } catch (error) {
      onError(error);
    }
  }

  function bring(watch: { readonly watcher: Watcher; restored: boolean }): void {
    if (live === undefined || watch.restored) {
      return;
    }
    const isTold = live;
    watch.restored = true;
    tell(() => watch.watcher.restored(isTold));
  }

  function lost(): void {
    live = undefined;
    for (const watch of all) {
      if (watch.restored) {
        watch.restored = false;
        tell(() => watch.watcher.lost());
      }
    }
  }

  return {
    add(prefix, watcher) {
      const watch = { prefix, watcher, restored: false };
      all.add(watch);
      queueMicrotask(() => {
        if (all.has(watch)) {
          bring(watch);
        }
      });
      return async () => {
        all.delete(watch);
      };
    },

    changed(key) {
      for (const { prefix, watcher, restored } of all) {
        if (restored && (key === undefined || key.startsWith(prefix))) {
          tell(() => watcher.changed(key));
        }
      }
    },

    restored(isTold) {
      live = isTold;
      for (const watch of all) {
        bring(watch);
      }
    },

    lost,

    end() {
      lost();
      all.clear();
    },
  };
}
