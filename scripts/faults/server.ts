// The program of one server process: the app of the README, plus a local login and a file of its events.
import { appendFileSync } from 'node:fs';
import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { RedisStore } from 'connect-redis';
import express, { type ErrorRequestHandler } from 'express';
import session from 'express-session';
import pg from 'pg';
import { latchkey, postgresDirectory, redisState } from '../../src/index.js';
import { type PostgresPlace, type RedisPlace, redisClient } from '../../test/faults/places.js';

/** The settings of the program, in the environment variable `LATCHKEY_SERVER`. */
export interface ServerSettings {
  readonly name: string;
  readonly port: number;
  readonly postgres: PostgresPlace;
  readonly redis: RedisPlace;
  /** The file to which the process appends each event, as one line of JSON. */
  readonly events: string;
}

/** What the process reports about its event loop since the last report. Durations are in milliseconds. */
export interface LoopReport {
  readonly delayP99: number;
  readonly delayMax: number;
  /** The share of the time in which the event loop was busy: 0 to 1. */
  readonly utilization: number;
}

/** The name and the value of the header by which the proxy proves its identity. */
export const proxySecret = { header: 'X-Latchkey-Proxy-Secret', value: 'proxy-secret-of-the-fault-tests' };

/** The roles of groups, by configuration. */
export const configuredRoles: Readonly<Record<string, readonly string[]>> = { admins: ['admin'], staff: ['viewer'] };

const host = '127.0.0.1';

async function serve(settings: ServerSettings): Promise<void> {
  const redis = redisClient(settings.redis, {
    commandTimeout: 1000,
    socketTimeout: 2000,
    maxRetriesPerRequest: 1,
    retryStrategy: (attempt) => Math.min(attempt * 50, 1000),
  });
  const pool = new pg.Pool({
    host,
    ...settings.postgres,
    user: 'postgres',
    connectionTimeoutMillis: 2000,
    query_timeout: 5000,
    application_name: settings.name,
  });
  pool.on('error', () => {});
  const limits = { redemptionsPerAddress: 5000, wrongCodesInAll: 10_000, pairingsPerUser: 1000 };
  const auth = latchkey({
    trustedProxies: [host],
    proxySecret: { header: proxySecret.header, values: [proxySecret.value] },
    headers: 'authelia',
    directory: postgresDirectory(pool),
    state: redisState(redis),
    groupRoles: configuredRoles,
    unguardedPaths: ['/api'],
    tokens: {
      keys: [{ kid: 'faults', secret: 'token-secret-of-the-fault-tests-0' }],
      issuer: 'https://music.example.com/api/auth',
    },
    quickConnect: { appLink: 'https://music.example.com/link', limits },
    onEvent: (event) => appendFileSync(settings.events, `${JSON.stringify(event)}\n`),
  });

  const app = express();
  app.get('/loop', loopReports());
  app.use(
    session({
      store: new RedisStore({ client: redis }),
      secret: 'session-secret-of-the-fault-tests',
      resave: false,
      saveUninitialized: false,
    }),
  );
  const withoutSession: ErrorRequestHandler = (_error, _req, res, next) => {
    if (!res.headersSent) next();
  };
  app.use(withoutSession);
  app.use(auth.authenticate);
  app.use('/auth', auth.router);
  app.use('/api/auth', auth.tokenRouter);
  app.get('/api/library', auth.requireLogin(), (req, res) => {
    const { subject, roles } = req.principal ?? { subject: '', roles: new Set<string>() };
    res.json({ subject, roles: [...roles].sort() });
  });
  // The host's own login. It needs no password, because these tests check only what happens after a login.
  app.post('/local/login/:subject', async (req, res) => {
    await auth.signIn(req, (await auth.users.find(String(req.params['subject']))).id);
    res.sendStatus(204);
  });
  app.post('/local/logout', async (req, res) => {
    await auth.signOut(req);
    res.sendStatus(204);
  });
  app.use(auth.problems);
  const afterAnswer: ErrorRequestHandler = (error, _req, res, next) => {
    if (!res.writableEnded) next(error);
  };
  app.use(afterAnswer);
  const server = app.listen(settings.port, host);
  // The server keeps idle connections open for longer than the proxy does. Otherwise, it could close a connection on
  // which a request is just arriving.
  server.keepAliveTimeout = 600_000;
}

function loopReports(): express.RequestHandler {
  const histogram = monitorEventLoopDelay({ resolution: 10 });
  histogram.enable();
  let since: EventLoopUtilization = performance.eventLoopUtilization();
  return (_req, res) => {
    const { utilization } = performance.eventLoopUtilization(since);
    const report: LoopReport = {
      delayP99: histogram.percentile(99) / 1e6,
      delayMax: histogram.max / 1e6,
      utilization,
    };
    since = performance.eventLoopUtilization();
    histogram.reset();
    res.json(report);
  };
}

const given = process.env['LATCHKEY_SERVER'];
if (given !== undefined) await serve(JSON.parse(given) as ServerSettings);
