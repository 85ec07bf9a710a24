// Copies a database, and puts another one in its place.
import type pg from 'pg';
import type { PostgresServer } from '../support/postgres.js';
import { until } from '../support/processes.js';

/** Copies a database and returns the name of the copy. All connections break. */
export async function copyDatabase(server: PostgresServer, live: string): Promise<string> {
  const copy = `copy_of_${live}`;
  await withAdmin(server, async (admin) => {
    await admin.query(`ALTER DATABASE ${live} WITH ALLOW_CONNECTIONS false`);
    await disconnectAll(admin, live);
    await admin.query(`CREATE DATABASE ${copy} TEMPLATE ${live}`);
    await admin.query(`ALTER DATABASE ${live} WITH ALLOW_CONNECTIONS true`);
  });
  return copy;
}

/** Replaces a database by another one under the same name. All connections break. */
export async function swapDatabase(server: PostgresServer, live: string, other: string): Promise<void> {
  await withAdmin(server, async (admin) => {
    await admin.query(`ALTER DATABASE ${live} WITH ALLOW_CONNECTIONS false`);
    await disconnectAll(admin, live);
    await admin.query(`ALTER DATABASE ${live} RENAME TO lost_${live}`);
    await admin.query(`ALTER DATABASE ${other} RENAME TO ${live}`);
  });
}

async function withAdmin(server: PostgresServer, work: (admin: pg.Pool) => Promise<void>): Promise<void> {
  const admin = server.pool({ max: 1 });
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

async function disconnectAll(admin: pg.Pool, database: string): Promise<void> {
  await until('no connection is left', async () => {
    const { rows } = await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
      database,
    ]);
    return rows.length === 0;
  });
}
