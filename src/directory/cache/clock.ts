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

/**
 * Runs the work at once and then repeatedly: each run starts one interval after the start of the previous one, but not
 * before a tenth of the interval has passed since its end. Returns a function that stops it.
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
