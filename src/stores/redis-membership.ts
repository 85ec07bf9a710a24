// stores: this process among those that watch the same Redis: its lease, and what it says it was told.
import { randomUUID } from 'node:crypto';
import { LatchkeyError } from '../errors.js';
import { reconnectDelay } from './redis-client.js';
import type { RedisConnection } from './redis-connection.js';
import { renewScript } from './redis-scripts.js';
import { tracking } from './redis-watch.js';
import type { Watches } from './watches.js';

/** How many heartbeats a lease lasts, so that one that is late does no harm. */
const leaseHeartbeats = 3;

// This computer's clock may run slower than that of Redis.
const reliedOn = 0.9;

/** The length of a lease, in milliseconds. */
export function leaseMilliseconds(heartbeatSeconds: number): number {
  return Math.ceil(leaseHeartbeats * heartbeatSeconds * 1000);
}

/** Where the processes that share a prefix meet. */
export interface MeetingPoint {
  /** The hash of all who watch; not below the prefix, since it is written at every heartbeat and nobody is to be told. */
  readonly registry: string;
  /** Below the prefix, and so told to everybody who watches: a fence was raised. */
  readonly bell: string;
}

/** The names of the keys for a prefix. */
export function meetingPoint(prefix: string): MeetingPoint {
  // As near to the prefix as can be, for access rules and hash tags.
  return {
    registry: `${prefix.slice(0, -1)}${prefix.endsWith('-') ? '+' : '-'}instances`,
    bell: `${prefix}fence:bell`,
  };
}

/** This process's part in watching. */
export interface Membership {
  /** Ends the watch and takes the registration back, so that nobody waits for this process. */
  close(): Promise<void>;
}

interface Member {
  /** Fresh for every registration: what was sent for an earlier one may still arrive. */
  readonly id: string;
  /** Empty: not registered yet. */
  epoch: string;
  fence: number;
}

/**
 * Watches: `restored` once all connections track and the lease is taken, `lost` when either ends.
 *
 * Who raises a fence waits until we acknowledged it or our lease has ended, so we must not rely on what we hold for
 * longer than the lease that we last know of, counted from before it was asked for. And we acknowledge a fence only
 * after all tracking connections answered since we heard of it: their answers come after every notice of what was
 * changed before.
 */
export function membership(
  connection: RedisConnection,
  options: { readonly prefix: string; readonly heartbeatSeconds: number; readonly failed: (message: string) => void },
  watches: Watches,
): Membership {
  const { prefix, heartbeatSeconds } = options;
  const { registry, bell } = meetingPoint(prefix);
  const lease = leaseMilliseconds(heartbeatSeconds);
  const ringing = bell.slice(prefix.length);

  let member: Member | undefined;
  let tracked = false;
  let closed = false;
  let rung = false;
  let ends = { monotonic: Number.NEGATIVE_INFINITY, wall: Number.NEGATIVE_INFINITY };
  let end: NodeJS.Timeout | undefined;
  let retry: NodeJS.Timeout | undefined;
  let failures = 0;
  let due = false;
  let running = false;

  /** Only the monotonic clock can't be set; only the other one goes on while the computer sleeps. */
  const isTold = (): boolean => performance.now() < ends.monotonic && Date.now() < ends.wall;

  function lose(): void {
    const left = member;
    member = undefined;
    ends = { monotonic: Number.NEGATIVE_INFINITY, wall: Number.NEGATIVE_INFINITY };
    clearTimeout(end);
    watches.lost();
    if (left !== undefined) leave(left);
  }

  function leave({ id }: Member): Promise<unknown> {
    // Best effort: where it does not arrive, the others wait until the lease ends.
    return connection.send('hdel', registry, `member:${id}`).catch(() => {});
  }

  function expire(): void {
    if (isTold()) return;
    lose();
    void beat();
  }

  /** Reads the number before the connections are asked: what they say then is after all that it stands for. */
  async function hear(mine: Member): Promise<void> {
    if (!rung || mine.epoch === '') return;
    rung = false;
    const reply = await connection.send('hmget', registry, 'epoch', 'fence');
    const [epoch, fence] = Array.isArray(reply) ? reply : [];
    if (typeof epoch === 'string') Object.assign(mine, { epoch, fence: Number(fence) });
  }

  async function renew(): Promise<void> {
    member ??= { id: randomUUID(), epoch: '', fence: 0 };
    const mine = member;
    await hear(mine);
    const { epoch, fence } = mine;
    // Lost in between, the connections are others, which may not be set up yet.
    if (member !== mine) return;
    await tracker.ask();
    const asked = { monotonic: performance.now(), wall: Date.now() };
    if (member !== mine) return;
    const reply = await connection.run(renewScript, registry, randomUUID(), lease, mine.id, epoch, fence);
    if (member !== mine) return;
    // A lease that ended in between was nobody's to wait for.
    if (epoch !== '' && !isTold()) return lose();
    const [presentEpoch, presentFence] = reply as readonly unknown[];
    Object.assign(mine, { epoch: String(presentEpoch), fence: Number(presentFence) });
    ends = { monotonic: asked.monotonic + lease * reliedOn, wall: asked.wall + lease * reliedOn };
    clearTimeout(end);
    end = setTimeout(expire, Math.max(ends.monotonic - performance.now(), 0) + 1);
    if (epoch === '') watches.restored(isTold);
    else if (mine.epoch !== epoch || mine.fence !== fence) due = true;
  }

  /** One at a time: what comes in between is served by one more. */
  async function beat(): Promise<void> {
    due = true;
    if (running) return;
    running = true;
    clearTimeout(retry);
    try {
      while (due && tracked && !closed) {
        due = false;
        await renew();
        failures = 0;
        due ||= member === undefined;
      }
    } catch (error) {
      failures += 1;
      // What Redis refuses, by its access rules perhaps, would go unnoticed: nobody is told `restored`.
      if (error instanceof LatchkeyError && error.cause instanceof Error) options.failed(error.cause.message);
      if (!closed) retry = setTimeout(() => void beat(), reconnectDelay(failures));
    } finally {
      running = false;
    }
  }

  const tracker = tracking(connection.client, options, {
    up() {
      tracked = true;
      if (member === undefined) void beat();
    },
    down() {
      tracked = false;
      lose();
    },
    changed(key) {
      if (key !== ringing) watches.changed(key);
      if (key !== undefined && key !== ringing) return;
      // A flush takes the registry with it: who holds anything must be in the new one before the old lease ends.
      rung = true;
      if (member !== undefined) void beat();
    },
  });
  const heartbeat = setInterval(() => void beat(), heartbeatSeconds * 1000);

  return {
    async close() {
      closed = true;
      clearInterval(heartbeat);
      clearTimeout(retry);
      tracker.close();
      const left = member;
      member = undefined;
      lose();
      if (left !== undefined) await leave(left);
    },
  };
}
