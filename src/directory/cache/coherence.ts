// Defines the interface that keeps the caches coherent. A `Coherence` decides when a process may answer from memory,
// which cached values are still valid, and when a change is in effect everywhere.
import type { Position } from '../../vocabulary/journal.js';
import type { Verdict } from './known-journal.js';

/**
 * Decides whether a process may use its caches. `journalCoherence` follows the directory's journal; `timedCoherence` is
 * for directories without a journal.
 */
export interface Coherence {
  /** Returns whether this process may answer from memory at this moment. Does no I/O. */
  relies(): boolean;
  /**
   * Makes this process learn of all changes that were committed before the call. Resolves to `false` if the directory
   * did not answer. Never rejects.
   */
  refresh(): Promise<boolean>;
  /**
   * Returns the journal position for values that are read after this call. If the read itself returns a position, that
   * position applies instead.
   */
  position(): Position | undefined;
  /** Whether values are placed at the positions that the directory returns with them. If not, at `position()`. */
  readonly usesDirectoryPositions: boolean;
  /** Returns whether values with these keys that were read at this position are still valid. */
  judge(keys: readonly string[], position: Position | undefined): Verdict;
  /** Returns how many milliseconds an entry may stay in memory, counted from the start of the read. */
  holdMilliseconds(): number;
  /**
   * Returns the scope of the entries in the shared state: processes with the same scope share entries. Returns
   * `undefined` if the shared state must not be used.
   */
  scope(): string | undefined;
  /** Notifies other processes that the values of these keys have changed, but does not wait for those processes. */
  saved(keys: readonly string[]): Promise<void>;
  /**
   * Makes all processes reload the values of these keys, but does not wait until they have done so. Rejects if the
   * directory fails.
   */
  note(keys: readonly string[]): Promise<void>;
  /**
   * Records that the values of these keys might have changed. The values are reloaded as soon as the directory answers
   * again.
   */
  markPending(keys: readonly string[]): void;
  /** Resolves as soon as no process uses data from before the call. Never rejects. */
  everywhere(): Promise<void>;
  /** Stops following changes. Afterwards, this process no longer answers from memory. */
  close(): Promise<void>;
}

/** Receives notifications from a `Coherence`. */
export interface CoherenceListener {
  /** Called when the values of these keys changed, in this process or in another process. */
  changed(keys: readonly string[]): void;
  /** Called when all cached values have become invalid. */
  reset(): void;
  /** Called when this process must no longer answer from memory. */
  lost(): void;
  /** Called when this process may answer from memory again. Any value might have changed in the meantime. */
  restored(): void;
}
