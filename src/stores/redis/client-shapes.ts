// What redisState needs of ioredis, 5 and 6, as structures: its declarations need no ioredis where there is none.

/** Receives an event of ioredis. */
export type RedisListener = (...args: unknown[]) => void;

/** One connection to one Redis server. ioredis' `Redis` has this shape. */
export interface RedisClient {
  readonly isCluster: boolean;
  readonly options: object;
  readonly status: string;
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
  connect(): Promise<void>;
  /** `reconnect`: connects again afterwards. */
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

/** Is it the Cluster client? Both say so themselves. */
export function isCluster(client: RedisClient | RedisCluster): client is RedisCluster {
  return client.isCluster;
}

/** Does it ask Sentinels for the primary? */
export function hasSentinels({ options }: RedisClient): boolean {
  return Array.isArray((options as { readonly sentinels?: unknown }).sentinels);
}

/** `host:port` of the node, which tells the nodes of a Cluster apart. */
export function nodeKey(node: RedisClient): string {
  const { host, port } = node.options as { readonly host?: string; readonly port?: number };
  return `${host}:${port}`;
}

/** The key prefix that the host's client puts before each key, or nothing. */
export function keyPrefixOf(client: RedisClient | RedisCluster): string {
  const options = client.options as { keyPrefix?: unknown; redisOptions?: { keyPrefix?: unknown } };
  return String(options.keyPrefix ?? options.redisOptions?.keyPrefix ?? '');
}

/** Milliseconds to wait before the n-th attempt to connect: soon at first, then about once a second, for ever. */
export function reconnectDelay(attempt: number): number {
  const longest = Math.min(attempt * 50, 1000);
  // Instances that lost Redis together should not all come back at the same instant.
  return Math.ceil(longest * (0.5 + Math.random() / 2));
}

/** Milliseconds to wait where Redis refuses: soon again at first, then about once a minute, since somebody has to act. */
export function refusedDelay(attempt: number): number {
  const longest = Math.min(100 * 2 ** attempt, 60_000);
  return Math.ceil(longest * (0.5 + Math.random() / 2));
}
