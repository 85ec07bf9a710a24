// Where a server process finds Postgres and Redis, and the TCP proxies between them.
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { quiet } from '../support/redis.js';
import type { SentinelSet } from '../support/redis-sentinel.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const host = '127.0.0.1';

/** The settings of a Redis client that a test may choose. */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

/** Where Redis is. */
export type RedisPlace =
  | { readonly port: number }
  | { readonly sentinels: ClientOptions }
  | { readonly nodes: readonly number[] };

/** The place of a Sentinel set. */
export function sentinelPlace(set: SentinelSet): RedisPlace {
  const { sentinels, name, natMap } = set.client().options;
  return { sentinels: { sentinels, name, ...(natMap === undefined ? {} : { natMap }) } as ClientOptions };
}

/** Where a database is. */
export interface PostgresPlace {
  readonly port: number;
  readonly database: string;
}

/** A client of the Redis at this place. */
export function redisClient(place: RedisPlace, options: ClientOptions = {}): Redis | Cluster {
  if ('nodes' in place) {
    const nodes = place.nodes.map((port) => ({ host, port }));
    return quiet(new Cluster(nodes, { redisOptions: options }));
  }
  return quiet(
    new Redis('port' in place ? { host, port: place.port, ...options } : { ...place.sentinels, ...options }),
  );
}

/** What a process is told, so that it connects through TCP proxies of its own. */
export interface Wired {
  readonly postgres: PostgresPlace;
  readonly redis: RedisPlace;
  readonly postgresWire: TcpProxy;
  /** The proxy between it and a single Redis. Sentinel sets and Clusters are reached directly. */
  readonly redisWire: TcpProxy | undefined;
  stop(): Promise<void>;
}

/** Starts the TCP proxies of one process. */
export async function wired(postgres: PostgresPlace, redis: RedisPlace): Promise<Wired> {
  const postgresWire = await startTcpProxy({ host, port: postgres.port });
  const redisWire = 'port' in redis ? await startTcpProxy({ host, port: redis.port }) : undefined;
  return {
    postgres: { port: postgresWire.port, database: postgres.database },
    redis: redisWire === undefined ? redis : { port: redisWire.port },
    postgresWire,
    redisWire,
    async stop() {
      await postgresWire.stop();
      await redisWire?.stop();
    },
  };
}
