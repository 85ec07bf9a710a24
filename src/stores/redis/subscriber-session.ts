// The subscribing connection of redisState. It only receives messages.
import { nodeKey, type RedisClient } from './client-shapes.js';
import { refusalOf } from './refusals.js';

/** Options of a subscriber. */
export interface SubscriberOptions {
  /** The prefix of every channel name in Redis. */
  readonly prefix: string;
  /**
   * The interval between pings, in seconds. The connection is closed if a ping has no answer when the next ping is due.
   */
  readonly heartbeatSeconds: number;
}

// If connecting, logging in and subscribing together take longer than this time, the subscriber starts again.
const setUpMilliseconds = 2000;

/** One connection that subscribes. */
export interface SubscriberSession {
  readonly node: string;
  join(channel: string): void;
  leave(channel: string): void;
  /** Ends the session as if the connection were broken. */
  giveUp(): void;
  close(): void;
}

/** Receives the events of a session. */
export interface SessionListener {
  /** Messages of this channel now arrive. */
  heard(channel: string): void;
  message(channel: string, text: string): void;
  /** Redis answered a ping on the connection. */
  steady(): void;
  /**
   * The connection broke, or Redis refused the connection with this error text. The session calls this function once.
   */
  ended(refusal: string | undefined): void;
}

/**
 * Opens one connection. The connection uses the protocol RESP2, because ioredis 5 does not deliver messages over RESP3.
 */
export function subscriberSession(
  source: RedisClient,
  channels: ReadonlySet<string>,
  { prefix, heartbeatSeconds }: SubscriberOptions,
  listener: SessionListener,
): SubscriberSession {
  /**
   * The latest subscription to each channel. Only the reply to this subscription proves that messages of the channel
   * arrive.
   */
  const joins = new Map<string, symbol>();
  let ready = false;
  let ended = false;
  let unanswered = false;
  let refusal: string | undefined;
  let heartbeat: NodeJS.Timeout | undefined;

  const connection = source.duplicate({
    connectionName: 'latchkey-subscriber',
    protocol: 2,
    lazyConnect: false,
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
    sentinelRetryStrategy: null,
    failoverDetector: false,
    commandTimeout: undefined,
    socketTimeout: undefined,
    connectTimeout: setUpMilliseconds,
    disconnectTimeout: 500,
    enableAutoPipelining: false,
    keyPrefix: '',
    readOnly: false,
  });

  function close(): void {
    ended = true;
    clearTimeout(deadline);
    clearInterval(heartbeat);
    connection.disconnect();
  }

  function end(error?: unknown): void {
    if (ended) return;
    close();
    listener.ended(refusalOf(error) ?? refusal);
  }

  async function subscribe(channel: string): Promise<void> {
    const latest = Symbol(channel);
    joins.set(channel, latest);
    await connection.call('subscribe', prefix + channel);
    if (!ended && joins.get(channel) === latest) listener.heard(channel);
  }

  async function ping(): Promise<void> {
    unanswered = true;
    await connection.call('ping');
    unanswered = false;
    if (!ended) listener.steady();
  }

  function beat(): void {
    // After a long pause of this process, a reply may have arrived that Node has not read yet, because Node runs timers
    // before it reads input.
    if (unanswered) setImmediate(() => unanswered && end());
    else ping().catch(end);
  }

  async function setUp(): Promise<void> {
    ready = true;
    await Promise.all([...channels].map(subscribe));
    clearTimeout(deadline);
    if (!ended) heartbeat = setInterval(beat, heartbeatSeconds * 1000);
  }

  const deadline = setTimeout(end, setUpMilliseconds);
  connection.on('error', (error) => {
    refusal ??= refusalOf(error);
  });
  connection.on('close', () => end());
  connection.on('end', () => end());
  connection.on('ready', () => {
    setUp().catch(end);
  });
  connection.on('message', (channel, text) => {
    if (!ended) listener.message(String(channel).slice(prefix.length), String(text));
  });

  return {
    node: nodeKey(source),
    join(channel) {
      if (ready) subscribe(channel).catch(end);
    },
    leave(channel) {
      joins.delete(channel);
      if (ready) connection.call('unsubscribe', prefix + channel).catch(end);
    },
    giveUp: end,
    close,
  };
}
