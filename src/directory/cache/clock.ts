// The clocks and timers of the cache, so that tests can hand in their own.

/** Measures durations. No clock of another machine is ever compared with these. */
export interface CacheClock {
  /** Milliseconds that never go back; they may stand still while the machine sleeps. */
  monotonic(): number;
  /** Milliseconds since the epoch; they may be set, but go on while the machine sleeps. */
  wall(): number;
  /** Resolves after this many milliseconds. Keeps the process alive. */
  sleep(milliseconds: number): Promise<void>;
  /** Calls back after this many milliseconds, unless cancelled. Does not keep the process alive. */
  schedule(milliseconds: number, callback: () => void): () => void;
}

/** The clocks and timers of this process. */
export const systemClock: CacheClock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  schedule(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};
