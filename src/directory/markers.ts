// directory/: who is that here, and what may they do? Making every instance forget, even when it can't be told now.
import { randomUUID } from 'node:crypto';
import type { SharedState } from '../ports.js';
import type { Clock } from '../types.js';

/** How long a key stays marked, in seconds. A look-up that takes longer isn't cached, and that is all. */
const markerSeconds = 30;
const retrySeconds = 1;
const remembered = 10_000;

/** Marks keys in the shared state as "to be loaded anew". */
export interface Markers {
  /** Marks the keys, or owes the markers and rejects. */
  put(keys: readonly string[]): Promise<void>;
  /** Marks a key that is absent. The marker, or `undefined` where somebody was faster. */
  putIfAbsent(key: string): Promise<string | undefined>;
  /** Whether the shared state may still hold what is known here to be outdated. */
  owes(key: string): boolean;
  /** The shared state may have lost what it once confirmed: the markers of late are owed again. */
  doubt(): void;
  /** Tries to settle what is owed. */
  settle(): Promise<void>;
  close(): void;
}

/**
 * Markers with fresh nonces: no two are alike, so an entry can't return to a state that somebody noted earlier.
 * `ttlSeconds` is how long any value in the shared state can live, and so how long a lost marker could matter.
 */
export function markers(options: {
  readonly state: SharedState;
  readonly now: Clock;
  readonly ttlSeconds: number;
}): Markers {
  const { state, now } = options;
  const owed = new Map<string, string>();
  const recent = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function remember(key: string): void {
    recent.delete(key);
    recent.set(key, now() + options.ttlSeconds * 1000);
    for (const [first, until] of recent) {
      if (until > now() && recent.size <= remembered) break;
      recent.delete(first);
    }
  }

  async function mark(key: string, nonce: string): Promise<void> {
    owed.set(key, nonce);
    await state.put(key, nonce, markerSeconds);
    remember(key);
    // Another change of the same key may have come to owe a later marker.
    if (owed.get(key) === nonce) owed.delete(key);
  }

  async function markAll(keys: readonly string[]): Promise<void> {
    const outcomes = await Promise.allSettled(keys.map((key) => mark(key, newMarker())));
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (owed.size > 0) retryLater();
    if (failure !== undefined) throw failure.reason;
  }

  async function settle(): Promise<void> {
    if (!closed && owed.size > 0) await markAll([...owed.keys()]).catch(() => {});
  }

  function retryLater(): void {
    if (closed || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      settle();
    }, retrySeconds * 1000).unref();
  }

  return {
    put: markAll,

    async putIfAbsent(key) {
      const marker = newMarker();
      return (await state.putIfAbsent(key, marker, markerSeconds)) ? marker : undefined;
    },

    owes: (key) => owed.has(key),

    doubt() {
      for (const [key, until] of recent) if (until > now()) owed.set(key, newMarker());
      recent.clear();
      if (owed.size > 0) retryLater();
    },

    settle,

    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

function newMarker(): string {
  return `marker:${randomUUID()}`;
}
