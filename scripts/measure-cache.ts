// Measures the cost of the caches on this machine: a Redis restart with 20,000 cached users, idle processes, changes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { administration } from '../src/directory/administration/administration.js';
import { principalCache } from '../src/directory/cache/principal-cache.js';
import { resolver } from '../src/directory/resolution/resolve-principal.js';
import { configuredGroupRoles, defaultAdministrator } from '../src/directory/resolution/role-mapping.js';
import { migrate } from '../src/stores/postgres/migrations.js';
import { postgresDirectory } from '../src/stores/postgres/postgres-directory.js';
import { redisState } from '../src/stores/redis/redis-state.js';
import { startPostgres } from '../test/support/postgres.js';
import { startRedis } from '../test/support/redis.js';

const people = 20_000;
const host = '127.0.0.1';

/** The addresses that a process is started with. */
interface Place {
  readonly postgres: number;
  readonly database: string;
  readonly redis: number;
}

/** One process of a server. It reads a question from each line of its input, and prints one line of answer. */
async function serve({ postgres, database, redis }: Place): Promise<void> {
  const pool = new pg.Pool({ host, port: postgres, user: 'postgres', database, max: 20 });
  pool.on('error', () => {});
  let statements = 0;
  const counted = {
    query(text: string, params?: unknown[]) {
      if (!text.includes('latchkey_instances')) statements += 1;
      return pool.query(text, params);
    },
    connect: () => pool.connect(),
  };
  const directory = postgresDirectory(counted);
  const client = new Redis({ host, port: redis });
  client.on('error', () => {});
  const state = redisState(client);
  const configured = configuredGroupRoles({ staff: ['viewer'] });
  const onEvent = (): void => {};
  const cache = principalCache({ state, journal: directory.journal, configuration: configured.fingerprint, onEvent });
  const resolve = resolver({ directory, cache, configured, provisioning: 'create', onEvent });
  const { users } = administration({
    directory,
    cache,
    configured,
    administrator: defaultAdministrator,
    now: Date.now,
    onEvent,
  });

  /** One request for each user, a hundred at a time. Counts the statements, and the answers that were not a promise. */
  async function everybody(): Promise<string> {
    statements = 0;
    let warm = 0;
    const began = performance.now();
    for (let first = 0; first < people; first += 100) {
      const asked = Array.from({ length: 100 }, (_, index) =>
        resolve.resolve({ subject: `user-${first + index}`, groups: ['staff'] }),
      );
      warm += asked.filter((each) => !(each instanceof Promise)).length;
      await Promise.all(asked);
    }
    const seconds = ((performance.now() - began) / 1000).toFixed(2);
    return `${people} users in ${seconds} s: ${warm} from memory, ${statements} statements`;
  }

  async function changes(): Promise<string> {
    const times: number[] = [];
    for (let round = 0; round < 300; round += 1) {
      const began = performance.now();
      await users.addRoles(`user-${round}`, [`role-${round}`]);
      times.push(performance.now() - began);
      await pause(20);
    }
    times.sort((one, other) => one - other);
    const [median, late] = [0.5, 0.99].map((share) => times[Math.floor(times.length * share)]?.toFixed(1));
    return `${times.length} changes: p50 ${median} ms, p99 ${late} ms`;
  }

  for await (const line of createInterface({ input: process.stdin })) {
    const answer = line === 'everybody' ? await everybody() : line === 'changes' ? await changes() : 'ready';
    process.stdout.write(`${answer}\n`);
  }
}

/** Starts a process. `ask` sends it a question. */
function start(place: Place): { ask(question: string): Promise<string>; stop(): Promise<void> } {
  const child = spawn(process.execPath, [new URL(import.meta.url).pathname], {
    env: { LATCHKEY_MEASURED: JSON.stringify(place) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(question) {
      child.stdin.write(`${question}\n`);
      return String((await lines.next()).value);
    },
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function measure(): Promise<void> {
  const postgres = await startPostgres();
  const redis = await startRedis();
  const database = await postgres.database();
  await migrate(database);
  const { rows } = await database.query<{ server_version: string }>('SHOW server_version');
  const [, redisVersion] = /redis_version:(\S+)/.exec(await redis.client().info('server')) ?? [];
  const [cpu] = cpus();
  console.log(
    `${cpus().length} × ${cpu?.model}; Node ${process.version}, Postgres ${rows[0]?.server_version}, Redis ${redisVersion}`,
  );
  await database.query(
    `INSERT INTO latchkey_users (id, subject, auth_method, groups)
    SELECT gen_random_uuid(), 'user-' || n, 'proxy', ARRAY['staff'] FROM generate_series(0, $1::integer - 1) n`,
    [people],
  );
  await database.query('ANALYZE');
  const place = { postgres: postgres.port, database: database.options.database ?? '', redis: redis.port };
  const processes = Array.from({ length: 3 }, () => start(place));
  const [one, two, three] = processes;
  const say = async (what: string, by: { ask(question: string): Promise<string> } | undefined, question: string) =>
    console.log(`${what}: ${await by?.ask(question)}`);
  // Changes wait until all processes have joined.
  await pause(9000);

  await say('in no cache', one, 'everybody');
  await say('cached by another process', two, 'everybody');
  await say('cached here', one, 'everybody');
  await say('changes, with 3 processes that are otherwise idle', one, 'changes');
  await say('cached here, after changes to 300', one, 'everybody');
  await redis.kill();
  await say('cached here, without Redis', one, 'everybody');
  await say('cached elsewhere only, without Redis', three, 'everybody');
  await redis.restart();
  await pause(2000);
  await say('cached here, with an empty Redis', one, 'everybody');
  const fourth = start(place);
  processes.push(fourth);
  await pause(9000);
  await say('cached elsewhere only, with an empty Redis', fourth, 'everybody');
  for (let count = processes.length; count < 8; count += 1) processes.push(start(place));
  await pause(12_000);
  const executed = async (): Promise<number> => {
    const { rows: counts } = await database.query<{ count: string }>(
      'SELECT xact_commit AS count FROM pg_stat_database WHERE datname = current_database()',
    );
    return Number(counts[0]?.count);
  };
  const [before, began] = [await executed(), performance.now()];
  await pause(30_000);
  const perSecond = ((await executed()) - before) / ((performance.now() - began) / 1000);
  console.log(`8 processes, idle: ${perSecond.toFixed(1)} transactions per second at Postgres`);

  for (const each of processes) await each.stop();
  await redis.stop();
  await postgres.stop();
}

const given = process.env['LATCHKEY_MEASURED'];
if (given === undefined) await measure();
else await serve(JSON.parse(given) as Place);
