// Starts Postgres, Redis and three server processes. Each server has its own TCP proxies.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { migrate } from '../../src/index.js';
import { type RedisPlace, type Wired, wired } from '../../test/faults/places.js';
import { type PostgresServer, startPostgres } from '../../test/support/postgres.js';
import { freePort, type RunningProcess, startProcess, temporaryFolder } from '../../test/support/processes.js';
import type { ServerSettings } from './server.js';

const program = new URL('./server.js', import.meta.url).pathname;

/** One server process. */
export interface Server {
  readonly name: string;
  readonly url: string;
  readonly wire: Wired;
  readonly process: RunningProcess;
  /** The file with its events. */
  readonly events: string;
  /** When the process was last not running, in milliseconds of `performance.now()`. It then cannot answer. */
  readonly absent: { from: number; until: number };
  /** Ends the process as a crash would (SIGKILL). */
  kill(): Promise<void>;
  /** Starts the process again after `kill`, with additional variables in its environment. */
  restart(environment?: NodeJS.ProcessEnv): Promise<void>;
}

/** The database and the servers of a run. */
export interface Site {
  readonly postgres: PostgresServer;
  /** A pool that does not use the TCP proxies. */
  readonly database: pg.Pool;
  readonly servers: readonly Server[];
  stop(): Promise<void>;
}

/** Starts a database and three server processes that use this Redis. */
export async function startSite(redis: RedisPlace): Promise<Site> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.toReversed()) await end();
  };
  try {
    const postgres = await startPostgres();
    stops.push(() => postgres.stop());
    const database = await postgres.database({ max: 4 });
    const { database: name = '' } = database.options;
    await makeDurable(database, name);
    await migrate(database);
    const folder = await temporaryFolder('faults');
    stops.push(folder.remove);
    const servers = await Promise.all(
      ['one', 'two', 'three'].map(async (each) => {
        const wire = await wired({ port: postgres.port, database: name }, redis);
        stops.push(wire.stop);
        const server = await startServer(each, wire, join(folder.path, `${each}.events`));
        stops.push(server.kill);
        return server;
      }),
    );
    return { postgres, database, servers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A crash must not lose committed data. The log of statements is off, because it would slow the servers down. */
export async function makeDurable(pool: pg.Pool, database: string): Promise<void> {
  await pool.query(`ALTER DATABASE ${database} SET synchronous_commit = on`);
  await pool.query(`ALTER DATABASE ${database} SET log_statement = 'none'`);
}

async function startServer(name: string, wire: Wired, events: string): Promise<Server> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings: ServerSettings = { name, port, postgres: wire.postgres, redis: wire.redis, events };
  const start = (environment: NodeJS.ProcessEnv = {}): Promise<RunningProcess> =>
    startProcess({
      program: process.execPath,
      args: [program],
      environment: { LATCHKEY_SERVER: JSON.stringify(settings), ...environment },
      answers: async () => (await fetch(`${url}/loop`)).status === 200,
    });
  await writeFile(events, '');
  let running = await start();
  const absent = { from: 0, until: 0 };
  return {
    name,
    url,
    wire,
    events,
    absent,
    get process() {
      return running;
    },
    async kill() {
      absent.from = performance.now();
      absent.until = Number.POSITIVE_INFINITY;
      await running.stop('SIGKILL');
    },
    async restart(environment) {
      running = await start(environment);
      absent.until = performance.now();
    },
  };
}
