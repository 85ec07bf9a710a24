// stores: waiting until every process that watches this Redis was told of all changes, or has stopped by itself.
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type RedisConnection, unavailable } from './redis-connection.js';
import { leaseMilliseconds, meetingPoint } from './redis-membership.js';
import { fenceScript } from './redis-scripts.js';

/** Confirms. */
export interface Confirmation {
  confirm(): Promise<void>;
  /** Ends what waits. */
  close(): void;
}

interface Fence {
  readonly epoch: string;
  readonly number: number;
  /** How many have not acknowledged it. */
  readonly pending: number;
  /** Milliseconds until the registry can be believed to know all who hold a lease. */
  readonly young: number;
}

const firstPauseMilliseconds = 2;
const longestPauseMilliseconds = 50;

// Who is alive when it is asked renews once more at most before it acknowledges. Only a clock of Redis that was set back
// makes anybody wait longer.
const longestLeases = 3;

// The bell is only to be heard; it need not last.
const bellSeconds = 86_400;

/** Fences over the registry of a prefix. */
export function confirmation(
  { send, run }: Pick<RedisConnection, 'send' | 'run'>,
  { prefix, heartbeatSeconds }: { readonly prefix: string; readonly heartbeatSeconds: number },
): Confirmation {
  const { registry, bell } = meetingPoint(prefix);
  const lease = leaseMilliseconds(heartbeatSeconds);
  const ending = new AbortController();
  // As many as wait.
  setMaxListeners(0, ending.signal);

  /** Asks about a fence. Where there is none, or the registry has begun anew, raises one and has everybody told. */
  async function ask(fence: Fence | undefined): Promise<Fence> {
    const known = [fence?.epoch ?? '', fence?.number ?? 0] as const;
    const reply = await run(fenceScript, registry, randomUUID(), lease, ...known);
    const [epoch, number, pending, young] = reply as readonly unknown[];
    const asked = { epoch: String(epoch), number: Number(number), pending: Number(pending), young: Number(young) };
    // After the fence: who hears the bell must find it.
    if (asked.epoch !== fence?.epoch && asked.pending > 0) await send('set', bell, randomUUID(), 'EX', bellSeconds);
    return asked;
  }

  /** Once more where no answer came: at worst another fence is raised, and one slow reply must not undo the waiting. */
  async function askAgain(fence: Fence | undefined): Promise<Fence> {
    try {
      return await ask(fence);
    } catch {
      await wait(longestPauseMilliseconds);
      return ask(fence);
    }
  }

  async function wait(milliseconds: number): Promise<void> {
    try {
      await pause(milliseconds, undefined, { signal: ending.signal });
    } catch {
      throw unavailable(new Error('The shared state was closed'));
    }
  }

  return {
    async confirm() {
      const deadline = performance.now() + longestLeases * lease;
      let fence = await askAgain(undefined);
      for (let length = firstPauseMilliseconds; fence.pending > 0 || fence.young > 0; length *= 2) {
        if (performance.now() > deadline) throw unavailable(new Error('An instance does not acknowledge a change'));
        await wait(fence.pending > 0 ? Math.min(length, longestPauseMilliseconds) : fence.young);
        fence = await askAgain(fence);
      }
    },

    close: () => ending.abort(),
  };
}
