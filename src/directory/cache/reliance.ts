// Tracks how long this process may answer from memory after the journal has answered.
import type { CacheClock } from './clock.js';
import type { CoherenceListener } from './coherence.js';

/**
 * A point in time, measured by two clocks. The monotonic clock can stop while the machine sleeps. The wall clock can be
 * adjusted.
 */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** Returns the current moment. */
export function momentOf(clock: CacheClock): Moment {
  return { monotonic: clock.monotonic(), wall: clock.wall() };
}

/** Returns whether at least one of the two clocks shows that more than this time has passed. */
export function hasPassed(clock: CacheClock, since: Moment, milliseconds: number): boolean {
  const { monotonic, wall } = momentOf(clock);
  return monotonic - since.monotonic > milliseconds || wall - since.wall > milliseconds;
}

/** The time during which a process may answer from memory. */
export interface Reliance {
  /** Returns whether this process may answer from memory at this moment. */
  holds(): boolean;
  /**
   * Starts or extends the time after the journal has answered. `asked` is the moment at which the read of the journal
   * began.
   */
  renew(asked: Moment): void;
  /** Ends the reliance immediately, and notifies the listener. */
  end(): void;
  /** Ends the reliance without notifying the listener. */
  close(): void;
}

const never: Moment = { monotonic: Number.NEGATIVE_INFINITY, wall: Number.NEGATIVE_INFINITY };

/**
 * Creates a `Reliance`. The process must not answer from memory until the first call of `renew`. The listener is
 * notified when the reliance begins and when it has ended.
 */
export function reliance(
  clock: CacheClock,
  milliseconds: number,
  listener: Pick<CoherenceListener, 'lost' | 'restored'>,
): Reliance {
  let until = never;
  let notified = false;
  let cancel = () => {};

  const holds = (): boolean => clock.monotonic() < until.monotonic && clock.wall() < until.wall;

  function notifyEnd(): void {
    cancel();
    if (!notified || holds()) return;
    notified = false;
    listener.lost();
  }

  return {
    holds,

    renew(asked) {
      until = { monotonic: asked.monotonic + milliseconds, wall: asked.wall + milliseconds };
      cancel();
      cancel = clock.schedule(Math.max(until.monotonic - clock.monotonic(), 0), notifyEnd);
      if (notified || !holds()) return;
      notified = true;
      listener.restored();
    },

    end() {
      until = never;
      notifyEnd();
    },

    close() {
      until = never;
      cancel();
    },
  };
}
