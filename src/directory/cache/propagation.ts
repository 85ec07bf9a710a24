// Waits until no process uses data from before a change.
import type { Journal, JournalInstance } from '../../vocabulary/journal.js';
import type { CacheClock } from './clock.js';
import type { KnownJournal } from './known-journal.js';
import { within } from './time-limit.js';

/** This process as a follower of the journal. Each join makes a new object. */
export interface Member {
  readonly id: string;
  /** The id of the journal's database. */
  readonly database: string;
  readonly known: KnownJournal;
  /**
   * Whether all processes that may answer from memory know of this process. Until then, it must not answer from its own
   * memory.
   */
  confirmed: boolean;
}

/** The dependencies of `confirm`. */
export interface ConfirmationParts {
  readonly journal: Pick<Journal, 'instances' | 'leave'>;
  readonly clock: CacheClock;
  /** In milliseconds. After this time, this process no longer answers from data that it read before. */
  readonly wait: number;
  /** The longest wait among the processes that are known to have joined, in milliseconds. */
  longestWait(): number;
  /** This process; `undefined` if it has not joined. */
  member(): Member | undefined;
  /** Reads the journal with a statement that starts after the call. */
  refresh(): Promise<boolean>;
  /** Whether processes that are not registered in this journal may answer from memory. */
  mayKnowTooFew(): boolean;
  /** Whether a change has to wait for this instance of another process. */
  counts(instance: JournalInstance): boolean;
}

const pauses = { first: 2, longest: 50 };

/**
 * Resolves once every other process has acknowledged the position, or once a whole wait has passed, after which no
 * process answers from older data. Never rejects.
 *
 * @param joined this process, if others must acknowledge its own join. Default: they must acknowledge the latest row of
 *   the journal after the call
 */
export async function confirm(parts: ConfirmationParts, joined?: Member): Promise<void> {
  const { clock } = parts;
  const began = clock.monotonic();
  // A process that may answer from memory for longer than this one may be cut off from the database, too.
  let wait = parts.longestWait();
  let pause = pauses.first;
  let awaited = joined ?? parts.member();
  let position = joined?.known.position;
  let first: { readonly at: number; readonly behind: readonly JournalInstance[] } | undefined;
  for (;;) {
    if (parts.member() !== awaited) {
      if (joined !== undefined) return;
      // This process has joined again. The journal may have another history now, in which the position belongs to
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
 * Removes the instances whose `beat` has not changed until the time `at`, so that no change waits for them again. A
 * process that is still alive joins again.
 */
function expelLater(parts: ConfirmationParts, instances: readonly JournalInstance[], at: number): void {
  if (instances.length === 0) return;
  const { journal, clock } = parts;
  const member = parts.member();
  async function expel(): Promise<void> {
    // If the database was restored in the meantime, the same beat numbers can recur for a process that is alive.
    if (parts.member() !== member || !(await parts.refresh()) || parts.member() !== member) return;
    // If this fails, the next change waits for them once more.
    for (const { id, beat } of instances) journal.leave(id, beat).catch(() => {});
  }
  clock.schedule(Math.max(at - clock.monotonic(), 0), () => void expel());
}

/** Removes the instances that no change waits for, because their processes have ended. */
export async function expelEnded(parts: ConfirmationParts): Promise<void> {
  const instances = await parts.journal.instances().catch((): readonly JournalInstance[] => []);
  const ended = instances.filter((instance) => !parts.counts(instance));
  expelLater(parts, ended, parts.clock.monotonic() + parts.wait);
}
