// Measures requests as users, mappings, groups and instances grow, with a real Redis and a real Postgres.
import { randomUUID } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type pg from 'pg';
import { migrate } from '../../src/stores/migrate.js';
import { postgresDirectory } from '../../src/stores/postgres/postgres-directory.js';
import { redisState } from '../../src/stores/redis/redis-state.js';
import type { Position } from '../../src/vocabulary/journal.js';
import type { SharedState } from '../../src/vocabulary/ports.js';
import { type CountingPool, countingPool } from '../../test/support/counting-pool.js';
import { type Instance, instance } from '../../test/support/instances.js';
import { startPostgres } from '../../test/support/postgres.js';
import { until } from '../../test/support/processes.js';
import { startRedis } from '../../test/support/redis.js';
import { calibration } from './growth-calibration.js';

const postgres = await startPostgres();
const redis = await startRedis();
const admin: Redis = redis.client();
const opened: { instance: Instance; state: SharedState }[] = [];

/** Returns a database with this many users. Each is in `staff` and in one of 1,000 teams. */
async function filled(users: number): Promise<{ readonly pool: pg.Pool; readonly counting: CountingPool }> {
  const pool = await postgres.database({ max: 20 });
  await migrate(pool);
  await pool.query(
    `INSERT INTO latchkey_users (id, subject, auth_method, groups)
    SELECT gen_random_uuid(), 'user-' || n, 'proxy', ARRAY['staff', 'team-' || n % 1000]
    FROM generate_series(0, $1::integer - 1) n`,
    [users],
  );
  await pool.query('ANALYZE');
  return { pool, counting: await countingPool(pool) };
}

const person = (number: number) => ({ subject: `user-${number}`, groups: ['staff', `team-${number % 1000}`].sort() });

/** Starts an instance that answers from its memory. */
async function start(counting: CountingPool, localEntries?: number): Promise<Instance> {
  const state = redisState(redis.client(), { commandTimeoutSeconds: 10 });
  const started = instance({
    directory: postgresDirectory(counting.pool),
    state,
    groupRoles: { staff: ['reader'] },
    outageToleranceSeconds: 5,
    ...(localEntries === undefined ? {} : { localEntries }),
  });
  opened.push({ instance: started, state });
  await until('the instance answers from memory', async () => {
    await started.resolver.resolve(person(0));
    return !(started.resolver.resolve(person(0)) instanceof Promise);
  });
  return started;
}

async function closeAll(): Promise<void> {
  for (const { instance: one, state } of opened.splice(0)) {
    await one.resolver.close();
    await state.close();
  }
  await admin.flushall();
}

/** Returns the number of commands that Redis has run, without those of this script. */
async function commands(): Promise<number> {
  const text = await admin.info('commandstats');
  const counts = [...text.matchAll(/^cmdstat_(?!info|ping)[\w|]+:calls=(\d+)/gm)].map(([, calls]) => Number(calls));
  return counts.reduce((sum, count) => sum + count, 0);
}

const statements = ({ statements: sent }: CountingPool): number =>
  sent.filter((text) => !text.includes('latchkey_instances')).length;

interface Cost {
  readonly median: number;
  readonly slowest: number;
  readonly perSecond: number;
  readonly redis: number;
  readonly sql: number;
}

/** Runs the requests one after another, and then as many again 32 at a time. */
async function cost(counting: CountingPool, count: number, request: (index: number) => unknown): Promise<Cost> {
  counting.clear();
  const before = await commands();
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const began = performance.now();
    const answer = request(index);
    if (answer instanceof Promise) await answer;
    times.push(performance.now() - began);
  }
  const began = performance.now();
  let next = count;
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      while (next < 2 * count) {
        next += 1;
        await request(next - 1);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  times.sort((one, other) => one - other);
  return {
    median: times[count >> 1] ?? 0,
    slowest: times.at(-1) ?? 0,
    perSecond: count / seconds,
    redis: ((await commands()) - before) / (2 * count),
    sql: statements(counting) / (2 * count),
  };
}

