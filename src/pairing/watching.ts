// Notifies followers when a pairing changes. The service detects changes in two ways: it receives change notices from
// all instances, and it reads the pairing again at an interval.
import { callSafely } from '../vocabulary/call-safely.js';
import { LatchkeyError } from '../vocabulary/errors.js';
import { limitedWarnings } from '../vocabulary/limited-warnings.js';
import type { SharedState, Unsubscribe } from '../vocabulary/ports.js';
import type { Owner } from '../vocabulary/types.js';
import { pairingChannel } from './records.js';
import type { PairingView } from './view.js';

/** Receives the view of a pairing, or `undefined` if no further views follow. */
export type PairingListener = (view: PairingView | undefined) => void;

/** Registers followers of pairings and notifies them. */
export interface Followers {
  /**
   * Calls `listener` at once with the current view, and again after each change. A view may also change merely because
   * time passes. If a later read fails, calls `listener` a last time with `undefined`. Rejects if the first read
   * rejects.
   */
  follow(owner: Owner, id: string, listener: PairingListener): Promise<Unsubscribe>;
  /**
   * Calls every listener a last time with `undefined` and ends the subscription. Later calls of `follow` reject with
   * `ERR_STATE_UNAVAILABLE`.
   */
  close(): Promise<void>;
}

interface Follower {
  readonly owner: Owner;
  readonly id: string;
  readonly listener: PairingListener;
  last?: string | undefined;
  timer?: NodeJS.Timeout | undefined;
  reading?: boolean | undefined;
  again?: boolean | undefined;
}

const shortestMilliseconds = 50;

/**
 * Creates the service. The service subscribes to change notices when the first follower registers.
 * @param paceSeconds The number of seconds after which a follower reads the pairing again, in case a change notice was
 * lost.
 */
export function followers(
  state: Pick<SharedState, 'subscribe'>,
  read: (owner: Owner, id: string) => Promise<PairingView>,
  paceSeconds = 3,
): Followers {
  const following = new Set<Follower>();
  const warn = limitedWarnings('LATCHKEY_FOLLOWER');
  let subscription: Unsubscribe | undefined;
  let closed = false;

  function drop(follower: Follower): boolean {
    clearTimeout(follower.timer);
    return following.delete(follower);
  }

  function giveUp(follower: Follower): void {
    if (drop(follower)) contained(follower, () => follower.listener(undefined));
  }

  /**
   * Reads the pairing and notifies the follower. Only one read runs at a time, so that the follower never receives an
   * older view after a newer one.
   */
  async function refresh(follower: Follower): Promise<void> {
    follower.again = true;
    if (follower.reading) return;
    follower.reading = true;
    try {
      while (follower.again && following.has(follower)) {
        follower.again = false;
        const view = await read(follower.owner, follower.id);
        contained(follower, () => notify(follower, view));
      }
    } catch {
      giveUp(follower);
    } finally {
      follower.reading = false;
    }
  }

  function notify(follower: Follower, view: PairingView): void {
    if (!following.has(follower)) return;
    clearTimeout(follower.timer);
    const delay = Math.min(Math.max(secondsToChange(view) * 1000, shortestMilliseconds), paceSeconds * 1000);
    follower.timer = setTimeout(() => void refresh(follower), delay).unref();
    const mark = `${view.status} ${view.code} ${view.triesLeft}`;
    if (mark === follower.last) return;
    follower.last = mark;
    follower.listener(view);
  }

  /**
   * Calls a follower's listener, and removes the follower if the listener throws. The process and the other followers
   * are not affected.
   */
  function contained(follower: Follower, call: () => void): void {
    callSafely(call, (reason) => {
      drop(follower);
      warn(`A listener of a pairing threw: ${reason}`);
    });
  }

  function begin(): void {
    subscription ??= state.subscribe(pairingChannel, {
      message(id) {
        for (const follower of following) if (follower.id === id) void refresh(follower);
      },
      // While the subscription is lost, followers still read at their interval.
      lost() {},
      restored() {
        for (const follower of following) void refresh(follower);
      },
    });
  }

  async function follow(owner: Owner, id: string, listener: PairingListener): Promise<Unsubscribe> {
    // After a 503, the page polls, and so reaches another instance.
    if (closed) throw new LatchkeyError('ERR_STATE_UNAVAILABLE');
    const follower: Follower = { owner, id, listener };
    following.add(follower);
    begin();
    try {
      // The follower is registered before the first read, so that a change notice during that read starts a refresh.
      follower.reading = true;
      notify(follower, await read(owner, id));
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
  }

  async function close(): Promise<void> {
    closed = true;
    for (const follower of [...following]) giveUp(follower);
    const end = subscription;
    subscription = undefined;
    await end?.();
  }

  return { follow, close };
}

/** Returns the number of seconds until the view changes merely because time passes, or `Infinity` if it never does. */
function secondsToChange({ status, codeExpiresIn, expiresIn }: PairingView): number {
  return codeExpiresIn ?? (status === 'claimed' || status === 'approved' ? expiresIn : Number.POSITIVE_INFINITY);
}
