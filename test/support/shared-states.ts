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
  /** The state of one more instance; resolves once messages reach it. */
  connect(): Promise<SharedState>;
  /** As an accident would: all keys are gone. */
  flush(): Promise<void>;
  /** The same between tests. */
  clear(): Promise<void>;
  /** Commands that instances sent since the last time this was asked; heartbeats and set-up aside. */
  commands(): Promise<number>;
  stop(): Promise<void>;
}

/** Instances within one process. */
export function inMemory(): SharedStates {
  const keys = new Set<string>();
  const open = () => counted(noting(memoryState(), keys));
  let counter = open();
  const flush = () => counter.port.delete([...keys]);
  return {
    name: 'memory',
    async start() {
      counter = open();
    },
    async connect() {
      await heard(counter.port);
      return counter.port;
    },
    flush,
    clear: flush,
    async commands() {
      const count = counter.count();
      counter.reset();
      return count;
    },
    stop: () => counter.port.close(),
  };
}

/** Notes the keys that are set. */
function noting(state: SharedState, keys: Set<string>): SharedState {
  return {
    ...state,
    put: (key, ...rest) => state.put(keys.add(key) && key, ...rest),
    putIfAbsent: (key, ...rest) => state.putIfAbsent(keys.add(key) && key, ...rest),
    increment: (key, ...rest) => state.increment(keys.add(key) && key, ...rest),
  };
}

/** Instances with a connection each to one real Redis. */
export function inRedis(): SharedStates {
  let server: RedisServer;
  let admin: ReturnType<RedisServer['client']>;
  const states: SharedState[] = [];
  const flush = async (): Promise<void> => {
    await admin.flushall();
  };
  return {
    name: 'Redis',
    async start() {
      server = await startRedis();
      admin = server.client();
    },
    async connect() {
      const state = redisState(server.client());
      states.push(state);
      await heard(state);
      return state;
    },
    flush,
    clear: flush,
    async commands() {
      const stats = await admin.info('commandstats');
      await admin.config('RESETSTAT');
      let count = 0;
      for (const [, command = '', calls] of stats.matchAll(/^cmdstat_([\w|]+):calls=(\d+)/gm)) {
        if (['mget', 'get', 'set', 'del', 'eval', 'evalsha', 'getdel', 'publish'].includes(command)) {
          count += Number(calls);
        }
      }
      return count;
    },
    async stop() {
      for (const state of states) await state.close();
      await server.stop();
    },
  };
}

async function heard(state: SharedState): Promise<void> {
  let unsubscribe = async () => {};
  await new Promise<void>((resolve) => {
    unsubscribe = state.subscribe('anything', { message() {}, lost() {}, restored: () => resolve() });
  });
  await unsubscribe();
}
