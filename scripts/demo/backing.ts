// The stores of the app: a database, the shared state, and the session store.
import { RedisStore } from 'connect-redis';
import { MemoryStore, type Store } from 'express-session';
import { Redis } from 'ioredis';
import { memoryState, redisState, type SharedState, type SqlPool } from '../../src/index.js';
import { addressIn } from './complaint.js';

/** The database, the shared state and the session store. */
export interface Backing {
  readonly pool: SqlPool;
  readonly state: SharedState;
  readonly sessions: Store;
  /** The names of the stores, for messages. */
  readonly description: string;
  /** The database and its address, for messages. */
  readonly database: string;
  close(): Promise<void>;
}

/** Where the stores are. */
export interface BackingOptions {
  /** A Postgres server. Default: PGlite, which is Postgres inside this process. */
  readonly databaseUrl?: string | undefined;
  /** The folder in which PGlite keeps its data. Default: in memory. */
  readonly dataFolder?: string | undefined;
  /** A Redis server. Default: this process' memory, which no other instance shares. */
  readonly redisUrl?: string | undefined;
  /** The prefix of this demo's keys in Redis. Default: `latchkey-demo`. */
  readonly redisPrefix?: string;
  readonly onError: (error: Error) => void;
}

/** Opens the stores. Does not fail if a service is unavailable now: its requests fail instead. */
export async function openBacking(options: BackingOptions): Promise<Backing> {
  const database = await openDatabase(options);
  const shared = options.redisUrl === undefined ? inMemory() : inRedis(options.redisUrl, options);
  return {
    pool: database.pool,
    state: shared.state,
    sessions: shared.sessions,
    description: `${database.name}, ${shared.name}`,
    database: database.name,
    async close() {
      await shared.close();
      await database.close();
    },
  };
}

interface Database {
  readonly name: string;
  readonly pool: SqlPool;
  close(): Promise<void>;
}

async function openDatabase({ databaseUrl, dataFolder, onError }: BackingOptions): Promise<Database> {
  if (databaseUrl === undefined) {
    // PGlite is large, so it is loaded only if it is used.
    const { PGlite } = await import('@electric-sql/pglite');
    const pglite = await PGlite.create(dataFolder);
    return { name: 'PGlite', pool: pglite, close: () => pglite.close() };
  }
  const name = `PostgreSQL at ${addressIn('DATABASE_URL', databaseUrl)}`;
  const { Pool } = await import('pg');
  // Without these limits, pg waits forever for a database that does not answer.
  const pool = new Pool({
    connectionString: databaseUrl,
    max: 10,
    connectionTimeoutMillis: 2000,
    query_timeout: 2000,
    keepAlive: true,
  });
  // Idle connections break when the server restarts. Without a listener, that would end the process.
  pool.on('error', onError);
  return { name, pool, close: () => pool.end() };
}

interface Shared {
  readonly name: string;
  readonly state: SharedState;
  readonly sessions: Store;
  close(): Promise<void>;
}

function inMemory(): Shared {
  return { name: 'state in memory', state: memoryState(), sessions: new MemoryStore(), close: async () => {} };
}

function inRedis(url: string, { redisPrefix = 'latchkey-demo', onError }: BackingOptions): Shared {
  // For the sessions. Latchkey opens its own connections to the same address.
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: 500,
    // Without this limit, ioredis keeps a connection that no longer gets replies.
    socketTimeout: 1000,
    retryStrategy: (attempt) => Math.min(attempt * 50, 1000),
  });
  // Logs one line for an outage, not one for every attempt to connect.
  let reported = false;
  redis.on('error', (error: Error) => {
    if (!reported) onError(error);
    reported = true;
  });
  redis.on('ready', () => {
    reported = false;
  });
  return {
    name: 'state in Redis',
    state: redisState(redis, { prefix: `${redisPrefix}:` }),
    sessions: new RedisStore({ client: redis, prefix: `${redisPrefix}-session:` }),
    close: async () => redis.disconnect(),
  };
}
