// The clocks and timers of the cache. Tests replace them.

/** Clocks and timers that measure durations. They are never compared with the clock of another machine. */
export interface CacheClock {
  /** Milliseconds that never go back. They may stop while the machine sleeps. */
  monotonic(): number;
  /** Milliseconds since the epoch. The clock may be set, but it does not stop while the machine sleeps. */
  wall(): number;
  /** Resolves after this many milliseconds. Keeps the process alive. */
  sleep(milliseconds: number): Promise<void>;
  /** Calls `callback` after this many milliseconds, unless canceled. Does not keep the process alive. */
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
