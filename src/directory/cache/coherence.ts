// The rules that keep the caches coherent: when a process may answer from memory, which values are still valid, and
// when a change is in effect everywhere.
import type { Position } from '../../vocabulary/journal.js';
import type { Verdict } from './known-journal.js';

/**
 * Decides whether a process may use its caches. `journalCoherence` follows the directory's journal; `timedCoherence`
 * serves directories without one.
 */
export interface Coherence {
  /** Whether this process may answer from memory at this moment. No I/O. */
  relies(): boolean;
  /**
   * Learns of all changes that were committed before the call. Returns `false` if the directory did not answer. Never
   * rejects.
   */
  refresh(): Promise<boolean>;
  /** The journal position to assign to values that are read from now on, unless the read itself returns a position. */
  position(): Position | undefined;
  /** Whether values of these keys that were read at this position are still valid. */
  judge(keys: readonly string[], position: Position | undefined): Verdict;
  /** How long memory may hold an entry, in milliseconds from the start of its read. */
  holdMilliseconds(): number;
  /**
   * The scope of the entries in the shared state: processes with the same scope share entries. `undefined`: the shared
   * state must not be used.
   */
  scope(): string | undefined;
  /** Announces a change of these keys that was just saved, without waiting for other processes. */
  saved(keys: readonly string[]): Promise<void>;
  /**
   * Makes all processes reload these keys, although this process changed nothing, and does not wait for them. Rejects
   * as the directory does.
   */
  note(keys: readonly string[]): Promise<void>;
  /** Records that a change of these keys may have been saved. They are reloaded once the directory answers again. */
  markPending(keys: readonly string[]): void;
  /** Resolves once no process uses data from before the call. Never rejects. */
  everywhere(): Promise<void>;
  /** Stops answering from memory. */
  close(): Promise<void>;
}

/** Receives what the coherence learns. */
export interface CoherenceListener {
  /** These keys changed, in this process or in another. */
  changed(keys: readonly string[]): void;
  /** Everything that was read before is invalid. */
  reset(): void;
  /** From this call on, this process may not answer from memory. */
  lost(): void;
  /** This process may answer from memory again. Anything may have changed in between. */
  restored(): void;
}
