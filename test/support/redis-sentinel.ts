// Starts a real Sentinel set for tests: one primary, one replica, three Sentinels.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort, type RunningProcess, startProcess, temporaryFolder, until } from './processes.js';
import { answers, quiet, type RedisServer, startRedis } from './redis.js';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';

/** A running set. */
export interface SentinelSet {
  /** Both servers; which one is the primary changes. */
  readonly servers: readonly [RedisServer, RedisServer];
  /** The server that the Sentinels name as the primary. */
  primary(): Promise<RedisServer>;
  /** A new client for the test, which asks the Sentinels. `stop` disconnects it. */
  client(): Redis;
  /** Makes the Sentinels replace a healthy primary. */
  failOver(): Promise<void>;
  /** Cuts the first server off from the Sentinels and the replica. Clients still reach it. */
  partition(): void;
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const name = 'main';

async function startSentinel(primaryPort: number, folder: string): Promise<{ port: number; process: RunningProcess }> {
  const port = await freePort();
  const file = join(folder, `sentinel-${port}.conf`);
  await writeFile(
    file,
    [
      ...[`port ${port}`, `bind ${host}`, `dir ${folder}`],
      `sentinel monitor ${name} ${host} ${primaryPort} 2`,
      `sentinel down-after-milliseconds ${name} 1000`,
      `sentinel failover-timeout ${name} 2000`,
    ].join('\n'),
  );
  const running = await startProcess({
    program: 'redis-server',
    args: [file, '--sentinel'],
    folder,
    answers: (pid) => answers(port, pid),
  });
  return { port, process: running };
}

/** Sentinels that each name the primary that the test chooses. */
export interface SingleSentinels {
  client(): Redis;
  /** Makes the Sentinel name this server from now on. */
  name(index: 0 | 1 | 2, primary: RedisServer): Promise<void>;
  stop(): Promise<void>;
}

/** Starts three Sentinels that name this server and never fail over. */
export async function startSingleSentinels(primary: RedisServer): Promise<SingleSentinels> {
  const folder = await temporaryFolder('sentinels');
  const sentinels: { readonly port: number; readonly process: RunningProcess }[] = [];
  const clients: Redis[] = [];
  for (let index = 0; index < 3; index += 1) sentinels.push(await startSentinel(primary.port, folder.path));
  return {
    client() {
      const client = quiet(
        new Redis({ sentinels: sentinels.map(({ port }) => ({ host, port })), name, lazyConnect: true }),
      );
      clients.push(client);
      return client;
    },
    async name(index, server) {
      const client = quiet(new Redis({ host, port: sentinels[index]?.port ?? 0 }));
      await client.call('sentinel', 'remove', name);
      await client.call('sentinel', 'monitor', name, host, server.port, 2);
      client.disconnect();
    },
    async stop() {
      for (const client of clients) client.disconnect();
      for (const { process } of sentinels) await process.stop('SIGKILL');
      await folder.remove();
    },
  };
}

/** Starts a set and waits until the Sentinels know each other and both servers. */
export async function startSentinelSet(): Promise<SentinelSet> {
  const folder = await temporaryFolder('sentinel');
  const servers: RedisServer[] = [];
  const sentinels: { readonly port: number; readonly process: RunningProcess }[] = [];
  const clients: Redis[] = [];
  const proxies: TcpProxy[] = [];

  async function stop(): Promise<void> {
    for (const client of clients) client.disconnect();
    for (const { process } of sentinels) await process.stop('SIGKILL');
    for (const server of servers) await server.stop();
    for (const proxy of proxies) await proxy.stop();
    await folder.remove();
  }

  function connect(port: number): Redis {
    const client = quiet(new Redis({ host, port }));
    clients.push(client);
    return client;
  }

  try {
    const first = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] });
    servers.push(first);
    // The Sentinels and the replica reach the first server only through this proxy.
    const proxy = await startTcpProxy(first);
    proxies.push(proxy);
    const second = await startRedis({
      args: ['--replicaof', `${host} ${proxy.port}`, '--repl-diskless-sync-delay', '0'],
    });
    servers.push(second);
    const replication = first.client();
    await until('the replica follows', async () => (await replication.info('replication')).includes('state=online'));
    for (let index = 0; index < 3; index += 1) sentinels.push(await startSentinel(proxy.port, folder.path));
    const admins = sentinels.map(({ port }) => connect(port));
    for (const admin of admins) {
      await admin.call('sentinel', 'debug', 'info-period', 200, 'publish-period', 200, 'ask-period', 200);
    }
    await until('the Sentinels know each other and the replica', async () => {
      const infos = await Promise.all(admins.map((admin) => admin.info('sentinel')));
      return infos.every((info) => /status=ok,.*slaves=1,sentinels=3/.test(info));
    });

    return {
      servers: [first, second],
      async primary() {
        const living = admins.find(({ status }) => status === 'ready') as Redis;
        const [, port] = (await living.call('sentinel', 'get-master-addr-by-name', name)) as string[];
        return port === String(second.port) ? second : first;
      },
      client() {
        const addresses = sentinels.map(({ port }) => ({ host, port }));
        const natMap = { [`${host}:${proxy.port}`]: { host, port: first.port } };
        const client = quiet(new Redis({ sentinels: addresses, name, natMap }));
        clients.push(client);
        return client;
      },
      async failOver() {
        await admins[0]?.call('sentinel', 'failover', name);
      },
      partition: () => proxy.cut(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
