// Defines the port to data that instances share and may lose (Redis). The doc comments are the contract for every
// implementation.

import type { OnEvent } from './events.js';

/**
 * Stores data that instances share and that may be lost: cache entries, short-lived records and messages. Keys and
 * values are text. The time to live of a key is a whole number of seconds, and at least 1. No access decision may
 * depend on an answer of the shared state.
 *
 * Each method is one atomic operation. A method that fails rejects with `ERR_STATE_UNAVAILABLE`, or with
 * `ERR_STATE_REFUSED` if waiting does not help. An operation that failed might still have been carried out, and is
 * never retried automatically.
 */
export interface SharedState {
  /** `true` means that no other process uses this shared state, so a change does not wait for other processes. */
  readonly singleProcess: boolean;
  /**
   * Returns the values in the order of the keys, in one round trip. The value of a key that does not exist is
   * `undefined`.
   */
  get(keys: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** Sets the value of the key, whether or not the key exists. */
  put(key: string, value: string, ttlSeconds: number): Promise<void>;
  /**
   * Sets the value of the key only if the key does not exist. Returns `true` if this call has set the value. Of several
   * concurrent calls, only one returns `true`.
   */
  putIfAbsent(key: string, value: string, ttlSeconds: number): Promise<boolean>;
  /** Returns the value of the key and deletes the key. Of several concurrent calls, only one returns the value. */
  take(key: string): Promise<string | undefined>;
  /**
   * Sets the value of the key to `next` only if the current value is exactly `expected`. Returns `true` if this call
   * has set the value.
   */
  compareAndSet(key: string, expected: string, next: string, ttlSeconds: number): Promise<boolean>;
  /**
   * Adds one to a counter and returns the new value. The counter's time window starts with the first call and is never
   * extended.
   */
  increment(key: string, windowSeconds: number): Promise<number>;
  /** Deletes the keys. Keys that do not exist are ignored. */
  delete(keys: readonly string[]): Promise<void>;
  /** Returns the time of a clock that all instances share, in milliseconds since the epoch. */
  now(): Promise<number>;
  /**
   * Sends a message to all subscribers of the channel in every process, including this one. Each subscriber receives
   * the message at most once.
   */
  publish(channel: string, message: string): Promise<void>;
  /**
   * Subscribes to the messages of a channel. A subscription starts in the lost state (see `Subscriber.lost`), even if
   * the store answers. The subscription reconnects by itself after every loss.
   */
  subscribe(channel: string, subscriber: Subscriber): Unsubscribe;
  /**
   * Registers a listener for errors that no method call can report to its caller. Latchkey calls this method with its
   * own listener. A store does not need this method if it already has a listener from the host, or if such errors
   * cannot occur.
   */
  listen?(onEvent: OnEvent): void;
  /** Closes the connections and timers that the store itself opened, but nothing that the host passed in. */
  close(): Promise<void>;
}

/** Receives the messages of a channel. */
export interface Subscriber {
  message(text: string): void;
  /** Called when messages might be lost from now on. */
  lost(): void;
  /** Called when messages arrive again. Messages that were sent after the call of `lost` may be missing. */
  restored(): void;
}

/** Ends a subscription. */
export type Unsubscribe = () => Promise<void>;
