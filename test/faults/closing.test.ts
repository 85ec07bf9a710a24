// Closing an instance in awkward moments: while it joins, and while Redis or the database does not answer.
import { expect } from 'chai';
import type pg from 'pg';
import { type Latchkey, latchkey } from '../../src/latchkey.js';
import { migrate } from '../../src/stores/migrate.js';
import { postgresDirectory } from '../../src/stores/postgres/postgres-directory.js';
import { redisState } from '../../src/stores/redis/redis-state.js';
import type { LatchkeyEvent } from '../../src/vocabulary/events.js';
import { type CountingPool, countingPool } from '../support/counting-pool.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { until } from '../support/processes.js';
import { type RedisServer, startRedis } from '../support/redis.js';

describe('closing an instance', () => {
  let postgres: PostgresServer;
  let redis: RedisServer;
  let pool: pg.Pool;
  let counting: CountingPool;
  let events: LatchkeyEvent[];

  before(async () => {
    [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  });
  after(async () => {
    await redis.stop();
    await postgres.stop();
  });
  beforeEach(async () => {
    pool = await postgres.database({ max: 20 });
    await migrate(pool);
    counting = await countingPool(pool);
    events = [];
  });

  function start(): Latchkey {
    return latchkey({
      trustedProxies: ['10.0.0.7'],
      headers: 'authelia',
      directory: postgresDirectory(counting.pool),
      state: redisState(redis.client()),
      tokens: {
        keys: [{ kid: 'one', secret: 'a secret of this test, of at least 32 bytes' }],
        issuer: 'https://a.example/api/auth',
      },
      unguardedPaths: ['/api'],
      onEvent: (event) => events.push(event),
    });
  }

  async function registered(): Promise<number> {
    const { rows } = await pool.query<{ count: string }>('SELECT count(*) FROM latchkey_instances');
    return Number(rows[0]?.count);
  }

  const failures = () => events.filter(({ type }) => type === 'error' || type.endsWith('lost'));

  for (const count of [1, 20, 200]) {
    it(`while ${count} of them join leaves no registration and sends no later statement`, async () => {
      const instances = Array.from({ length: count }, start);
      // Some have not begun to join, some are joining, and some have joined.
      await Promise.all(
        instances.map(async (each, index) => {
          for (let turns = index % 20; turns > 0; turns -= 1) await new Promise(setImmediate);
          await each.close();
        }),
      );
      // If the database needs more than some seconds for all of them, they leave after `close` has ended.
      if (count < 200) expect(await registered()).to.equal(0);
      else await until('all have left', async () => (await registered()) === 0, 60);
      const before = counting.statements.length;
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(counting.statements.length).to.equal(before);
      expect(failures()).to.deep.equal([]);
    });
  }

  it('ends although Redis does not answer', async () => {
    const auth = start();
    await until('it has joined', async () => (await registered()) === 1);
    redis.freeze();
    try {
      await auth.close();
    } finally {
      redis.thaw();
    }
    expect(await registered()).to.equal(0);
  });

  it('ends although the database does not answer', async () => {
    const auth = start();
    await until('it has joined', async () => (await registered()) === 1);
    await postgres.freeze();
    try {
      await auth.close();
      await auth.close();
    } finally {
      await postgres.thaw();
    }
  });

  it('ends although neither has ever answered', async () => {
    await postgres.freeze();
    redis.freeze();
    try {
      const auth = start();
      await auth.close();
    } finally {
      redis.thaw();
      await postgres.thaw();
    }
  });
});
