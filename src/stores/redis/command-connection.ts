// The command connection of redisState. The connection fails fast, never sends a command twice, and reconnects
// automatically.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { driverError, messageOf } from '../driver-error.js';
import { hasSentinels, isCluster, type RedisClient, type RedisCluster, reconnectDelay } from './client-shapes.js';
import { refusalOf, sentenceOf } from './refusals.js';
import type { RedisScript } from './scripts.js';
import { watchSentinels } from './sentinel-watch.js';

/**
 * Sends commands, each at most once.
 * @throws {LatchkeyError} `ERR_STATE_UNAVAILABLE` when Redis does not answer
 * @throws {LatchkeyError} `ERR_STATE_REFUSED` when Redis refuses the command until an operator acts
 */
export interface RedisConnection {
  /**
   * Latchkey's own client. It uses the host's settings for the address and the login, and Latchkey's settings for
   * failures.
   */
  readonly client: RedisClient | RedisCluster;
  send(command: string, ...args: (string | number)[]): Promise<unknown>;
  /** Runs a script on the server that holds the key. */
  run(script: RedisScript, key: string, ...args: (string | number)[]): Promise<unknown>;
  /** Closes the connection as soon as the commands that were sent before have ended. Later commands are refused. */
  close(): Promise<void>;
}

/** Receives the events of a connection. */
export interface RedisConnectionListener {
  /** The connection has become ready for commands, at the start or after a reconnect. */
  ready(): void;
  /** A connection attempt failed, the connection broke, or a command was not answered in time. */
  failed(message: string): void;
  /** Redis refused a command (or a script) with this error text. */
  refused(command: string, sentence: string): void;
  /** Redis executed a command (or a script). */
  granted(command: string): void;
}

// Commands wait at most this long for the first attempt to connect. After the first attempt, commands fail at once if
// there is no connection.
const connectTimeoutMilliseconds = 2000;

// The interval at which Latchkey reads the list of a Cluster's primaries. Redirected commands do not reveal every
// change of this list. Latchkey has its own timer, because the timer of ioredis (`slotsRefreshInterval`) never stops if
// the client is closed during a refresh.
const slotsRefreshMilliseconds = 2000;

// Redis returns these errors until an operator changes the configuration or frees memory.
const refusal = /^(NOAUTH|WRONGPASS|NOPERM|OOM|MISCONF)\b/;

/**
 * Converts any error to a `LatchkeyError`. Copies only parts of an ioredis error, because such an error contains the
 * arguments of the command.
 */
export function unavailable(error: unknown): LatchkeyError {
  const sentence = sentenceOf(error);
  // The error's stack repeats its message, including any keys and values.
  const clean = sentence === messageOf(error) ? error : new Error(sentence);
  const cause = driverError(clean, /^[A-Z]{3,}(?= )/.exec(sentence)?.[0]);
  return new LatchkeyError(refusal.test(cause.message) ? 'ERR_STATE_REFUSED' : 'ERR_STATE_UNAVAILABLE', { cause });
}

function failFast(timeoutMilliseconds: number): object {
  return {
    connectionName: 'latchkey',
    lazyConnect: false,
    // With an offline queue, a command could run minutes later, after the connection is restored.
    enableOfflineQueue: false,
    // If this option is 0 and the connection breaks, ioredis rejects the pending commands, instead of sending them
    // again on the next connection.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: timeoutMilliseconds,
    socketTimeout: timeoutMilliseconds * 2,
    connectTimeout: connectTimeoutMilliseconds,
    disconnectTimeout: 500,
    retryStrategy: reconnectDelay,
    sentinelRetryStrategy: reconnectDelay,
    // The failover detector of ioredis queries only the first Sentinel, which might still report the replaced primary
    // (see sentinel-watch.ts).
    failoverDetector: false,
    // A primary that became a replica keeps its connections open. If this function returns `true`, ioredis reconnects,
    // but does not resend the command.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    enableAutoPipelining: false,
    keyPrefix: '',
    stringNumbers: false,
    replyMapping: 'legacy',
  };
}

function duplicate(host: RedisClient | RedisCluster, timeoutMilliseconds: number): RedisClient | RedisCluster {
  const options = failFast(timeoutMilliseconds);
  return isCluster(host)
    ? host.duplicate([], {
        lazyConnect: false,
        enableOfflineQueue: false,
        enableAutoPipelining: false,
        keyPrefix: '',
        scaleReads: 'master',
        clusterRetryStrategy: reconnectDelay,
        // With other values, ioredis would delay a command, or resend a command that might have run already.
        retryDelayOnFailover: 0,
        retryDelayOnClusterDown: 0,
        // Without `lazyConnect`, ioredis would give up if it queried the Cluster's state from a node that is still
        // connecting.
        redisOptions: { ...options, lazyConnect: true },
      })
    : host.duplicate(options);
}

