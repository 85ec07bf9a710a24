// stores: shared state in Redis: one server (or a Sentinel set), or a Cluster.
import { errorEvent } from '../error-events.js';
import { LatchkeyError } from '../errors.js';
import type { SharedState } from '../ports.js';
import type { OnEvent } from '../types.js';
import { checkOptionNames, checkSeconds, errorOutlet } from './checks.js';
import { isCluster, keyPrefixOf, type RedisClient, type RedisCluster } from './redis-client.js';
import { confirmation } from './redis-confirmation.js';
import { redisConnection, unavailable } from './redis-connection.js';
import { evictionWarnings } from './redis-eviction.js';
import { type Membership, membership } from './redis-membership.js';
import { compareAndSetScript, incrementScript, timeScript } from './redis-scripts.js';
import { watches } from './watches.js';

/** Options of `redisState`. */
export interface RedisStateOptions {
  /** Begins every key; after the `keyPrefix` of the host's client, if it has one. Default: `latchkey:`. */
  readonly prefix?: string | undefined;
  /**
   * Receives `error` events: Redis cannot be reached (once an outage, at most once a minute), or may evict keys. Default: the
   * `onEvent` of the Latchkey that uses it.
   */
  readonly onEvent?: OnEvent | undefined;
  /** A command without an answer for this long fails; after twice the time the connection is given up. Default: 0.5. */
  readonly commandTimeoutSeconds?: number | undefined;
  /**
   * The watching connections are asked this often; no answer until the next time: the watch is lost. What is held by one
   * that is cut off counts for three heartbeats at most, and so long a change waits for it. Give all instances the
   * same. Default: 1.
   */
  readonly heartbeatSeconds?: number | undefined;
}

const errorEventIntervalMilliseconds = 60_000;

function checkClient(redis: unknown): void {
  const { call, duplicate, isCluster: cluster } = (redis ?? {}) as Partial<RedisClient>;
  if (typeof call !== 'function' || typeof duplicate !== 'function' || typeof cluster !== 'boolean') {
    throw new LatchkeyError('ERR_CONFIG', {
      detail: 'redisState takes a Redis or Cluster of ioredis (5 or 6); this is something else',
    });
  }
}

function checkDuration(name: string, seconds: number): number {
  if (!(seconds > 0 && seconds <= 60)) {
    throw new LatchkeyError('ERR_CONFIG', { detail: `${name} is above 0 and at most 60 seconds; got ${seconds}` });
  }
  return seconds;
}

function checkPrefix(prefix: unknown): string {
  if (typeof prefix !== 'string' || prefix === '') {
    throw new LatchkeyError('ERR_CONFIG', { detail: 'prefix is a text of at least one character' });
  }
  return prefix;
}

/**
 * Shared state in Redis 6.2 or later, through ioredis 5 or 6: one server, a Sentinel set, or a Cluster.
 *
 * It takes address and login from the client and opens connections of its own, which fail fast: one for commands and,
 * from the first `watch` on, one that tracks changes (on a Cluster both to each primary). It reconnects by itself. On a
 * Cluster, `get` and `delete` of several keys are one round trip, but one step for each key. Besides the keys below the
 * prefix it keeps one beside it, in which the instances that watch are registered: `latchkey-instances` by default, which
 * access rules have to allow as well. Throws `ERR_CONFIG`.
 *
 * `confirm` takes some milliseconds, and three heartbeats where an instance is cut off, or where Redis was started,
 * flushed or failed over just now: it may have forgotten who watches. Its word is as good as Redis': a primary that was
 * replaced and goes on without knowing keeps those who reach no other, until `min-replicas-to-write` stops it.
 */
