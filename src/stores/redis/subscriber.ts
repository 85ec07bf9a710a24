// Receives the messages of redisState. Opens a new session whenever a session ends.
import {
  hasSentinels,
  isCluster,
  nodeKey,
  type RedisClient,
  type RedisCluster,
  reconnectDelay,
  refusedDelay,
} from './client-shapes.js';
import {
  type SessionListener,
  type SubscriberOptions,
  type SubscriberSession,
  subscriberSession,
} from './subscriber-session.js';

/** Subscribes to channels. */
export interface RedisSubscriber {
  /** Subscribes to the channel. The first subscription opens the connection. */
  join(channel: string): void;
  /** Unsubscribes from the channel. The last unsubscription closes the connection. */
  leave(channel: string): void;
  close(): void;
}

/** Receives the events of a subscriber. */
export interface RedisSubscriberListener extends Pick<SessionListener, 'heard' | 'message' | 'steady'> {
  /** After this call, messages of any channel may get lost. The subscriber may call this function repeatedly. */
  lost(): void;
  /** Redis refused the subscription with this error text. The subscriber may call this function repeatedly. */
  refused(sentence: string): void;
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
  options: SubscriberOptions,
  listener: RedisSubscriberListener,
): RedisSubscriber {
  const channels = new Set<string>();
  let current: SubscriberSession | undefined;
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
    current = subscriberSession(source, channels, options, {
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
