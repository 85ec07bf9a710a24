// The faults of a Sentinel set and of a Cluster.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { until } from '../../test/support/processes.js';
import { meet, type RedisClusterServers, type RedisServer, startClusterNode } from '../../test/support/redis.js';
import type { SentinelSet } from '../../test/support/redis-sentinel.js';
import type { Fault } from './fault.js';

const run = promisify(execFile);
const keeps = ['header', 'token', 'change'] as const;

/** How many of the 16,384 slots move. */
const movedSlots = 3000;

/** A fault in which the Sentinels replace the primary by its replica. */
export function sentinelFault(set: SentinelSet, how: 'cut off' | 'killed'): Fault {
  const [primary, replica] = set.servers;
  const client = replica.client();
  return {
    name:
      how === 'cut off'
        ? 'A Redis primary is cut off from its replica and the Sentinels, and is replaced while it still answers'
        : 'A Redis primary is killed, and the Sentinels replace it by its replica',
    seconds: 1,
    async begin() {
      if (how === 'cut off') set.partition();
      else await primary.kill();
      await until('the replica is the primary', async () => (await set.primary()) === replica, 30);
      await until('the replica knows it', async () => (await client.info('replication')).includes('role:master'));
    },
    end: () => {},
    // Replication is asynchronous.
    losesRedisData: true,
    keeps,
  };
}

/** The faults of a Cluster. */
export function clusterFaults(cluster: RedisClusterServers): readonly Fault[] {
  const [first, second] = cluster.nodes as [RedisServer, RedisServer];
  let joined: RedisServer | undefined;
  return [
    {
      name: `A server joins the Redis Cluster and gets ${movedSlots.toLocaleString('en-US')} slots (resharding)`,
      seconds: 1,
      async prepare() {
        joined = await startClusterNode();
        await meet(first, joined);
        const admins = cluster.nodes.map((node) => node.client());
        await until('all know it', async () => {
          const infos = await Promise.all(admins.map((admin) => admin.cluster('INFO')));
          return infos.every((info) => info.includes('cluster_known_nodes:4'));
        });
      },
      async begin() {
        const [from, to] = await Promise.all(
          [first, joined as RedisServer].map(async (node) => String(await node.client().cluster('MYID'))),
        );
        await run('redis-cli', [
          ...['--cluster', 'reshard', `${first.host}:${first.port}`],
          ...['--cluster-from', String(from), '--cluster-to', String(to)],
          ...['--cluster-slots', String(movedSlots), '--cluster-yes'],
        ]);
      },
      end: () => {},
      // While slots move, a pairing may get 503. The next try succeeds.
      keeps: ['header', 'session', 'token', 'change'],
    },
    {
      name: 'A primary of the Redis Cluster without a replica is killed, and starts again empty',
      seconds: 4,
      begin: () => second.kill(),
      end: () => second.restart(),
      async finish() {
        await joined?.stop();
      },
      losesRedisData: true,
      keeps,
    },
  ];
}