function line(name: string, { median, slowest, perSecond, redis: redisCommands, sql }: Cost): string {
  const numbers = [median.toFixed(3), slowest.toFixed(1), Math.round(perSecond).toLocaleString('en')];
  return `| ${[name, ...numbers, redisCommands.toFixed(2), sql.toFixed(2)].join(' | ')} |`;
}

const header = [
  '| request | median, ms | slowest, ms | per second, 32 at once | Redis commands | SQL statements |',
  '|---|---|---|---|---|---|',
];

async function logins(): Promise<void> {
  const { counting } = await filled(20_000);
  const one = await start(counting);
  const two = await start(counting);
  const count = 1500;
  const at = (instanceOf: Instance, from: number) => (index: number) =>
    instanceOf.resolver.resolve(person(from + index));
  const cold = await cost(counting, count, at(one, 1));
  const inRedis = await cost(counting, count, at(two, 1));
  const warm = await cost(counting, count, at(two, 1));
  const created = await cost(counting, count, (index) =>
    one.resolver.resolve({ subject: `new-${index}`, groups: ['staff'] }),
  );
  console.log(['\n### Logins\n', ...header].join('\n'));
  console.log(line('in memory', warm));
  console.log(line('in Redis, not in memory', inRedis));
  console.log(line('only in the database', cold));
  console.log(line('new user', created));
  await closeAll();
}

async function workingSet(): Promise<void> {
  const users = 50_000;
  const { counting } = await filled(users);
  console.log(['\n### 50,000 users in turn\n', ...header].join('\n'));
  for (const localEntries of [100_000, 10_000]) {
    const one = await start(counting, localEntries);
    // Each user sends one request, so that Redis has all users.
    let next = 0;
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        while (next < users) {
          next += 1;
          await one.resolver.resolve(person(next - 1));
        }
      }),
    );
    const name = `memory for ${localEntries.toLocaleString('en')} entries`;
    console.log(
      line(name, await cost(counting, 5000, (index) => one.resolver.resolve(person((index * 7919) % users)))),
    );
    await closeAll();
  }
}

async function instances(): Promise<void> {
  const { counting } = await filled(1000);
  console.log('\n### Instances\n');
  console.log(
    '| instances | Redis commands per 10,000 requests in memory | Redis commands per second, idle | SQL statements per second, idle | time of a change, ms |',
  );
  console.log('|---|---|---|---|---|');
  for (const count of [1, 2, 4, 8]) {
    const all: Instance[] = [];
    for (let index = 0; index < count; index += 1) all.push(await start(counting));
    for (const one of all) for (let user = 0; user < 500; user += 1) await one.resolver.resolve(person(user));
    // A new instance delays its own changes for a shorter time than this.
    await pause(2000);
    const before = await commands();
    for (let index = 0; index < 10_000; index += 1) await all[index % count]?.resolver.resolve(person(index % 500));
    const warm = (await commands()) - before;
    counting.clear();
    const idleBefore = await commands();
    await pause(5000);
    const idle = (await commands()) - idleBefore;
    const beats = counting.statements.length;
    const times: number[] = [];
    for (let index = 0; index < 15; index += 1) {
      const began = performance.now();
      await all[0]?.administration.users.addRoles('user-1', [`role-${count}-${index}`]);
      times.push(performance.now() - began);
    }
    times.sort((one, other) => one - other);
    console.log(
      `| ${count} | ${warm} | ${(idle / 5).toFixed(1)} | ${(beats / 5).toFixed(1)} | ${times[7]?.toFixed(1)} |`,
    );
    await closeAll();
  }
}

