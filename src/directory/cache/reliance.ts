// Tracks how long this process may answer from memory after an answer of the journal.
import type { CacheClock } from './clock.js';
import type { CoherenceListener } from './coherence.js';

/** A point in time by both clocks: one stops while the machine sleeps, the other can be set. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** The time during which a process may answer from memory. */
export interface Reliance {
  /** Whether the reliance lasts at this moment. */
  holds(): boolean;
  /** Starts or extends the reliance. `asked`: the time before the journal was asked. */
  renew(asked: Moment): void;
  /** Ends it now and notifies the listener. */
  end(): void;
  /** Ends it without notifying the listener. */
  close(): void;
}

const never: Moment = { monotonic: Number.NEGATIVE_INFINITY, wall: Number.NEGATIVE_INFINITY };

/** Starts without a reliance. Notifies the listener when it begins and when it has ended. */
export function reliance(
  clock: CacheClock,
  milliseconds: number,
  listener: Pick<CoherenceListener, 'lost' | 'restored'>,
): Reliance {
  let until = never;
  let told = false;
  let cancel = () => {};

  const holds = (): boolean => clock.monotonic() < until.monotonic && clock.wall() < until.wall;

  function tellEnd(): void {
    cancel();
    if (!told || holds()) return;
    told = false;
    listener.lost();
  }

  return {
    holds,

    renew(asked) {
      until = { monotonic: asked.monotonic + milliseconds, wall: asked.wall + milliseconds };
      cancel();
      cancel = clock.schedule(Math.max(until.monotonic - clock.monotonic(), 0), tellEnd);
      if (told || !holds()) return;
      told = true;
      listener.restored();
    },

    end() {
      until = never;
      tellEnd();
    },

    close() {
      until = never;
      cancel();
    },
  };
}
