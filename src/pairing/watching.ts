// Followers of pairings: told by messages of every instance, and by reading again at an even pace.

import { callSafely } from '../vocabulary/call-safely.js';
import type { SharedState, Unsubscribe } from '../vocabulary/ports.js';
import { pairingChannel } from './records.js';

/** Followers of pairings. */
export interface Following<View> {
  /**
   * Calls back with the view now, at each change, and when `next` says that time alone changes it. `undefined`, told
   * once and last: it can't go on. Throws what `read` throws.
   */
  follow(userId: string, id: string, listener: (view: View | undefined) => void): Promise<Unsubscribe>;
  /** Tells everybody that it can't go on, and ends the subscription. */
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
  /** Every follower reads again after so many seconds: a message may be lost. Default: 3. */
  readonly paceSeconds?: number;
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

const shortestMilliseconds = 50;

/** Makes the service. Its subscription begins with the first follower. */
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
    const change = Math.max((next(view) ?? Number.POSITIVE_INFINITY) * 1000, shortestMilliseconds);
    follower.timer = setTimeout(() => void refresh(follower), Math.min(change, paceSeconds * 1000)).unref();
    const seen = mark(view);
    if (seen === follower.last) return;
    follower.last = seen;
    follower.listener(view);
  }

  /** A follower that throws is told nothing more, and ends neither the process nor the others. */
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
      // They go on at their pace.
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
