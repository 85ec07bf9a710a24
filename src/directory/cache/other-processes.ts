// Detects that several processes follow one journal, although the shared state of this process is its own memory.
import type { Journal } from '../../vocabulary/journal.js';
import type { CacheClock } from './clock.js';

/** Looks for other processes. */
export interface OtherProcesses {
  /** Starts to look for other processes, unless it is already doing so. Called when an instance has joined. */
  look(): void;
  close(): void;
}

/** The number of milliseconds between two looks while there are registrations of other processes. */
const intervalMilliseconds = 10_000;

/**
 * For how many milliseconds another process must be running before it is reported. During a deployment, the former
 * process still runs for some seconds.
 */
const lastingMilliseconds = 60_000;

/**
 * Calls `found` once if another process runs for a minute. A registration alone does not show that a process runs,
 * because a process that crashed leaves its registration behind. A running process increases its `beat`.
 * @param isOwn returns whether an instance belongs to this process
 */
export function otherProcesses(options: {
  readonly journal: Pick<Journal, 'instances'>;
  readonly clock: Pick<CacheClock, 'monotonic' | 'schedule'>;
  readonly isOwn: (id: string) => boolean;
  readonly found: () => void;
}): OtherProcesses {
  const { journal, clock, isOwn, found } = options;
  /** The latest beat of each registration of another process, and since when each look has found a greater beat. */
  const seen = new Map<string, { readonly beat: number; readonly since: number }>();
  let cancel: (() => void) | undefined;
  let done = false;

  async function read(): Promise<void> {
    const at = clock.monotonic();
    // If the journal does not answer, the next look sees whether the processes still run.
    const instances = await journal.instances().catch(() => undefined);
    if (done) return;
    const others = instances?.filter(({ id }) => !isOwn(id));
    for (const { id, beat } of others ?? []) {
      const before = seen.get(id);
      const since = before !== undefined && beat > before.beat ? before.since : at;
      seen.set(id, { beat, since });
      if (at - since < lastingMilliseconds) continue;
      done = true;
      found();
      return;
    }
    cancel = others?.length === 0 ? undefined : clock.schedule(intervalMilliseconds, () => void read());
  }

  return {
    look() {
      if (done || cancel !== undefined) return;
      cancel = () => {};
      void read();
    },
    close() {
      done = true;
      cancel?.();
    },
  };
}
