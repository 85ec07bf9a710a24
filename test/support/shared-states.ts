// The kinds of shared state, so that a test can run on each.

import { memoryState } from '../../src/stores/memory/memory-state.js';
import { redisState } from '../../src/stores/redis/redis-state.js';
import type { SharedState } from '../../src/vocabulary/ports.js';
import { counted } from './ports.js';
import { type RedisServer, startRedis } from './redis.js';

/** A kind of shared state, as several instances see it. */
export interface SharedStates {
  readonly name: string;
  start(): Promise<void>;
  /** The state of one more instance. Resolves when it receives messages. */
  connect(): Promise<SharedState>;
  /** Deletes everything, as an accident could. */
  flush(): Promise<void>;
  /** Resets each key to its first value, as an old dump, a failover or an attacker could. */
  rollBack(): Promise<void>;
  /** The commands for caches and pairings that instances have sent since the last call. */
  commands(): Promise<number>;
  stop(): Promise<void>;
}

/** Records the first value of each key in `firsts`. */
function recordingFirsts(state: SharedState, firsts: Map<string, string>): SharedState {
  return {
    ...state,
    put(key, value, ttlSeconds) {
      if (!firsts.has(key)) firsts.set(key, value);
      return state.put(key, value, ttlSeconds);
    },
  };
}

/** Instances in one process. */
export function inMemory(): SharedStates {
  let counter = counted(memoryState());
  const firsts = new Map<string, string>();
  return {
    name: 'memory',
    async start() {
      counter = counted(memoryState());
    },
    async connect() {
      await receivesMessages(counter.port);
      return recordingFirsts(counter.port, firsts);
    },
    flush: () => counter.port.delete([...firsts.keys()]),
    async rollBack() {
      for (const [key, value] of firsts) await counter.port.put(key, value, 600);
    },
    async commands() {
      const count = counter.count('get', 'put', 'putIfAbsent', 'take', 'compareAndSet', 'increment', 'delete');
      counter.reset();
      return count;
    },
    stop: () => counter.port.close(),
  };
}

/** Instances that each have a connection to one real Redis. */
export function inRedis(): SharedStates {
  let server: RedisServer;
  let admin: ReturnType<RedisServer['client']>;
  const states: SharedState[] = [];
  const firsts = new Map<string, string>();
  return {
    name: 'Redis',
    async start() {
      server = await startRedis();
      admin = server.client();
    },
    async connect() {
      const state = redisState(server.client());
      states.push(state);
      await receivesMessages(state);
      return recordingFirsts(state, firsts);
    },
    async flush() {
      await admin.flushall();
    },
    async rollBack() {
      for (const [key, value] of firsts) await states[0]?.put(key, value, 600);
    },
    async commands() {
      const stats = await admin.info('commandstats');
      await admin.config('RESETSTAT');
      let count = 0;
      for (const [, command = '', calls] of stats.matchAll(/^cmdstat_([\w|]+):calls=(\d+)/gm)) {
        if (['mget', 'get', 'set', 'del', 'eval', 'evalsha', 'getdel'].includes(command)) count += Number(calls);
      }
      return count;
    },
    async stop() {
      for (const state of states) await state.close();
      await server.stop();
    },
  };
}

async function receivesMessages(state: SharedState): Promise<void> {
  let end = async () => {};
  await new Promise<void>((resolve) => {
    end = state.subscribe('heard', { message() {}, lost() {}, restored: () => resolve() });
  });
  await end();
}
