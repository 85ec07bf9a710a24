// One server of the benchmark, in a process of its own. The parent process sends its variant in the environment, and
// asks for its use of CPU and its statements.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { Redis } from 'ioredis';
import pg from 'pg';
import { paths, respond } from '../hosts.js';
import { subjectOf } from '../people.js';
import { type BenchRequest, headerRequest } from '../requests.js';
import { peopleCount } from './own-servers.js';
import type { BuildServer, ServerParts } from './server-parts.js';
import type { Ready, ServerSettings, Usage } from './server-process.js';

const host = '127.0.0.1';
let statements = 0;

/** Counts every statement of this process, including those of transactions. */
function countStatements(): void {
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function counted(this: pg.Client, ...args: unknown[]) {
    statements += 1;
    return Reflect.apply(query, this, args);
  } as typeof query;
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuMicroseconds: user + system, statements };
}

function partsOf(settings: ServerSettings, origin: string): ServerParts {
  const redis = new Redis({ host, port: settings.redis });
  const subjects = Array.from({ length: peopleCount }, (_, index) => subjectOf(index));
  const request = (subject: string): BenchRequest => headerRequest(paths.guarded, subject);
  return {
    app: express(),
    origin,
    // The server of the tests logs all statements, which would cost time that servers in production do not spend.
    pool: new pg.Pool({ host, ...settings.postgres, user: 'postgres', options: '-c log_statement=none' }),
    redis,
    path: paths.guarded,
    respond,
    sessionMiddleware: () =>
      session({
        store: new RedisStore({ client: redis }),
        secret: 'a secret of the benchmarks, of 32 bytes or more',
        resave: false,
        saveUninitialized: false,
      }),
    headerRequests: async () => subjects.map(request),
    async each(headerOf) {
      const requests: BenchRequest[] = [];
      for (const subject of subjects) {
        const { target, headers } = request(subject);
        requests.push({ target, headers: [...headers, ...(await headerOf(subject))] });
      }
      return requests;
    },
    withCookies: async (path, requests) => {
      const withCookies: BenchRequest[] = [];
      for (const { target, headers } of await requests) {
        const pairs = Array.from({ length: headers.length / 2 }, (_, at) => headers.slice(2 * at, 2 * at + 2));
        const sent = pairs.filter(([name]) => name !== 'Host') as [string, string][];
        const response = await fetch(origin + path, { headers: sent });
        const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]);
        await response.arrayBuffer();
        if (cookies.length === 0) throw new Error(`${path} has set no cookie: ${response.status}`);
        withCookies.push({ target, headers: [...headers, 'Cookie', cookies.join('; ')] });
      }
      return withCookies;
    },
  };
}

async function main(settings: ServerSettings): Promise<void> {
  countStatements();
  const server = createServer();
  // Connections are idle while other servers are measured.
  server.keepAliveTimeout = 0;
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const parts = partsOf(settings, `http://${host}:${port}`);
  server.on('request', parts.app);
  const file = settings.file.startsWith('/') ? pathToFileURL(settings.file).href : settings.file;
  const builders = (await import(file)) as Readonly<Record<string, BuildServer>>;
  const prepare = await builders[settings.build]?.(parts);
  if (prepare === undefined) throw new Error(`${file} has no ${settings.build}`);
  const ready: Ready = { port, requests: await prepare() };
  process.on('message', () => process.send?.(usage()));
  process.on('disconnect', () => process.exit());
  process.send?.(ready);
}

await main(JSON.parse(process.env['LATCHKEY_BENCH_SERVER'] ?? '') as ServerSettings);
