// Keeps the subscriptions of a shared state, in memory or in Redis, and records whether messages reach the subscribers.
import type { Subscriber, Unsubscribe } from '../vocabulary/ports.js';

/** The subscriptions of one store. */
export interface Subscriptions {
  /**
   * Adds a subscription, which starts in the lost state. If messages of the channel already arrive, the subscriber's
   * `restored` is called soon afterwards.
   */
  add(channel: string, subscriber: Subscriber): Unsubscribe;
  /** Delivers a message to the subscribers of the channel. */
  message(channel: string, text: string): void;
  /** The store calls this function when messages of the channel begin to arrive. Repeated calls change nothing. */
  restored(channel: string): void;
  /** The store calls this function when messages of any channel may get lost. Repeated calls change nothing. */
  lost(): void;
  /** Calls `lost` on all subscribers and removes them. Later subscriptions have no effect. */
  end(): void;
}

/** The callbacks that inform a store about changes of its subscriptions. */
export interface SubscriptionsListener {
  /** The channel got its first subscriber. */
  first(channel: string): void;
  /** The channel lost its last subscriber. */
  last(channel: string): void;
  /** A subscriber threw. */
  failed(error: unknown): void;
}

interface Subscription {
  readonly subscriber: Subscriber;
  restored: boolean;
}

interface Channel {
  readonly subscriptions: Set<Subscription>;
  heard: boolean;
}

/** Creates an empty list of subscriptions. An error in one subscriber does not affect the other subscribers. */
export function subscriptions(listener: SubscriptionsListener): Subscriptions {
  const channels = new Map<string, Channel>();
  let ended = false;

  function notify(action: () => void): void {
    try {
      action();
    } catch (error) {
      listener.failed(error);
    }
  }

  function bring({ heard, subscriptions: all }: Channel, subscription: Subscription): void {
    if (!heard || subscription.restored || !all.has(subscription)) return;
    subscription.restored = true;
    notify(() => subscription.subscriber.restored());
  }

  function open(name: string): Channel {
    const channel: Channel = { subscriptions: new Set(), heard: false };
    channels.set(name, channel);
    listener.first(name);
    return channel;
  }

  function lost(): void {
    for (const channel of channels.values()) {
      channel.heard = false;
      for (const subscription of channel.subscriptions) {
        if (!subscription.restored) continue;
        subscription.restored = false;
        notify(() => subscription.subscriber.lost());
      }
    }
  }

  return {
    add(name, subscriber) {
      if (ended) return async () => {};
      const channel = channels.get(name) ?? open(name);
      const subscription = { subscriber, restored: false };
      channel.subscriptions.add(subscription);
      queueMicrotask(() => bring(channel, subscription));
      return async () => {
        if (!channel.subscriptions.delete(subscription) || channel.subscriptions.size > 0 || ended) return;
        channels.delete(name);
        listener.last(name);
      };
    },

    message(name, text) {
      for (const { subscriber, restored } of channels.get(name)?.subscriptions ?? []) {
        if (restored) notify(() => subscriber.message(text));
      }
    },

    restored(name) {
      const channel = channels.get(name);
      if (channel === undefined) return;
      channel.heard = true;
      for (const subscription of channel.subscriptions) bring(channel, subscription);
    },

    lost,

    end() {
      ended = true;
      lost();
      channels.clear();
    },
  };
}
