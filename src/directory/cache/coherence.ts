// What keeps the caches true: when memory may answer, what of what was read still holds, and when a change is in force.
import type { Position } from '../../vocabulary/journal.js';
import type { Verdict } from './known-journal.js';

/**
 * The rules by which a process believes its caches. `journalCoherence` follows the directory's journal; `timedCoherence`
 * serves directories without one.
 */
export interface Coherence {
  /** Whether memory may answer at this very moment. No I/O. */
  relies(): boolean;
  /** Learns of all changes that were committed before the call. `false`: the directory did not say. Never rejects. */
  refresh(): Promise<boolean>;
  /** The position that counts for what is read from now on and does not say its own. */
  position(): Position | undefined;
  /** Whether what was read of these keys at this position still holds. */
  judge(keys: readonly string[], position: Position | undefined): Verdict;
  /** How long memory may hold an entry, in milliseconds from when its reading began. */
  holdMilliseconds(): number;
  /** Names what the shared state may hold: processes that agree on it share entries. `undefined`: it holds nothing. */
  scope(): string | undefined;
  /** Tells everybody of a change of these keys that was saved just now, without waiting for them. */
  saved(keys: readonly string[]): Promise<void>;
  /** Has everybody read these keys anew, without a change of ours and without waiting. Rejects as the directory does. */
  note(keys: readonly string[]): Promise<void>;
  /** A change of these keys may have been saved: they are read anew, not before the next answer of the directory. */
  markPending(keys: readonly string[]): void;
  /** Resolves once no process answers from before the call. Never rejects. */
  everywhere(): Promise<void>;
  /** Memory answers no more. */
  close(): Promise<void>;
}

/** Hears what the coherence learns. */
export interface CoherenceListener {
  /** These keys changed, by whomever. */
  changed(keys: readonly string[]): void;
  /** Nothing that was read before counts any more. */
  reset(): void;
  /** From now on memory does not answer by itself. */
  lost(): void;
  /** Memory answers again; anything may have changed. */
  restored(): void;
}
