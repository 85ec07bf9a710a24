// The shared state in Redis: one server, a Sentinel set, or a Cluster.
import { errorEvent } from '../../vocabulary/error-events.js';
import { LatchkeyError } from '../../vocabulary/errors.js';
import type { OnEvent } from '../../vocabulary/events.js';
import type { EveryMember } from '../../vocabulary/every-member.js';
import type { SharedState } from '../../vocabulary/ports.js';
import { checkOptionNames, checkSeconds, errorOutlet } from '../store-checks.js';
import { subscriptions } from '../subscriptions.js';
import { isCluster, keyPrefixOf, type RedisClient, type RedisCluster } from './client-shapes.js';
import { redisConnection, unavailable } from './command-connection.js';
import { refusals } from './refusals.js';
import { compareAndSetScript, incrementScript, timeScript } from './scripts.js';
import { serverChecks } from './server-checks.js';
import { redisSubscriber } from './subscriber.js';

/** Options of `redisState`. */
export interface RedisStateOptions {
  /**
   * The prefix of every key. If the host's client has a `keyPrefix`, keys begin with the `keyPrefix`, followed by this
   * prefix. Default: `latchkey:`.
   */
  readonly prefix?: string | undefined;
  /**
   * Receives an `error` event if Redis is unreachable, refuses a command or is not set up as Latchkey needs it, or if a
   * subscriber throws an error. Each outage causes one event, but there is at most one such event a minute. The event for a refused
   * command contains the error text of Redis. Default: the `onEvent` of the Latchkey instance that uses this store.
   */
  readonly onEvent?: OnEvent | undefined;
  /**
   * The number of seconds after which a command without a reply fails. After twice this time, Latchkey closes the
   * connection. Default: 0.5.
   */
  readonly commandTimeoutSeconds?: number | undefined;
  /**
   * The interval between pings on the subscribing connection, in seconds. If a ping has no reply when the next ping is
   * due, Latchkey replaces the connection. Default: 1.
   */
  readonly heartbeatSeconds?: number | undefined;
}

const optionNames: EveryMember<RedisStateOptions> = {
  prefix: true,
  onEvent: true,
  commandTimeoutSeconds: true,
  heartbeatSeconds: true,
};

const errorEventIntervalMilliseconds = 60_000;

function checkClient(redis: unknown): void {
  const { call, duplicate, isCluster: cluster } = (redis ?? {}) as Partial<RedisClient>;
  if (typeof call !== 'function' || typeof duplicate !== 'function' || typeof cluster !== 'boolean') {
    throw new LatchkeyError('ERR_CONFIG', {
      detail: 'redisState expects a Redis or Cluster client of ioredis 5 or 6',
    });
  }
}

function checkDuration(name: string, seconds: number): number {
  if (!(seconds > 0 && seconds <= 60)) {
    throw new LatchkeyError('ERR_CONFIG', { detail: `${name} must be above 0 and at most 60 seconds; got ${seconds}` });
  }
  return seconds;
}

function checkPrefix(prefix: unknown): string {
  if (typeof prefix !== 'string' || prefix === '') {
    throw new LatchkeyError('ERR_CONFIG', { detail: 'prefix must be a string of at least one character' });
  }
  return prefix;
}

/**
 * Shared state in Redis 6.2 or later, through ioredis 5 or 6: one server, a Sentinel set, or a Cluster.
 *
 * The store takes the address and the login from the client, and opens its own connections, which fail fast. One
 * connection sends commands. On a Cluster, there is one such connection for each primary. While there are subscribers,
 * a second connection receives messages. All connections reconnect automatically. On a Cluster, a `get` or `delete` of
 * several keys takes one round trip, but is not atomic. All keys and channels begin with the prefix. `docs/redis.md`
 * lists the permissions that the store needs.
 * @throws {LatchkeyError} `ERR_CONFIG` when the client or an option is invalid
 *
 * @example
 * import { Redis } from 'ioredis';
 * import { redisState } from 'latchkey';
 * const redis = new Redis('redis://127.0.0.1:6379');
 * redis.on('error', console.error);
 * const state = redisState(redis, { prefix: 'music:' });
 */
export function redisState(redis: RedisClient | RedisCluster, options: RedisStateOptions = {}): SharedState {
  checkClient(redis);
  checkOptionNames('redisState', options, optionNames);
  const prefix = keyPrefixOf(redis) + checkPrefix(options.prefix ?? 'latchkey:');
  const heartbeatSeconds = checkDuration('heartbeatSeconds', options.heartbeatSeconds ?? 1);
  const timeoutSeconds = checkDuration('commandTimeoutSeconds', options.commandTimeoutSeconds ?? 0.5);
  const { emit, listen } = errorOutlet(options.onEvent);

  const never = Number.NEGATIVE_INFINITY;
  let reportedAt = never;
  let latest = { sentence: '', at: never };
  const recently = (at: number): boolean => performance.now() - at < errorEventIntervalMilliseconds;
  /** Reports an error text, unless the same text was just reported. Both connections can report the same failure. */
  function report(sentence: string): void {
    if (sentence === latest.sentence && recently(latest.at)) return;
    latest = { sentence, at: performance.now() };
    const event = errorEvent(unavailable(new Error(sentence)), 'ERR_STATE_UNAVAILABLE');
    emit({ ...event, message: `Redis: ${sentence}` });
  }
  function failed(sentence: string): void {
    if (recently(reportedAt)) return;
    reportedAt = performance.now();
    report(sentence);
  }
  const refused = refusals(report);
  const connection = redisConnection(redis, timeoutSeconds, {
    ready() {
      reportedAt = never;
      latest = { sentence: '', at: never };
      checks.run();
    },
    failed,
    ...refused,
  });
  const { send, run } = connection;
  const checks = serverChecks(connection.client, emit);

  const subscribed = subscriptions({
    first: (channel) => subscriber.join(channel),
    last: (channel) => subscriber.leave(channel),
    failed: () =>
      emit({ type: 'error', code: 'ERR_STATE_SUBSCRIBER', message: 'A subscriber to the shared state threw an error' }),
  });
  const subscriber = redisSubscriber(
    connection.client,
    { prefix, heartbeatSeconds },
    {
      heard: subscribed.restored,
      message: subscribed.message,
      lost: subscribed.lost,
      refused: (sentence) => refused.refused('subscriber', sentence),
      steady: () => refused.granted('subscriber'),
    },
  );

  const optionalText = (reply: unknown): string | undefined => (typeof reply === 'string' ? reply : undefined);
  const clustered = isCluster(redis);

  return {
    singleProcess: false,

    async get(keys) {
      if (keys.length === 0) {
        return [];
      }
      const names = keys.map((key) => prefix + key);
      // On a Cluster, the keys are on several servers. ioredis sends all commands for one server together.
      const replies = clustered
        ? await Promise.all(names.map((name) => send('get', name)))
        : await send('mget', ...names);
      return (replies as unknown[]).map(optionalText);
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
      return optionalText(await send('getdel', prefix + key));
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
        throw unavailable(new Error('Redis answered TIME with an unexpected reply'));
      }
      return Number(reply[0]) * 1000 + Math.floor(Number(reply[1]) / 1000);
    },

    async publish(channel, message) {
      await send('publish', prefix + channel, message);
    },

    subscribe: (channel, one) => subscribed.add(channel, one),

    listen,

    async close() {
      checks.close();
      subscriber.close();
      subscribed.end();
      await connection.close();
    },
  };
}