export function redisState(redis: RedisClient | RedisCluster, options: RedisStateOptions = {}): SharedState {
  checkClient(redis);
  checkOptionNames('redisState', options, ['prefix', 'onEvent', 'commandTimeoutSeconds', 'heartbeatSeconds']);
  const prefix = keyPrefixOf(redis) + checkPrefix(options.prefix ?? 'latchkey:');
  const heartbeatSeconds = checkDuration('heartbeatSeconds', options.heartbeatSeconds ?? 1);
  const timeoutSeconds = checkDuration('commandTimeoutSeconds', options.commandTimeoutSeconds ?? 0.5);
  const { emit, listen } = errorOutlet(options.onEvent);

  const warned = new Set<string>();
  let reportedAt = Number.NEGATIVE_INFINITY;
  const failed = (message: string): void => {
    if (performance.now() - reportedAt >= errorEventIntervalMilliseconds) {
      reportedAt = performance.now();
      const event = errorEvent(unavailable(new Error(message)), 'ERR_STATE_UNAVAILABLE');
      emit({ ...event, message: `Redis: ${message}` });
    }
  };
  const connection = redisConnection(redis, timeoutSeconds, {
    ready() {
      reportedAt = Number.NEGATIVE_INFINITY;
      evictionWarnings(connection.client).then((messages) => {
        for (const message of messages.filter((text) => !warned.has(text))) {
          warned.add(message);
          emit({ type: 'error', code: 'ERR_STATE_EVICTION', message });
        }
      });
    },
    failed,
  });
  const { send, run } = connection;

  const watched = watches(() =>
    emit({ type: 'error', code: 'ERR_STATE_WATCHER', message: 'A watcher of the shared state threw' }),
  );
  const confirmations = confirmation(connection, { prefix, heartbeatSeconds });
  let member: Membership | undefined;
  let closed = false;

  const text = (reply: unknown): string | undefined => (typeof reply === 'string' ? reply : undefined);
  const clustered = isCluster(redis);

  return {
    async get(keys) {
      if (keys.length === 0) {
        return [];
      }
      const names = keys.map((key) => prefix + key);
      // On a Cluster the keys lie on several servers; ioredis writes the commands for each server together.
      const replies = clustered
        ? await Promise.all(names.map((name) => send('get', name)))
        : await send('mget', ...names);
      return (replies as unknown[]).map(text);
    },

    async put(key, value, ttlSeconds) {
      checkSeconds(ttlSeconds);
      await send('set', prefix + key, value, 'EX', ttlSeconds);
    },

    async putIfAbsent(key, value, ttlSeconds) {
      checkSeconds(ttlSeconds);
      return (await send('set', prefix + key, value, 'EX', ttlSeconds, 'NX')) === 'OK';
    },

    async take(key) {
      return text(await send('getdel', prefix + key));
    },

    async compareAndSet(key, expected, next, ttlSeconds) {
      checkSeconds(ttlSeconds);
      return Number(await run(compareAndSetScript, prefix + key, expected, next, ttlSeconds)) === 1;
    },

    async increment(key, windowSeconds) {
      checkSeconds(windowSeconds);
      return Number(await run(incrementScript, prefix + key, windowSeconds));
    },

    async delete(keys) {
      const names = keys.map((key) => prefix + key);
      if (clustered) {
        await Promise.all(names.map((name) => send('del', name)));
      } else if (names.length > 0) {
        await send('del', ...names);
      }
    },

    async now() {
      const reply = await (clustered ? run(timeScript, `${prefix}clock`) : send('time'));
      if (!Array.isArray(reply)) {
        throw unavailable(new Error('TIME answered something else'));
      }
      return Number(reply[0]) * 1000 + Math.floor(Number(reply[1]) / 1000);
    },

    watch(watchedPrefix, watcher) {
      const unwatch = watched.add(watchedPrefix, watcher);
      if (!closed) {
        member ??= membership(connection, { prefix, heartbeatSeconds, failed }, watched);
      }
      return unwatch;
    },

    confirm: () => confirmations.confirm(),

    listen,

    async close() {
      closed = true;
      confirmations.close();
      watched.end();
      await member?.close();
      connection.close();
    },
  };
}
