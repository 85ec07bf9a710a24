// Structural types for the parts of ioredis 5 and 6 that redisState uses, so that Latchkey's type declarations do not
// import ioredis.

/** Receives an event of ioredis. */
export type RedisListener = (...args: unknown[]) => void;

/** One connection to one Redis server. ioredis' `Redis` has this shape. */
export interface RedisClient {
  readonly isCluster: boolean;
  readonly options: object;
  readonly status: string;
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
  connect(): Promise<void>;
  /** Closes the connection. If `reconnect` is `true`, the client connects again afterwards. */
  disconnect(reconnect?: boolean): void;
  duplicate(override?: object): RedisClient;
  on(event: string, listener: RedisListener): unknown;
}

/** Connections to every node of a Redis Cluster. ioredis' `Cluster` has this shape. */
export interface RedisCluster {
  readonly isCluster: boolean;
  readonly options: object;
  readonly status: string;
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
  connect(): Promise<void>;
  disconnect(): void;
  duplicate(overrideStartupNodes?: never[], overrideOptions?: object): RedisCluster;
  nodes(role?: 'master'): RedisClient[];
  refreshSlotsCache(): void;
  on(event: string, listener: RedisListener): unknown;
}

/** Returns `true` if the client is a Cluster client. */
export function isCluster(client: RedisClient | RedisCluster): client is RedisCluster {
  return client.isCluster;
}

/** Returns `true` if the client asks Sentinels for the primary. */
export function hasSentinels({ options }: RedisClient): boolean {
  return Array.isArray((options as { readonly sentinels?: unknown }).sentinels);
}

/** Returns `host:port`, which identifies a node of a Cluster. */
export function nodeKey(node: RedisClient): string {
  const { host, port } = node.options as { readonly host?: string; readonly port?: number };
  return `${host}:${port}`;
}

/** Returns the `keyPrefix` of the host's client, or an empty string. */
export function keyPrefixOf(client: RedisClient | RedisCluster): string {
  const options = client.options as { keyPrefix?: unknown; redisOptions?: { keyPrefix?: unknown } };
  return String(options.keyPrefix ?? options.redisOptions?.keyPrefix ?? '');
}

/**
 * Returns the delay before the n-th attempt to connect, in milliseconds. The delay grows to at most one second. The
 * number of attempts is not limited.
 */
export function reconnectDelay(attempt: number): number {
  const longest = Math.min(attempt * 50, 1000);
  // The random part prevents instances that lost Redis at the same time from reconnecting all at once.
  return Math.ceil(longest * (0.5 + Math.random() / 2));
}

/**
 * Returns the delay before the next attempt after a refusal, in milliseconds. The delay grows to at most one minute,
 * because an operator has to resolve the refusal.
 */
export function refusedDelay(attempt: number): number {
  const longest = Math.min(100 * 2 ** attempt, 60_000);
  return Math.ceil(longest * (0.5 + Math.random() / 2));
}
