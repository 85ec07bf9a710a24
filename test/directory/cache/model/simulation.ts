// Simulated time: processes with their own clocks, which can be killed and stopped at any await.
import { nextTick } from 'node:process';
import type { CacheClock } from '../../../../src/directory/cache/clock.js';

/** The true time, and all events in it, one after the other. */
export interface Simulation {
  /** True milliseconds. Processes cannot read them. */
  now(): number;
  /**
   * Calls the action after this many true milliseconds. With a host, the action belongs to that process: it is delayed
   * while the process is stopped, and never called if it was killed. Returns a function that cancels it.
   */
  after(milliseconds: number, action: () => void, host?: Host): () => void;
  /** Creates a process whose clocks run at this rate. */
  host(name: string, rate: number): Host;
  /** Advances the time by this many true milliseconds. */
  run(milliseconds: number): Promise<void>;
  /** Advances the time until the condition holds. Rejects after so many milliseconds. */
  until(condition: () => boolean, milliseconds: number): Promise<void>;
}

/** The clocks and the state of one process. */
export interface Host {
  readonly name: string;
  readonly clock: CacheClock;
  readonly state: 'running' | 'stopped' | 'dead';
  kill(): void;
  /** Stops the process like SIGSTOP: the clocks continue. */
  stop(): void;
  /** Stops the process like a computer that sleeps: the monotonic clock stops. */
  suspend(): void;
  resume(): void;
  /** Sets the wall clock forward or back. */
  setWall(milliseconds: number): void;
}

interface Event {
  at: number;
  readonly order: number;
  readonly action: () => void;
  readonly host: Host | undefined;
  cancelled: boolean;
}

/**
 * Time that advances only on request.
 *
 * @param afterEach runs after each event, once its immediate effects are complete
 */
export function simulation(afterEach: () => void): Simulation {
  const events: Event[] = [];
  const deferred = new Map<Host, Event[]>();
  let now = 0;
  let order = 0;

  function insert(event: Event): void {
    let index = events.length;
    while (index > 0 && isLater(events[index - 1], event)) index -= 1;
    events.splice(index, 0, event);
  }

  async function next(end: number): Promise<boolean> {
    const event = events[0];
    if (event === undefined || event.at > end) return false;
    events.shift();
    now = Math.max(now, event.at);
    if (event.cancelled || event.host?.state === 'dead') return true;
    if (event.host?.state === 'stopped') {
      deferred.set(event.host, [...(deferred.get(event.host) ?? []), event]);
      return true;
    }
    event.action();
    // All resulting promises are settled before the next event.
    await settled();
    afterEach();
    return true;
  }

  function after(milliseconds: number, action: () => void, host?: Host): () => void {
    order += 1;
    const event: Event = { at: now + Math.max(milliseconds, 0), order, action, host, cancelled: false };
    insert(event);
    return () => {
      event.cancelled = true;
    };
  }

  async function run(milliseconds: number): Promise<void> {
    const end = now + milliseconds;
    // Effects of calls that were made outside of an event.
    await settled();
    afterEach();
    while (await next(end));
    now = end;
    afterEach();
  }

  return {
    now: () => now,
    after,
    run,

    async until(condition, milliseconds) {
      const end = now + milliseconds;
      await settled();
      while (!condition()) {
        if (!(await next(end))) throw new Error(`Nothing of it within ${milliseconds} ms`);
      }
    },

    host: (name, rate) =>
      host({ name, rate, now: () => now, after }, (resumed) => {
        const held = deferred.get(resumed) ?? [];
        deferred.delete(resumed);
        for (const event of held) {
          event.at = now;
          insert(event);
        }
      }),
  };
}

function host(
  parts: { readonly name: string; readonly rate: number } & Pick<Simulation, 'now' | 'after'>,
  resumed: (host: Host) => void,
): Host {
  const { name, rate, now, after } = parts;
  const born = now();
  let state: Host['state'] = 'running';
  let wallSet = 1_700_000_000_000;
  let suspendedAt: number | undefined;
  let suspended = 0;

  const monotonic = (): number => ((suspendedAt ?? now()) - born - suspended) * rate;

  function schedule(milliseconds: number, callback: () => void): () => void {
    // Like Node's timers, none fires immediately.
    const target = monotonic() + Math.max(milliseconds, 1);
    let cancel = () => {};
    const arm = (): void => {
      cancel = after((target - monotonic()) / rate, () => (monotonic() >= target - 1e-6 ? callback() : arm()), self);
    };
    arm();
    return () => cancel();
  }

  const self: Host = {
    name,
    clock: {
      monotonic,
      wall: () => wallSet + (now() - born) * rate,
      sleep: (milliseconds) => new Promise((resolve) => void schedule(milliseconds, resolve)),
      schedule,
    },
    get state() {
      return state;
    },
    kill() {
      state = 'dead';
    },
    stop() {
      if (state === 'running') state = 'stopped';
    },
    suspend() {
      if (state !== 'running') return;
      state = 'stopped';
      suspendedAt = now();
    },
    resume() {
      if (state !== 'stopped') return;
      if (suspendedAt !== undefined) suspended += now() - suspendedAt;
      suspendedAt = undefined;
      state = 'running';
      resumed(self);
    },
    setWall(milliseconds) {
      wallSet += milliseconds;
    },
  };
  return self;
}

function isLater(one: Event | undefined, other: Event): boolean {
  return one !== undefined && (one.at > other.at || (one.at === other.at && one.order > other.order));
}

/** Resolves once all promises that can settle have settled: Node runs these ticks only when no others are left. */
async function settled(): Promise<void> {
  await Promise.resolve();
  await new Promise<void>((resolve) => nextTick(resolve));
}
