// Counts the SQL statements and the commands to the shared state, in total and for each request.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { SharedState, SqlPool } from '../../src/index.js';

/** The number of SQL statements, without the upkeep of the journal, and of commands to the shared state. */
export interface Cost {
  sql: number;
  state: number;
}

/** Counters from the start on. `during` also counts for one request. */
export interface Costs {
  /** Everything so far. */
  readonly total: Readonly<Cost>;
  /** The cost of the current request so far. */
  current(): Readonly<Cost>;
  /** Runs a request and counts its cost. */
  during(work: () => void): void;
  /** A pool that counts each statement and passes it on. */
  countSql(pool: SqlPool): SqlPool;
  /** A shared state that counts each command and passes it on. */
  countState(state: SharedState): SharedState;
}

/** Statements that the process sends by itself, about once a second, with or without requests. */
const upkeep = /latchkey_instances|DELETE FROM latchkey_journal/u;

/** New counters, all at zero. */
export function costs(): Costs {
  const total: Cost = { sql: 0, state: 0 };
  const requests = new AsyncLocalStorage<Cost>();

  const count = (kind: keyof Cost): void => {
    total[kind] += 1;
    const request = requests.getStore();
    if (request !== undefined) request[kind] += 1;
  };

  const countQueries = <Runner extends Pick<SqlPool, 'query'>>(runner: Runner): Runner =>
    new Proxy(runner, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        if (name !== 'query') return value.bind(target) as unknown;
        return (...args: unknown[]): unknown => {
          if (!upkeep.test(String(args[0]))) count('sql');
          return value.apply(target, args) as unknown;
        };
      },
    });

  return {
    total,
    current: () => ({ ...(requests.getStore() ?? total) }),
    during: (work) => requests.run({ sql: 0, state: 0 }, work),
    countSql(pool) {
      const query: SqlPool['query'] = (text, params) => countQueries(pool).query(text, params);
      if ('transaction' in pool) {
        return { query, transaction: (work) => pool.transaction((runner) => work(countQueries(runner))) };
      }
      return { query, connect: async () => countQueries(await pool.connect()) };
    },
    countState(state) {
      const quiet: ReadonlySet<string | symbol> = new Set(['watch', 'close']);
      return new Proxy(state, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]): unknown => {
            if (!quiet.has(name)) count('state');
            return value.apply(target, args) as unknown;
          };
        },
      });
    },
  };
}
