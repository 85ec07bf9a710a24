// support: the kinds of shared state, so that one test runs on each.
import type { SharedState } from '../../src/ports.js';
import { memoryState } from '../../src/stores/memory-state.js';
import { redisState } from '../../src/stores/redis-state.js';
import { counted } from './ports.js';
import { type RedisServer, startRedis } from './redis.js';

/** A kind of shared state, as several instances see it. */
export interface SharedStates {
  readonly name: string;
  start(): Promise<void>;
  /** The state of one more instance; resolves once its watches are told of changes. */
  connect(): Promise<SharedState>;
  /** As an accident would: all is gone, with the registry of the instances. */
  flush(): Promise<void>;
  /** Between tests: all is gone but who watches, so that no change has to wait for leases that nobody can know of. */
  clear(): Promise<void>;
  /** Commands that instances sent since the last time this was asked; heartbeats and set-up aside. */
  commands(): Promise<number>;
  stop(): Promise<void>;
}

/** Instances within one process. */
export function inMemory(): SharedStates {
  let counter = counted(memoryState());
  const keys = new Set<string>();
  return {
    name: 'memory',
    async start() {
      counter = counted(memoryState());
      counter.port.watch('', { changed: (key) => key !== undefined && keys.add(key), lost() {}, restored() {} });
    },
    async connect() {
      await restored(counter.port);
      return counter.port;
    },
    flush: () => counter.port.delete([...keys]),
    clear: () => counter.port.delete([...keys]),
    async commands() {
      const count = counter.count();
      counter.reset();
      return count;
    },
    stop: () => counter.port.close(),
  };
}

/** Instances with a connection each to one real Redis. */
export function inRedis(): SharedStates {
  let server: RedisServer;
  let admin: ReturnType<RedisServer['client']>;
  const states: SharedState[] = [];
  return {
    name: 'Redis',
    async start() {
      server = await startRedis();
      admin = server.client();
    },
    async connect() {
      // Short heartbeats: after each flush, a change waits for the leases that may have been.
      const state = redisState(server.client(), { heartbeatSeconds: 0.5 });
      states.push(state);
      await restored(state);
      return state;
    },
    async flush() {
      await admin.flushall();
    },
    async clear() {
      const keys = (await admin.keys('*')).filter((key) => !key.endsWith('instances'));
      if (keys.length > 0) await admin.del(keys);
    },
    async commands() {
      const stats = await admin.info('commandstats');
      await admin.config('RESETSTAT');
      let count = 0;
      for (const [, command = '', calls] of stats.matchAll(/^cmdstat_([\w|]+):calls=(\d+)/gm)) {
        if (['mget', 'get', 'set', 'del', 'eval', 'evalsha', 'getdel'].includes(command)) count += Number(calls);
        // The scripts of heartbeats ask for the time, once each; no other does.
        if (command === 'time') count -= Number(calls);
      }
      return count;
    },
    async stop() {
      for (const state of states) await state.close();
      await server.stop();
    },
  };
}

async function restored(state: SharedState): Promise<void> {
  let unwatch = async () => {};
  await new Promise<void>((resolve) => {
    unwatch = state.watch('', { changed() {}, lost() {}, restored: () => resolve() });
  });
  await unwatch();
}
