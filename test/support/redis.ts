// Starts real Redis servers for tests: a single one, or a Cluster.
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import { freePort, type RunningProcess, startProcess, temporaryFolder, until } from './processes.js';

/** How to start a server. */
export interface RedisServerOptions {
  /** Default: a free one. Pass a port to start a server in the place of another one. */
  readonly port?: number;
  /** Further arguments of `redis-server`, such as `--maxmemory-policy allkeys-lru`. */
  readonly args?: readonly string[];
}

/**
 * A running server. By default, it never writes a dump while it runs. It has a save point, which it never reaches, so
 * that it counts as persistent.
 */
export interface RedisServer {
  readonly host: string;
  readonly port: number;
  /** A new client for the test. `stop` disconnects it. */
  client(options?: Omit<RedisOptions, 'replyMapping'>): Redis;
  /** Suspends the server without closing its connections (SIGSTOP). `thaw` continues it (SIGCONT). */
  freeze(): void;
  thaw(): void;
  /** Ends the server as a crash would (SIGKILL). `restart` starts it on the same port, without the data in memory. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Ends it for good. Default signal: SIGKILL. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const host = '127.0.0.1';

/** ioredis prints errors that have no listener. Tests that stop servers expect errors. */
export function quiet<Client extends Redis | Cluster>(client: Client): Client {
  client.on('error', () => {});
  return client;
}

/** Whether this process answers on the port. Another one may have got the same free port in the meantime. */
export async function answers(port: number, pid: number): Promise<boolean> {
  const probe = quiet(new Redis({ host, port, retryStrategy: null, maxRetriesPerRequest: 0 }));
  try {
    return (await probe.info('server')).includes(`process_id:${pid}\r\n`);
  } finally {
    probe.disconnect();
  }
}

async function launch(port: number, args: readonly string[]): Promise<RedisServer> {
  const folder = await temporaryFolder('redis');
  const clients = new Set<Redis>();

  const start = (): Promise<RunningProcess> =>
    startProcess({
      program: 'redis-server',
      args: [
        '--port',
        String(port),
        '--bind',
        host,
        '--dir',
        folder.path,
        '--save',
        '86400 1000000000',
        '--appendonly',
        'no',
        ...args,
      ],
      folder: folder.path,
      answers: (pid) => answers(port, pid),
    });
  let running: RunningProcess;
  try {
    running = await start();
  } catch (error) {
    await folder.remove();
    throw error;
  }

  return {
    host,
    port,
    client(options = {}) {
      const client = quiet(new Redis({ host, port, ...options }));
      clients.add(client);
      return client;
    },
    freeze: () => running.signal('SIGSTOP'),
    thaw: () => running.signal('SIGCONT'),
    kill: () => running.stop('SIGKILL'),
    async restart() {
      running = await start();
    },
    async stop(signal = 'SIGKILL') {
      for (const client of clients) {
        client.disconnect();
      }
      await running.stop(signal);
      await folder.remove();
    },
  };
}

/** Starts a Redis server on loopback and waits until it answers. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { port, args = [] } = options;
  if (port !== undefined) {
    return launch(port, args);
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(await freePort(), args);
    } catch (error) {
      // Another process may take a free port first.
      if (attempt === 5 || !(error instanceof Error) || !error.message.includes('Address already in use')) {
        throw error;
      }
    }
  }
}

/** The user who logs in. Default: the user without a password. */
export interface RedisLogin {
  readonly username?: string;
  readonly password?: string;
}

/** A running Cluster of primaries without replicas. */
export interface RedisClusterServers {
  readonly nodes: readonly RedisServer[];
  /** A new client for the test. `stop` disconnects it. */
  client(options?: Omit<ClusterOptions, 'redisOptions'>, login?: RedisLogin): Cluster;
  stop(): Promise<void>;
}

/** Starts a server that can join a Cluster and has not joined one yet. */
export async function startClusterNode(): Promise<RedisServer> {
  const busPort = await freePort();
  return startRedis({
    args: [
      ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-node-timeout', '5000'],
      ...['--cluster-require-full-coverage', 'no', '--cluster-config-file', 'nodes.conf'],
    ],
  });
}

/** Adds `node` to the Cluster of `member`. */
export async function meet(member: RedisServer, node: RedisServer): Promise<void> {
  const reply = await node.client().config('GET', 'cluster-port');
  await member.client().call('cluster', 'meet', host, node.port, String((reply as string[])[1]));
}

/** Starts a Redis Cluster with three primaries and waits until every node knows that it is complete. */
export async function startRedisCluster(): Promise<RedisClusterServers> {
  const size = 3;
  const slots = 16384;
  const nodes: RedisServer[] = [];
  const clients = new Set<Cluster>();

  async function stop(): Promise<void> {
    for (const client of clients) {
      client.disconnect();
    }
    await Promise.all(nodes.map((node) => node.stop()));
  }

  try {
    for (let index = 0; index < size; index += 1) {
      nodes.push(await startClusterNode());
    }
    const admins = nodes.map((node) => node.client());
    await Promise.all(
      admins.map((admin, index) => {
        const first = Math.floor((index * slots) / size);
        const last = Math.floor(((index + 1) * slots) / size) - 1;
        return admin.call('cluster', 'addslotsrange', first, last);
      }),
    );
    for (const node of nodes.slice(1)) {
      await meet(nodes[0] as RedisServer, node);
    }
    await until('the Cluster is complete', async () => {
      const infos = await Promise.all(admins.map((admin) => admin.cluster('INFO')));
      return infos.every(
        (info) => info.includes('cluster_state:ok') && info.includes(`cluster_slots_assigned:${slots}`),
      );
    });
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    nodes,
    client(options = {}, login = {}) {
      const startup = nodes.map(({ port }) => ({ host, port }));
      const client = quiet(new Cluster(startup, { ...options, redisOptions: login }));
      clients.add(client);
      return client;
    },
    stop,
  };
}
