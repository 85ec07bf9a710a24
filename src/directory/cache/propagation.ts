// Waits until no process uses data from before a change.
import type { Journal, JournalInstance } from '../../vocabulary/journal.js';
import type { CacheClock } from './clock.js';
import type { KnownJournal } from './known-journal.js';
import { within } from './time-limit.js';

/** The registration of this process as a follower of the journal. Each join creates a new object. */
export interface Member {
  readonly id: string;
  /** The id of the journal's database. */
  readonly database: string;
  readonly known: KnownJournal;
  /**
   * `true` after all processes that may answer from memory have learned of this process. Until then, this process must
   * not answer from its own memory.
   */
  confirmed: boolean;
}

/** The dependencies of `confirm`. */
export interface ConfirmationParts {
  readonly journal: Pick<Journal, 'instances' | 'leave'>;
  readonly clock: CacheClock;
  /**
   * How many milliseconds a change waits for this process. After this time, this process no longer answers from data
   * that it read before the change.
   */
  readonly wait: number;
  /** Returns the longest wait, in milliseconds, of all processes that are known to have joined. */
  longestWait(): number;
  /** Returns the registration of this process, or `undefined` if this process has not joined. */
  member(): Member | undefined;
  /** Reads the journal with a statement that starts after the call. */
  refresh(): Promise<boolean>;
  /** Returns whether processes that are not registered in this journal might answer from memory. */
  mayKnowTooFew(): boolean;
  /** Returns whether a change has to wait for this instance. */
  counts(instance: JournalInstance): boolean;
}

const pauses = { first: 2, longest: 50 };

/**
 * Waits until all other processes have acknowledged the position. Stops waiting after the longest wait, because by then
 * no process answers from older data. Never rejects.
 *
 * @param joined the registration of this process, if other processes must acknowledge its join; without `joined`, other
 *   processes must acknowledge the latest row of the journal at the time of the call
 */
export async function confirm(parts: ConfirmationParts, joined?: Member): Promise<void> {
  const { clock } = parts;
  const began = clock.monotonic();
  // Another process that is cut off from the database, too, might answer from memory for longer than this process.
  let wait = parts.longestWait();
  let pause = pauses.first;
  let awaited = joined ?? parts.member();
  let position = joined?.known.position;
  let first: { readonly at: number; readonly behind: readonly JournalInstance[] } | undefined;
  for (;;) {
    if (parts.member() !== awaited) {
      if (joined !== undefined) return;
      // This process has joined again. The journal might now have a different history, in which the position belongs to
      // another row.
      awaited = parts.member();
      position = undefined;
    }
    if (position === undefined && (await parts.refresh()) && parts.member() === awaited) {
      position = awaited?.known.position;
    }
    const listing = parts.journal.instances().catch((): undefined => undefined);
    const instances = await within(clock, began + wait - clock.monotonic(), listing);
    if (instances !== undefined && position !== undefined) {
      const { seq } = position;
      const others = instances.filter((instance) => instance.id !== awaited?.id && parts.counts(instance));
      const behind = others.filter(({ acknowledged }) => acknowledged < seq);
      wait = Math.max(parts.wait, ...behind.map(({ waitMilliseconds }) => waitMilliseconds));
      const complete = joined !== undefined || !parts.mayKnowTooFew();
      if (behind.length === 0 && complete && parts.member() === awaited) return;
      first ??= { at: clock.monotonic(), behind };
    }
    const left = began + wait - clock.monotonic();
    if (left <= 0) break;
    await clock.sleep(Math.min(pause, left));
    pause = Math.min(pause * 2, pauses.longest);
  }
  if (first !== undefined) expelLater(parts, first.behind, first.at + wait);
}

/**
 * At the time `at`, removes each instance whose `beat` has not changed. Later changes no longer wait for the removed
 * instances. If the process of a removed instance is still running, that process joins again.
 */
function expelLater(parts: ConfirmationParts, instances: readonly JournalInstance[], at: number): void {
  if (instances.length === 0) return;
  const { journal, clock } = parts;
  const member = parts.member();
  async function expel(): Promise<void> {
    // If the database was restored in the meantime, a running process might have reached the same beat number again.
    if (parts.member() !== member || !(await parts.refresh()) || parts.member() !== member) return;
    // If this call fails, the next change waits for this instance again.
    for (const { id, beat } of instances) journal.leave(id, beat).catch(() => {});
  }
  clock.schedule(Math.max(at - clock.monotonic(), 0), () => void expel());
}

/**
 * Removes the instances whose processes have ended. Changes do not wait for these instances, even before the removal.
 */
export async function expelEnded(parts: ConfirmationParts): Promise<void> {
  const instances = await parts.journal.instances().catch((): readonly JournalInstance[] => []);
  const ended = instances.filter((instance) => !parts.counts(instance));
  expelLater(parts, ended, parts.clock.monotonic() + parts.wait);
}
