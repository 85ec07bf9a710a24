// Notifies followers when a pairing changes, by change notices from all instances and by reading again at an interval.
import { callSafely } from '../vocabulary/call-safely.js';
import type { SharedState, Unsubscribe } from '../vocabulary/ports.js';
import { pairingChannel } from './records.js';

/** Followers of pairings. */
export interface Following<View> {
  /**
   * Calls `listener` with the current view at once, again after each change, and again when the view changes by time
   * alone, at the time that `next` gives. If following fails later, the last call passes `undefined`. Rejects when the
   * first `read` rejects.
   */
  follow(userId: string, id: string, listener: (view: View | undefined) => void): Promise<Unsubscribe>;
  /** Calls every listener a last time with `undefined` and ends the subscription. */
  close(): Promise<void>;
}

/** The dependencies and options of `following`. */
export interface FollowingOptions<View> {
  readonly state: SharedState;
  readonly read: (userId: string, id: string) => Promise<View>;
  /** Returns the seconds until the view changes by time alone, or `undefined` if it never does. */
  readonly next: (view: View) => number | undefined;
  /** Returns a text that identifies a view. The listener is called when this text changes. */
  readonly mark: (view: View) => string;
  /** Seconds after which a follower reads again, because a change notice may be lost. Default: 3. */
  readonly paceSeconds?: number | undefined;
}

interface Follower<View> {
  readonly userId: string;
  readonly id: string;
  readonly listener: (view: View | undefined) => void;
  last?: string | undefined;
  timer?: NodeJS.Timeout | undefined;
  reading?: boolean | undefined;
  again?: boolean | undefined;
}

const shortestMilliseconds = 50;

/** Creates the service. It subscribes to change notices with the first follower. */
export function following<View>(options: FollowingOptions<View>): Following<View> {
  const { state, read, next, mark, paceSeconds = 3 } = options;
  const followers = new Set<Follower<View>>();
  let subscription: Unsubscribe | undefined;

  function drop(follower: Follower<View>): boolean {
    clearTimeout(follower.timer);
    return followers.delete(follower);
  }

  function giveUp(follower: Follower<View>): void {
    if (drop(follower)) contained(follower, () => follower.listener(undefined));
  }

  /**
   * Reads the pairing and notifies the follower, one at a time, so that an older view never comes after a newer one.
   */
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
    const change = Math.max((next(view) ?? Number.POSITIVE_INFINITY) * 1000, shortestMilliseconds);
    follower.timer = setTimeout(() => void refresh(follower), Math.min(change, paceSeconds * 1000)).unref();
    const seen = mark(view);
    if (seen === follower.last) return;
    follower.last = seen;
    follower.listener(view);
  }

  /** Removes a follower whose listener throws, without ending the process or affecting other followers. */
  function contained(follower: Follower<View>, call: () => void): void {
    callSafely(call, (reason) => {
      drop(follower);
      process.emitWarning(`A listener of a pairing threw: ${reason}`, { code: 'LATCHKEY_FOLLOWER' });
    });
  }

  function begin(): void {
    subscription ??= state.subscribe(pairingChannel, {
      message(id) {
        for (const follower of followers) if (follower.id === id) void refresh(follower);
      },
      // Followers still read at their interval.
      lost() {},
      restored() {
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
        // The follower is registered before the first read, so that a change notice in between starts a refresh.
        follower.reading = true;
        tell(follower, await read(userId, id));
      } catch (error) {
        drop(follower);
        throw error;
      } finally {
        follower.reading = false;
      }
      if (follower.again) void refresh(follower);
      return async () => {
        drop(follower);
      };
    },

    async close() {
      for (const follower of [...followers]) giveUp(follower);
      const end = subscription;
      subscription = undefined;
      await end?.();
    },
  };
}
