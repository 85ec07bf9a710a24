// The subscribing connection of redisState. It only receives messages.
import {
  hasSentinels,
  isCluster,
  nodeKey,
  type RedisClient,
  type RedisCluster,
  reconnectDelay,
  refusedDelay,
} from './client-shapes.js';
import { refusalOf } from './refusals.js';

/** Options of a subscriber. */
export interface RedisSubscriberOptions {
  /** The prefix of every channel name in Redis. */
  readonly prefix: string;
  /**
   * The interval between pings, in seconds. The connection is closed if a ping has no answer when the next ping is due.
   */
  readonly heartbeatSeconds: number;
}

/** Subscribes to channels. */
export interface RedisSubscriber {
  /** Subscribes to the channel. The first subscription opens the connection. */
  join(channel: string): void;
  /** Unsubscribes from the channel. The last unsubscription closes the connection. */
  leave(channel: string): void;
  close(): void;
}

/** Receives the events of a subscriber. */
export interface RedisSubscriberListener {
  /** Messages of this channel now arrive. */
  heard(channel: string): void;
  message(channel: string, text: string): void;
  /** After this call, messages of any channel may get lost. The subscriber may call this function repeatedly. */
  lost(): void;
  /** Redis refused the subscription with this error text. The subscriber may call this function repeatedly. */
  refused(sentence: string): void;
  /** Redis answered a ping on the connection. */
  steady(): void;
}

// If connecting, logging in and subscribing together take longer than this time, the subscriber starts again.
const setUpMilliseconds = 2000;

interface Session {
  readonly node: string;
  join(channel: string): void;
  leave(channel: string): void;
  /** Ends the session as if the connection were broken. */
  giveUp(): void;
  close(): void;
}

interface SessionListener extends Pick<RedisSubscriberListener, 'heard' | 'message' | 'steady'> {
  /**
   * The connection broke, or Redis refused the connection with this error text. The session calls this function once.
   */
  ended(refusal: string | undefined): void;
}

/**
 * Opens one connection. The connection uses the protocol RESP2, because ioredis 5 does not deliver messages over RESP3.
 */
function session(
  source: RedisClient,
  channels: ReadonlySet<string>,
  { prefix, heartbeatSeconds }: RedisSubscriberOptions,
  listener: SessionListener,
): Session {
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

/**
 * Returns a random primary of a Cluster. Any primary is suitable, because the primaries forward messages to each other.
 * Without a Cluster, returns the client itself.
 */
function pick(client: RedisClient | RedisCluster, avoided: string | undefined): RedisClient | undefined {
  if (!isCluster(client)) return client;
  const nodes = client.status === 'ready' ? client.nodes('master') : [];
  const others = nodes.filter((node) => nodeKey(node) !== avoided);
  const eligible = others.length > 0 ? others : nodes;
  return eligible[Math.floor(Math.random() * eligible.length)];
}

/** Receives messages. Opens a new session whenever a session ends. */
export function redisSubscriber(
  client: RedisClient | RedisCluster,
  options: RedisSubscriberOptions,
  listener: RedisSubscriberListener,
): RedisSubscriber {
  const channels = new Set<string>();
  let current: Session | undefined;
  let retry: NodeJS.Timeout | undefined;
  let avoided: string | undefined;
  let breaks = 0;
  let refusals = 0;

  function begin(): void {
    retry = undefined;
    const source = pick(client, avoided);
    if (source === undefined) {
      breaks += 1;
      retry = setTimeout(begin, reconnectDelay(breaks));
      return;
    }
    const { heard, message } = listener;
    current = session(source, channels, options, {
      heard,
      message,
      steady() {
        [breaks, refusals, avoided] = [0, 0, undefined];
        listener.steady();
      },
      ended(refusal) {
        current = undefined;
        avoided = nodeKey(source);
        if (refusal === undefined) breaks += 1;
        else refusals += 1;
        // The timer is set before the listener is called, because the listener might unsubscribe.
        retry = setTimeout(begin, refusal === undefined ? reconnectDelay(breaks) : refusedDelay(refusals));
        listener.lost();
        if (refusal !== undefined) listener.refused(refusal);
      },
    });
  }

  function stop(): void {
    clearTimeout(retry);
    retry = undefined;
    current?.close();
    current = undefined;
  }

  if (isCluster(client)) {
    client.on('refresh', () => {
      // Right after a refresh, `nodes` returns all primaries. A server that has left the Cluster receives no more
      // messages.
      const present = client.nodes('master').map(nodeKey);
      if (current !== undefined && !present.includes(current.node)) current.giveUp();
    });
  } else if (hasSentinels(client)) {
    // The command connection closes when the Sentinels name another primary.
    client.on('close', () => current?.giveUp());
  }

  return {
    join(channel) {
      channels.add(channel);
      if (current !== undefined) current.join(channel);
      else if (retry === undefined) begin();
    },
    leave(channel) {
      channels.delete(channel);
      if (channels.size === 0) stop();
      else current?.leave(channel);
    },
    close() {
      channels.clear();
      stop();
    },
  };
}
