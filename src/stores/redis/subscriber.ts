// How redisState receives messages: one connection that does nothing but subscribe.
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

/** What subscribing needs to know. */
export interface RedisSubscriberOptions {
  /** Begins the name of every channel in Redis. */
  readonly prefix: string;
  /** The connection is pinged this often, and given up where no answer came until the next time. */
  readonly heartbeatSeconds: number;
}

/** A subscriber. */
export interface RedisSubscriber {
  /** Subscribes to the channel; the first one opens the connection. */
  join(channel: string): void;
  /** Ends that; the last one closes the connection. */
  leave(channel: string): void;
  close(): void;
}

/** What the subscriber tells. */
export interface RedisSubscriberListener {
  /** The messages of this channel arrive from now on. */
  heard(channel: string): void;
  message(channel: string, text: string): void;
  /** The messages of all channels may be missed. Possibly said again. */
  lost(): void;
  /** Redis refuses it, in this sentence. Possibly said again. */
  refused(sentence: string): void;
  /** The connection has stood for a heartbeat. */
  steady(): void;
}

// Connecting, logging in and subscribing must be done within this time, or it begins anew.
const setUpMilliseconds = 2000;

interface Session {
  readonly node: string;
  join(channel: string): void;
  leave(channel: string): void;
  /** Gives the connection up as if it were broken. */
  giveUp(): void;
  close(): void;
}

interface SessionListener extends Pick<RedisSubscriberListener, 'heard' | 'message' | 'steady'> {
  /** It broke, or Redis refused it in this sentence. Said once. */
  ended(refusal: string | undefined): void;
}

/** One connection, for as long as it lasts. It speaks RESP2: with RESP3, ioredis 5 hands on no messages. */
function session(
  source: RedisClient,
  channels: ReadonlySet<string>,
  { prefix, heartbeatSeconds }: RedisSubscriberOptions,
  listener: SessionListener,
): Session {
  /** The latest subscription to each channel: only its answer says that the channel is heard. */
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
    // After a long pause of this process the answer may be here already, unread: timers come before input.
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

/** Any primary of a Cluster will do: they hand messages to each other. The client itself where there is only one. */
function pick(client: RedisClient | RedisCluster, avoided: string | undefined): RedisClient | undefined {
  if (!isCluster(client)) return client;
  const nodes = client.status === 'ready' ? client.nodes('master') : [];
  const others = nodes.filter((node) => nodeKey(node) !== avoided);
  const eligible = others.length > 0 ? others : nodes;
  return eligible[Math.floor(Math.random() * eligible.length)];
}

/** Receives messages, session after session. */
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
        // First, since whoever is told may unsubscribe.
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
      // Just after a refresh these are exactly the primaries. A server that left the Cluster hears nothing of the others.
      const present = client.nodes('master').map(nodeKey);
      if (current !== undefined && !present.includes(current.node)) current.giveUp();
    });
  } else if (hasSentinels(client)) {
    // The connection for commands is given up when the Sentinels have come to name another primary.
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
