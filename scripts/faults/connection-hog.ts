// Takes all connections of a Postgres server.
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { until } from '../../test/support/processes.js';
import type { Site } from './site.js';

const loops = 8;

/** Takes every connection that becomes free, from `begin` until `end`. */
export function connectionHog({ postgres, servers }: Site): { begin(): Promise<void>; end(): Promise<void> } {
  const taken = new Set<pg.Client>();
  let taking: Promise<void>[] = [];
  let running = false;
  let isFull = false;

  async function connect(): Promise<pg.Client> {
    const { host, port, user } = postgres;
    const client = new pg.Client({ host, port, user, database: 'postgres' });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  async function take(): Promise<void> {
    while (running) {
      try {
        taken.add(await connect());
      } catch (error) {
        if ((error as pg.DatabaseError).code !== tooManyConnections) throw error;
        isFull = true;
        await pause(5);
      }
    }
  }

  return {
    async begin() {
      running = true;
      const admin = await connect();
      taken.add(admin);
      taking = Array.from({ length: loops }, take);
      const names = servers.map(({ name }) => name);
      await until('no server has a connection', async () => {
        if (!isFull) return false;
        const { rows } = await admin.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ANY($1)',
          [names],
        );
        // When a connection ends, a server can use the free place before this program does.
        isFull = rows.length === 0;
        return isFull;
      });
    },
    async end() {
      running = false;
      await Promise.all(taking);
      await Promise.all([...taken].map((client) => client.end()));
      taken.clear();
    },
  };
}

const tooManyConnections = '53300';
