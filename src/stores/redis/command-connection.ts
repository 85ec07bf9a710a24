// The connection of redisState for commands: fails fast, sends nothing twice, comes back by itself.
import { LatchkeyError } from '../../vocabulary/errors.js';
import { driverError, messageOf } from '../driver-error.js';
import { hasSentinels, isCluster, type RedisClient, type RedisCluster, reconnectDelay } from './client-shapes.js';
import { refusalOf, sentenceOf } from './refusals.js';
import type { RedisScript } from './scripts.js';
import { watchSentinels } from './sentinel-watch.js';

/** A way to send commands, each at most once. Rejects with `ERR_STATE_UNAVAILABLE`, or `ERR_STATE_REFUSED`. */
export interface RedisConnection {
  /** Our own client: the host's settings for address and login, ours for everything about failing. */
  readonly client: RedisClient | RedisCluster;
  send(command: string, ...args: (string | number)[]): Promise<unknown>;
  /** Runs a script on the server that holds the key. */
  run(script: RedisScript, key: string, ...args: (string | number)[]): Promise<unknown>;
  close(): void;
}

/** What a connection tells its owner. */
export interface RedisConnectionListener {
  /** Ready for commands: at first, and after each loss. */
  ready(): void;
  /** An attempt failed or the connection broke. */
  failed(message: string): void;
  /** Redis refused a command (or a script) in this sentence. */
  refused(command: string, sentence: string): void;
  /** A command (or a script) was carried out. */
  granted(command: string): void;
}

// While the very first attempt to connect runs, commands wait for it, at most this long; afterwards they fail at once.
const connectTimeoutMilliseconds = 2000;

// How soon a Cluster's new primaries are found where no command is redirected to them. By a timer of our own: that of
// ioredis (`slotsRefreshInterval`) goes on for ever where the client is closed while it refreshes.
const slotsRefreshMilliseconds = 2000;

// Redis says no, and goes on saying so until somebody changes its configuration or gives it room.
const refusal = /^(NOAUTH|WRONGPASS|NOPERM|OOM|MISCONF)\b/;

/** The error for whatever went wrong. Of ioredis' errors little is kept: they carry the command's arguments. */
export function unavailable(error: unknown): LatchkeyError {
  const sentence = sentenceOf(error);
  // What repeats keys and values does so in its stack, too.
  const clean = sentence === messageOf(error) ? error : new Error(sentence);
  const cause = driverError(clean, /^[A-Z]{3,}(?= )/.exec(sentence)?.[0]);
  return new LatchkeyError(refusal.test(cause.message) ? 'ERR_STATE_REFUSED' : 'ERR_STATE_UNAVAILABLE', { cause });
}

function failFast(timeoutMilliseconds: number): object {
  return {
    connectionName: 'latchkey',
    lazyConnect: false,
    // An offline queue runs commands whenever the connection is back: minutes late.
    enableOfflineQueue: false,
    // With 0, what was under way when the connection broke is rejected, not kept for the next connection.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: timeoutMilliseconds,
    socketTimeout: timeoutMilliseconds * 2,
    connectTimeout: connectTimeoutMilliseconds,
    disconnectTimeout: 500,
    retryStrategy: reconnectDelay,
    sentinelRetryStrategy: reconnectDelay,
    // It asks whichever Sentinel comes first, and may be sent back to the replaced primary: see sentinel-watch.ts.
    failoverDetector: false,
    // A primary that became a replica keeps its connections. `true`: connect anew, do not resend.
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
        // Each of these would send a command again that may have run already, or hold it back.
        retryDelayOnFailover: 0,
        retryDelayOnClusterDown: 0,
        // Lazily, or ioredis finds the node just connecting that it asks whether the Cluster is ready, and gives up.
        redisOptions: { ...options, lazyConnect: true },
      })
    : host.duplicate(options);
}

/** Connects the primaries of a Cluster: ioredis refuses commands to a node that is just connecting. */
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

/** Connects to where the host's client connects to. */
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

  // A primary that the Sentinels replaced may go on, and would keep whoever is connected to it.
  const endWatch =
    !isCluster(client) && hasSentinels(client) ? watchSentinels(client, () => client.disconnect(true)) : undefined;

  // ioredis gives up for good where it is told to connect anew while it still asks the Sentinels.
  let again: NodeJS.Timeout | undefined;
  client.on('end', () => {
    if (closed) return;
    // What it rejects with is said by the event `error`, too.
    again = setTimeout(() => client.connect().catch(() => {}), reconnectDelay(1));
  });

  // Why no connection comes about. A command only says that there is none.
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
    // Not within the event: a command that was just redirected to this node is about to connect it.
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
    if (closed) {
      throw new Error('The shared state was closed');
    }
    return client.call(command, ...args);
  }

  async function reported(command: string, action: () => Promise<unknown>): Promise<unknown> {
    try {
      const reply = await action();
      listener.granted(command);
      return reply;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== undefined) listener.refused(command, refusal);
      // The connection stands; nothing else would tell of a server that is too slow.
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
          // Of all errors only this one says that the script did not run.
          if (!sentenceOf(error).startsWith('NOSCRIPT')) throw error;
          return call('eval', [script.source, 1, key, ...args]);
        }
      }),

    close() {
      closed = true;
      clearInterval(refresh);
      clearTimeout(again);
      endWatch?.();
      client.disconnect();
    },
  };
}
