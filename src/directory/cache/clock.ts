// Defines the clocks and timers that the cache uses. Tests replace them.

/** Clocks and timers that measure durations. These clocks are never compared with the clocks of another machine. */
export interface CacheClock {
  /** Returns a number of milliseconds that never decreases. This clock can stop while the machine sleeps. */
  monotonic(): number;
  /**
   * Returns milliseconds since the epoch. This clock can be set forward or back, but does not stop while the machine
   * sleeps.
   */
  wall(): number;
  /** Resolves after this many milliseconds. The timer keeps the process alive. */
  sleep(milliseconds: number): Promise<void>;
  /**
   * Calls `callback` after this many milliseconds. The returned function cancels the call. The timer does not keep the
   * process alive.
   */
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

/**
 * Runs `work` immediately, and then again after each interval. The interval is counted from the start of the previous
 * run. Between two runs, at least a tenth of the interval passes. Returns a function that stops the repetition.
 */
export function repeat(clock: CacheClock, milliseconds: number, work: () => Promise<void>): () => void {
  let stopped = false;
  let cancel = () => {};
  async function run(): Promise<void> {
    const next = clock.monotonic() + milliseconds;
    await work();
    if (stopped) return;
    cancel = clock.schedule(Math.max(next - clock.monotonic(), milliseconds / 10), () => void run());
  }
  void run();
  return () => {
    stopped = true;
    cancel();
  };
}
