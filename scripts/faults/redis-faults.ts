// The faults of a single Redis, and of the network between it and the servers.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../test/support/processes.js';
import { type RedisServer, startRedis } from '../../test/support/redis.js';
import type { TcpProxy } from '../../test/support/tcp-proxy.js';
import type { Fault } from './fault.js';
import { repeatedly } from './repeatedly.js';
import type { Site } from './site.js';

/** The questions that a fault of Redis must never affect, because the directory and the memory answer them. */
const withoutRedis = ['header', 'token', 'change'] as const;
const seconds = 4;

/** A Redis user whose commands no fault denies. */
const operator = { username: 'operator', password: 'operator' };

/** Starts a Redis for these faults. */
export function startFaultyRedis(): Promise<RedisServer> {
  const { username, password } = operator;
  return startRedis({ args: ['--user', username, 'on', `>${password}`, '~*', '&*', '+@all'] });
}

/** The faults, in the order of the table. */
export async function redisFaults(site: Site, redis: RedisServer): Promise<readonly Fault[]> {
  const wires = site.servers.map(({ wire }) => wire.redisWire as TcpProxy);
  const each = (act: (wire: TcpProxy) => void) => (): void => wires.forEach(act);
  const heal = each((wire) => wire.heal());
  const admin = redis.client(operator);
  const [, folder = ''] = (await admin.config('GET', 'dir')) as string[];
  const resets = repeatedly(200, async () => each((wire) => wire.reset())());
  const flushes = repeatedly(50, () => admin.flushall());
  const nowhere = await freePort();
  const [first] = wires as [TcpProxy];

  return [
    {
      name: 'Redis is killed, and starts again empty',
      begin: () => redis.kill(),
      end: () => redis.restart(),
      losesRedisData: true,
    },
    { name: 'Redis hangs', begin: () => redis.freeze(), end: () => redis.thaw() },
    { name: 'Every packet to and from Redis takes 200 ms', begin: each((wire) => wire.slow(200)), end: heal },
    {
      name: 'The replies of Redis are lost',
      begin: each((wire) => wire.muteAnswers()),
      end: () => {
        each((wire) => wire.cut())();
        heal();
      },
    },
    { name: 'The connections to Redis are reset five times a second', begin: resets.begin, end: resets.end },
    { name: 'The connections to Redis are half-open', begin: each((wire) => wire.abandon()), end: () => {} },
    { name: 'One server cannot reach Redis', begin: () => first.cut(), end: () => first.heal() },
    { name: 'One server gets no replies of Redis', begin: () => first.muteAnswers(), end: () => first.heal() },
    {
      name: 'Redis is a replica (READONLY)',
      begin: () => admin.replicaof('127.0.0.1', nowhere),
      end: () => admin.replicaof('NO', 'ONE'),
    },
    {
      name: 'Redis has no memory left (OOM)',
      begin: () => admin.config('SET', 'maxmemory', '1'),
      end: () => admin.config('SET', 'maxmemory', '0'),
    },
    {
      name: 'Redis evicts all keys (`allkeys-random`)',
      begin: async () => {
        await admin.config('SET', 'maxmemory-policy', 'allkeys-random');
        await admin.config('SET', 'maxmemory', '1mb');
      },
      end: async () => {
        await admin.config('SET', 'maxmemory', '0');
        await admin.config('SET', 'maxmemory-policy', 'noeviction');
      },
      losesRedisData: true,
    },
    {
      name: 'The ACL of Redis denies everything',
      begin: () => admin.call('ACL', 'SETUSER', 'default', '-@all'),
      end: () => admin.call('ACL', 'SETUSER', 'default', '+@all'),
    },
    { name: 'Redis is flushed 20 times a second', begin: flushes.begin, end: flushes.end, losesRedisData: true },
    {
      name: 'Redis is restored from an older dump (RDB)',
      prepare: () => admin.save(),
      begin: () => {},
      end: async () => {
        await redis.kill();
        await redis.restart();
        await rm(join(folder, 'dump.rdb'));
      },
      losesRedisData: true,
    },
  ].map((fault) => ({ seconds, keeps: withoutRedis, ...fault }) as Fault);
}
