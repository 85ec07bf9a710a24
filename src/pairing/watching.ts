// pairing/: one watch on the shared state, handed on to everybody who follows a pairing.
import type { SharedState, Unwatch } from '../ports.js';
import { withoutThrow } from '../without-throw.js';
import { recordPrefix } from './records.js';

/** Followers of pairings. */
export interface Following<View> {
  /**
   * Calls back with the view now, at each change, and when `next` says that time alone changes it. `undefined`, told
   * once and last: it can't go on. Throws what `read` throws.
   */
  follow(userId: string, id: string, listener: (view: View | undefined) => void): Promise<Unwatch>;
  /** Tells everybody that it can't go on, and ends the watch. */
  close(): Promise<void>;
}

/** What following works with. */
export interface FollowingOptions<View> {
  readonly state: SharedState;
  readonly read: (userId: string, id: string) => Promise<View>;
  /** Seconds until time alone changes the view; `undefined`: never. */
  readonly next: (view: View) => number | undefined;
  /** What makes two views different enough to tell. */
  readonly mark: (view: View) => string;
}

interface Follower<View> {
  readonly userId: string;
  readonly id: string;
  readonly listener: (view: View | undefined) => void;
  last?: string;
  timer?: NodeJS.Timeout;
  reading?: boolean;
  again?: boolean;
}

/** Seconds that a new follower waits for a watch that is not (yet) heard. */
const restoreSeconds = 5;

/** Makes the service. Its watch begins with the first follower. */
export function following<View>(options: FollowingOptions<View>): Following<View> {
  const { state, read, next, mark } = options;
  const followers = new Set<Follower<View>>();
  let heard = false;
  let watch: Unwatch | undefined;

  function drop(follower: Follower<View>): boolean {
    clearTimeout(follower.timer);
    return followers.delete(follower);
  }

  function giveUp(follower: Follower<View>): void {
    if (drop(follower)) contained(follower, () => follower.listener(undefined));
  }

  /** Reads and tells, one after the other for each follower: an older view must not come after a newer one. */
  async function refresh(follower: Follower<View>): Promise<void> {
    follower.again = true;
    if (follower.reading) return;
    follower.reading = true;
    try {
      while (follower.again && followers.has(follower)) {
        follower.again = false;
        const view = await read(follower.userId, follower.id);
        contained(follower, () => tell(follower, view));
      }
    } catch {
      giveUp(follower);
    } finally {
      follower.reading = false;
    }
  }

  function tell(follower: Follower<View>, view: View): void {
    if (!followers.has(follower)) return;
    clearTimeout(follower.timer);
    const seconds = next(view);
    if (seconds !== undefined) {
      follower.timer = setTimeout(() => void refresh(follower), Math.max(seconds * 1000, 50)).unref();
    }
    const seen = mark(view);
    if (seen === follower.last) return;
    follower.last = seen;
    follower.listener(view);
  }

  /** A follower that throws is told nothing more, and ends neither the process nor the others. */
  function contained(follower: Follower<View>, call: () => void): void {
    withoutThrow(call, (reason) => {
      drop(follower);
      process.emitWarning(`A follower of a pairing threw: ${reason}`, { code: 'LATCHKEY_FOLLOWER' });
    });
  }

  function begin(): void {
    watch ??= state.watch(recordPrefix, {
      changed(key) {
        for (const follower of followers) {
          if (key === undefined || key === recordPrefix + follower.id) void refresh(follower);
        }
      },
      lost() {
        heard = false;
        for (const follower of [...followers]) giveUp(follower);
      },
      restored() {
        heard = true;
        for (const follower of followers) void refresh(follower);
      },
    });
  }

  return {
    async follow(userId, id, listener) {
      const follower: Follower<View> = { userId, id, listener };
      followers.add(follower);
      begin();
      try {
        // Registered before it is read: a change in between is told by the refresh that it starts.
        follower.reading = true;
        tell(follower, await read(userId, id));
      } catch (error) {
        drop(follower);
        throw error;
      } finally {
        follower.reading = false;
      }
      if (follower.again) void refresh(follower);
      if (!heard) setTimeout(() => (heard ? undefined : giveUp(follower)), restoreSeconds * 1000).unref();
      return async () => {
        drop(follower);
      };
    },

    async close() {
      for (const follower of [...followers]) giveUp(follower);
      const end = watch;
      watch = undefined;
      heard = false;
      await end?.();
    },
  };
}
