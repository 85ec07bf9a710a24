// test/e2e: the whole system: two instances of the demo app behind real nginxes, with one Redis and one Postgres.
import { connect } from 'node:net';
import type pg from 'pg';
import { logInAtPortal, type Visitor, visitor } from '../../scripts/demo/visitor.js';
import { filledTemplate, type Nginx, startNginx } from '../support/nginx.js';
import { checkedArguments, checkedEnvironment } from '../support/openapi/process-arguments.js';
import { deviceFlowParts } from '../support/openapi/usual-parts.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { freePort, type RunningProcess, startProcess } from '../support/processes.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const serve = new URL('../../scripts/demo/serve.js', import.meta.url).pathname;

/** One instance of the app. */
export interface Instance {
  /** Its own address, without the proxy. */
  readonly url: string;
  /** An nginx that sends everything to this instance. */
  readonly front: string;
  readonly process: RunningProcess;
}

/** The load on the database since a moment, without the beats of the journal (one a second in each process). */
export interface Mark {
  /** The latest statement of each connection since then. */
  statements(): Promise<readonly unknown[]>;
  /** How many transactions have written users, devices and mappings since then. */
  writes(): Promise<number>;
}

/** Everything that runs. */
export interface Stack {
  readonly one: Instance;
  readonly two: Instance;
  /** An nginx that balances requests between both instances. */
  readonly front: string;
  readonly phone: string;
  readonly adminPassword: string;
  readonly redis: RedisServer;
  /** The TCP proxy between the second instance and Redis. */
  readonly redisWire: TcpProxy;
  /** The TCP proxy between the app and Postgres. */
  readonly wire: TcpProxy;
  /** A pool on the app's database that does not use the TCP proxy. */
  readonly database: pg.Pool;
  /** A browser that is logged in at the portal as this person. */
  loggedIn(person: string, groups: string): Promise<Browser>;
  /** Starts to observe the load on the database. */
  mark(): Promise<Mark>;
  /** Restarts Redis on the same port. */
  restartRedis(): Promise<void>;
  stop(): Promise<void>;
}

/** One browser, with the same cookies at both instances. */
export interface Browser {
  /** At the nginx in front of the first instance. */
  readonly one: Visitor;
  /** At the nginx in front of the second. */
  readonly two: Visitor;
}

/** Starts everything. Takes a few seconds. */
export async function startStack(): Promise<Stack> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.toReversed()) await end();
  };
  const keep = <Part extends { stop(): Promise<unknown> }>(part: Part): Part => {
    stops.push(() => part.stop());
    return part;
  };

  try {
    const postgres: PostgresServer = keep(await startPostgres());
    const database = await postgres.database();
    const wire = keep(await startTcpProxy(postgres));
    let redis = await startRedis();
    stops.push(() => redis.stop());
    const redisWire = keep(await startTcpProxy(redis));

    const ports = { login: await freePort(), phone: await freePort(), one: await freePort(), two: await freePort() };
    const front = (...instances: number[]): Promise<Nginx> =>
      startNginx((listen) =>
        filledTemplate({
          LATCHKEY_LISTEN: listen,
          LATCHKEY_APPS: instances.map((port) => `server 127.0.0.1:${port};`).join(' '),
          LATCHKEY_LOGIN: `127.0.0.1:${ports.login}`,
          LATCHKEY_PROXY_SECRET: secrets.PROXY_SECRET,
        }),
      );
    const both = keep(await front(ports.one, ports.two));
    const frontOne = keep(await front(ports.one));
    const frontTwo = keep(await front(ports.two));

    const run = async (part: string, port: number, environment: NodeJS.ProcessEnv): Promise<RunningProcess> => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return keep(
            await startProcess({
              program: process.execPath,
              args: [...(part === 'app' ? checkedArguments : []), serve, part],
              environment: {
                ...secrets,
                ...checkedEnvironment({ ...deviceFlowParts, session: 'every-request' }),
                PUBLIC_URL: both.url,
                PORT: String(port),
                ...environment,
              },
              answers: () => connects(port),
            }),
          );
        } catch (error) {
          // Starts it again, as a supervisor would: on a busy computer a database may at first be too slow for the app.
          if (attempt === 5 || !(error instanceof Error) || !error.message.includes('is not available')) throw error;
        }
      }
    };
    const app = (name: string, port: number, redisPort: number): Promise<RunningProcess> =>
      run('app', port, {
        INSTANCE: name,
        PHONE_URL: `http://127.0.0.1:${ports.phone}`,
        TRUSTED_PROXIES: '127.0.0.1',
        REDIS_URL: `redis://127.0.0.1:${redisPort}`,
        DATABASE_URL: `postgres://postgres@127.0.0.1:${wire.port}/${database.options.database}`,
      });
    // In parallel: both instances find an empty database, and both set it up.
    const [one, two] = await Promise.all([
      app('one', ports.one, redis.port),
      app('two', ports.two, redisWire.port),
      run('login', ports.login, {}),
      run('phone', ports.phone, {}),
    ]);

    return {
      one: { url: `http://127.0.0.1:${ports.one}`, front: frontOne.url, process: one },
      two: { url: `http://127.0.0.1:${ports.two}`, front: frontTwo.url, process: two },
      front: both.url,
      phone: `http://127.0.0.1:${ports.phone}`,
      adminPassword: secrets.ADMIN_PASSWORD,
      get redis() {
        return redis;
      },
      redisWire,
      wire,
      database,
      async loggedIn(person, groups) {
        const jar = new Map<string, string>();
        const browser = { one: visitor(frontOne.url, jar), two: visitor(frontTwo.url, jar) };
        await logInAtPortal(browser.one, person, groups);
        return browser;
      },
      async mark() {
        const { rows } = await database.query<{ at: string; next: string }>(
          'SELECT clock_timestamp()::text AS at, pg_snapshot_xmax(pg_current_snapshot())::text AS next',
        );
        const { at, next } = rows[0] ?? { at: '', next: '' };
        return {
          statements: async () =>
            (
              await database.query(
                `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                  AND query_start >= $1::timestamptz AND query NOT LIKE '%latchkey_instances%'`,
                [at],
              )
            ).rows,
          async writes() {
            const counted = await database.query<{ writes: string }>(
              `SELECT count(DISTINCT written) AS writes FROM (
                SELECT xmin::text::bigint AS written FROM latchkey_users
                UNION ALL SELECT xmin::text::bigint FROM latchkey_devices
                UNION ALL SELECT xmin::text::bigint FROM latchkey_group_roles
              ) AS rows WHERE written >= $1::bigint`,
              [next],
            );
            return Number(counted.rows[0]?.writes);
          },
        };
      },
      async restartRedis() {
        const { port } = redis;
        await redis.stop();
        redis = await startRedis({ port });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const secrets = {
  PROXY_SECRET: 'proxy-secret-of-the-end-to-end-tests',
  TOKEN_SECRET: 'token-secret-of-the-end-to-end-tests',
  SESSION_SECRET: 'session-secret-of-the-end-to-end-tests',
  PORTAL_SECRET: 'portal-secret-of-the-end-to-end-tests',
  ADMIN_PASSWORD: 'password-of-the-end-to-end-tests',
};

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.end());
    socket.once('error', () => resolve(false));
    socket.once('close', (failed) => resolve(!failed));
  });
}
