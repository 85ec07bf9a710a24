// Waits until no process answers from before a change any more.
import type { Journal, JournalInstance, Position } from '../../vocabulary/journal.js';
import type { CacheClock } from './clock.js';
import { within } from './time-limit.js';

/** This process as one that follows the journal. Another object after each joining. */
export interface Following {
  readonly id: string;
  readonly known: { readonly position: Position };
}

/** What confirming takes. */
export interface ConfirmationParts {
  readonly journal: Pick<Journal, 'instances' | 'leave'>;
  readonly clock: CacheClock;
  /** In milliseconds: after it this process does not rely any more on what was known before. */
  readonly wait: number;
  /** The same for whoever is known to have joined. */
  longestWait(): number;
  /** This process; `undefined`: it has not joined. */
  following(): Following | undefined;
  /** Reads the journal, in a statement that begins after the call. */
  refresh(): Promise<boolean>;
  /** Whether others may answer from memory who are not registered in this journal. */
  mayKnowTooFew(): boolean;
  /** Whether this one, other than our own, has to be waited for. */
  counts(instance: JournalInstance): boolean;
}

const pauses = { first: 2, longest: 50 };

/**
 * Resolves once all have acknowledged the position, or have stopped relying: after a whole wait. Never rejects.
 * @param joined the process whose own joining is to be confirmed. Default: the latest row of the journal after the call
 */
export async function confirm(parts: ConfirmationParts, joined?: Following): Promise<void> {
  const { clock } = parts;
  const began = clock.monotonic();
  // Those who may rely for longer may be cut off from the database as this process is.
  let wait = parts.longestWait();
  let pause = pauses.first;
  let awaited = joined ?? parts.following();
  let position = joined?.known.position;
  let first: { readonly at: number; readonly behind: readonly JournalInstance[] } | undefined;
  for (;;) {
    if (parts.following() !== awaited) {
      if (joined !== undefined) return;
      // Another history, perhaps, in which the position is another row's.
      awaited = parts.following();
      position = undefined;
    }
    if (position === undefined && (await parts.refresh()) && parts.following() === awaited) {
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
      if (behind.length === 0 && complete && parts.following() === awaited) return;
      first ??= { at: clock.monotonic(), behind };
    }
    const left = began + wait - clock.monotonic();
    if (left <= 0) break;
    await clock.sleep(Math.min(pause, left));
    pause = Math.min(pause * 2, pauses.longest);
  }
  if (first !== undefined) expelLater(parts, first.behind, first.at + wait);
}

/** Removes those whose beat has not moved for a whole wait, so that nobody waits for them again. Who lives joins anew. */
export function expelLater(parts: ConfirmationParts, instances: readonly JournalInstance[], at: number): void {
  if (instances.length === 0) return;
  const { journal, clock } = parts;
  const seenBy = parts.following();
  async function expel(): Promise<void> {
    // Where the database was restored since, the same beats come again: of a process that lives.
    if (parts.following() !== seenBy || !(await parts.refresh()) || parts.following() !== seenBy) return;
    // Where it fails, the next change waits for them once more.
    for (const { id, beat } of instances) journal.leave(id, beat).catch(() => {});
  }
  clock.schedule(Math.max(at - clock.monotonic(), 0), () => void expel());
}