/** Connects to the primaries of a Cluster, because ioredis refuses commands to a node that is still connecting. */
async function connectPrimaries(cluster: RedisCluster): Promise<void> {
  await Promise.allSettled(
    cluster.nodes('master').map((node) => {
      if (node.status === 'wait') {
        return node.connect();
      }
      return node.status === 'ready'
        ? undefined
        : new Promise<void>((resolve) => {
            node.on('ready', () => resolve());
            node.on('close', () => resolve());
          });
    }),
  );
}

async function firstAttempt(client: RedisClient | RedisCluster): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, connectTimeoutMilliseconds);
  });
  const outcome = new Promise<void>((resolve) => {
    client.on('ready', () => resolve());
    client.on('close', () => resolve());
    client.on('end', () => resolve());
  });
  const connected = outcome.then(() => (isCluster(client) ? connectPrimaries(client) : undefined));
  await Promise.race([timeout, connected]);
  clearTimeout(timer);
}

/** Connects to the same servers as the host's client. */
export function redisConnection(
  host: RedisClient | RedisCluster,
  timeoutSeconds: number,
  listener: RedisConnectionListener,
): RedisConnection {
  const client = duplicate(host, timeoutSeconds * 1000);
  let closed = false;
  let starting: Promise<void> | undefined = firstAttempt(client).then(() => {
    starting = undefined;
    if (client.status === 'ready') {
      listener.ready();
    }
    client.on('ready', () => listener.ready());
  });

  const refresh = isCluster(client)
    ? setInterval(() => client.status === 'ready' && client.refreshSlotsCache(), slotsRefreshMilliseconds)
    : undefined;

  // If the Sentinels replace a primary that keeps running, its clients stay connected. So Latchkey polls the Sentinels
  // itself.
  const endWatch =
    !isCluster(client) && hasSentinels(client) ? watchSentinels(client, () => client.disconnect(true)) : undefined;

  // ioredis stops permanently if it has to reconnect while it is querying the Sentinels.
  let again: NodeJS.Timeout | undefined;
  client.on('end', () => {
    if (closed) return;
    // This rejection is ignored, because the event `error` reports the same failure.
    again = setTimeout(() => client.connect().catch(() => {}), reconnectDelay(1));
  });

  // The reason why there is no connection. The errors of commands do not contain this reason.
  let refused: unknown;
  const failed = (error: unknown): void => {
    if (refusal.test(sentenceOf(error))) refused = error;
    listener.failed(sentenceOf(error));
  };
  client.on('ready', () => {
    refused = undefined;
  });
  const failure = (error: unknown): LatchkeyError =>
    unavailable(client.status === 'ready' || refused === undefined ? error : refused);
  client.on('error', failed);
  client.on('node error', failed);
  client.on('+node', (added) => {
    const node = added as RedisClient;
    // Latchkey first lets other listeners handle this event, because a redirected command may be about to open the
    // connection.
    process.nextTick(() => {
      const { readOnly } = node.options as { readonly readOnly?: boolean };
      if (starting === undefined && client.status === 'ready' && node.status === 'wait' && readOnly !== true) {
        node.connect().catch(() => {});
      }
    });
  });

  async function call(command: string, args: readonly (string | number)[]): Promise<unknown> {
    if (starting !== undefined) {
      await starting;
    }
    return client.call(command, ...args);
  }

  const underWay = new Set<Promise<unknown>>();

  /** Every command ends, because Latchkey's own client has a time limit for each command. */
  function tracked(action: () => Promise<unknown>): Promise<unknown> {
    const command = action().finally(() => underWay.delete(command));
    underWay.add(command);
    return command;
  }

  async function reported(command: string, action: () => Promise<unknown>): Promise<unknown> {
    if (closed) throw unavailable(new Error('The shared state was closed'));
    try {
      const reply = await tracked(action);
      listener.granted(command);
      return reply;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== undefined) listener.refused(command, refusal);
      // If a server is too slow, the connection stays open, so no other event reports the failure.
      else if (sentenceOf(error) === 'Command timed out') listener.failed('A command was not answered in time');
      throw failure(error);
    }
  }

  return {
    client,

    send: (command, ...args) => reported(command, () => call(command, args)),

    run: (script, key, ...args) =>
      reported(`script ${script.sha1}`, async () => {
        try {
          return await call('evalsha', [script.sha1, 1, key, ...args]);
        } catch (error) {
          // Only the error NOSCRIPT proves that the script did not run.
          if (!sentenceOf(error).startsWith('NOSCRIPT')) throw error;
          return call('eval', [script.source, 1, key, ...args]);
        }
      }),

    async close() {
      closed = true;
      // A notice or a cache entry that a request has sent in the background must not fail because of the shutdown.
      await Promise.allSettled(underWay);
      clearInterval(refresh);
      clearTimeout(again);
      endWatch?.();
      client.disconnect();
    },
  };
}