async function mappings(): Promise<void> {
  console.log('\n### Mappings and groups\n');
  console.log(
    '| mappings | groups of the user | first request after an edit, ms | next user, ms | longest pause, ms |',
  );
  console.log('|---|---|---|---|---|');
  for (const [count, kind] of [
    [1, 'exact'],
    [100, 'exact'],
    [1000, 'exact'],
    [10_000, 'exact'],
    [1000, 'pattern'],
    [10_000, 'pattern'],
  ] as const) {
    for (const groups of [1, 20, 1000]) {
      const { pool, counting } = await filled(10);
      const name = kind === 'exact' ? `'team-' || n` : `'team-' || n || '-*'`;
      await pool.query(
        `INSERT INTO latchkey_group_roles (group_name, roles) SELECT ${name}, ARRAY['role-' || n % 50]
        FROM generate_series(1, $1::integer) n`,
        [count],
      );
      const one = await start(counting);
      const own = Array.from(
        { length: groups },
        (_, index) => `team-${index * 7}${kind === 'exact' ? '' : '-x'}`,
      ).sort();
      const subjects = Array.from({ length: 2 }, () => ({ subject: randomUUID(), groups: own }));
      for (const each of subjects) await one.resolver.resolve(each);
      const first: number[] = [];
      const next: number[] = [];
      const delay = monitorEventLoopDelay({ resolution: 1 });
      for (let edit = 0; edit < 9; edit += 1) {
        await one.administration.mappings.set('edited', [`role-${edit}`]);
        delay.enable();
        for (const [index, each] of subjects.entries()) {
          const began = performance.now();
          await one.resolver.resolve(each);
          (index === 0 ? first : next).push(performance.now() - began);
        }
        delay.disable();
      }
      const median = (times: number[]): string => (times.sort((a, b) => a - b)[4] ?? 0).toFixed(1);
      const longest = (delay.max / 1e6 - 1).toFixed(1);
      console.log(
        `| ${count.toLocaleString('en')} (${kind}) | ${groups} | ${median(first)} | ${median(next)} | ${longest} |`,
      );
      await closeAll();
    }
  }
}

/** Measures how many calls of the journal one database handles per second, with many registered instances. */
async function journal(): Promise<void> {
  console.log('\n### The journal\n');
  console.log('| instances | beats per second | instances() per second | bytes of WAL per beat |');
  console.log('|---|---|---|---|');
  for (const count of [1, 100, 1000]) {
    const { pool } = await filled(1);
    const { journal: own } = postgresDirectory(pool);
    if (own === undefined) throw new Error('The directory has a journal');
    const places: Position[] = [];
    for (let index = 0; index < count; index += 1) {
      const { rows } = await own.join(`instance-${index}`, 7300, 10_000);
      places.push(rows.at(-1) as Position);
    }
    const last = places.at(-1) as Position;
    await pool.query('VACUUM ANALYZE');
    const perSecond = async (calls: number, call: (index: number) => Promise<unknown>): Promise<number> => {
      const began = performance.now();
      let next = 0;
      await Promise.all(
        Array.from({ length: 16 }, async () => {
          while (next < calls) {
            next += 1;
            await call(next - 1);
          }
        }),
      );
      return calls / ((performance.now() - began) / 1000);
    };
    const written = async (): Promise<number> => {
      const { rows } = await pool.query<{ bytes: string }>(`SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS bytes`);
      return Number(rows[0]?.bytes);
    };
    const before = await written();
    const beats = await perSecond(4000, (index) => own.beat(`instance-${index % count}`, last));
    const wal = ((await written()) - before) / 4000;
    const lists = await perSecond(200, () => own.instances());
    console.log(`| ${[count, Math.round(beats), Math.round(lists), Math.round(wal)].join(' | ')} |`);
  }
}

console.log(`The calibration takes ${Math.round(calibration())} ms on this computer.`);
const parts: Readonly<Record<string, () => Promise<void>>> = { logins, workingSet, instances, mappings, journal };
const asked = process.argv.slice(2);
try {
  for (const [name, part] of Object.entries(parts)) if (asked.length === 0 || asked.includes(name)) await part();
} finally {
  await redis.stop();
  await postgres.stop();
}
