// What the app stands on: a database, the shared state, and the store of its sessions.
import { RedisStore } from 'connect-redis';
import { MemoryStore, type Store } from 'express-session';
import { Redis } from 'ioredis';
import { memoryState, redisState, type SharedState, type SqlPool } from '../../src/index.js';
import { addressIn } from './complaint.js';

/** The database, the shared state and the session store, and how to let go of them. */
export interface Backing {
  readonly pool: SqlPool;
  readonly state: SharedState;
  readonly sessions: Store;
  /** For people: what it stands on. */
  readonly description: string;
  /** For people: which database, and where. */
  readonly database: string;
  close(): Promise<void>;
}

/** Where the backing is. */
export interface BackingOptions {
  /** A Postgres server. Without one: PGlite, Postgres inside this process. */
  readonly databaseUrl?: string | undefined;
  /** The folder in which PGlite keeps its data. Default: in memory. */
  readonly dataFolder?: string | undefined;
  /** A Redis server. Without one: this process' memory, which no other instance shares. */
  readonly redisUrl?: string | undefined;
  /** Sets this demo's keys in Redis apart from those of others. Default: `latchkey-demo`. */
  readonly redisPrefix?: string;
  readonly onError: (error: Error) => void;
}

/** Opens everything. Services that are away for now are no failure: requests find out. */
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
    // Big, so only loaded where it is used.
    const { PGlite } = await import('@electric-sql/pglite');
    const pglite = await PGlite.create(dataFolder);
    return { name: 'PGlite', pool: pglite, close: () => pglite.close() };
  }
  const name = `PostgreSQL at ${addressIn('DATABASE_URL', databaseUrl)}`;
  const { Pool } = await import('pg');
  // A database that does not answer must be found out: pg itself waits for ever.
  const pool = new Pool({
    connectionString: databaseUrl,
    max: 10,
    connectionTimeoutMillis: 2000,
    query_timeout: 2000,
    keepAlive: true,
  });
  // Idle connections break when the server restarts; without a listener that would end the process.
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
  // For the sessions; Latchkey opens connections of its own, with the same address.
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    commandTimeout: 500,
    retryStrategy: (attempt) => Math.min(attempt * 50, 1000),
  });
  // An outage is one line in the log, not one for every attempt to connect.
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
