// What Latchkey reports about Redis servers that do not suit it. test/attacks/p15 covers the eviction policy.
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import type { RedisClient } from '../../../src/stores/redis/client-shapes.js';
import { redisState } from '../../../src/stores/redis/redis-state.js';
import { type ServerChecks, serverChecks } from '../../../src/stores/redis/server-checks.js';
import type { LatchkeyEvent } from '../../../src/vocabulary/events.js';
import { until } from '../../support/processes.js';
import { type RedisServer, startRedis } from '../../support/redis.js';

describe('the checks of Redis', () => {
  let server: RedisServer;
  let client: Redis;
  let events: LatchkeyEvent[];
  let checks: ServerChecks | undefined;
  let now: number;
  let scheduled: { readonly at: number; readonly work: () => void } | undefined;
  const clock = {
    now: () => now,
    schedule(milliseconds: number, work: () => void) {
      scheduled = { at: now + milliseconds, work };
      return () => {
        scheduled = undefined;
      };
    },
  };

  before(async () => {
    server = await startRedis();
  });
  after(() => server.stop());
  beforeEach(async () => {
    client = server.client();
    events = [];
    now = 0;
    scheduled = undefined;
    checks = undefined;
    await client.config('SET', 'save', '86400 1000000000');
  });
  afterEach(() => checks?.close());

  /** Runs one check to its end. The client counts the replies that are still missing. */
  async function check(through: RedisClient = client): Promise<void> {
    let open = 0;
    let asked = 0;
    const counting: RedisClient = new Proxy(through, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name !== 'call' || typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          open += 1;
          asked += 1;
          try {
            return await Reflect.apply(value, target, args);
          } finally {
            open -= 1;
          }
        };
      },
    });
    checks = serverChecks(counting, (event) => events.push(event), clock);
    checks.run();
    await until('the check has asked', () => asked > 0 && open === 0);
    await new Promise(setImmediate);
  }

  /** A client whose server says that it has this version. */
  function ofVersion(version: string): RedisClient {
    return new Proxy(client as RedisClient, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name !== 'call') return value;
        return async (...args: [string, ...string[]]) => {
          const reply = await target.call(...args);
          return typeof reply === 'string' ? reply.replace(/^redis_version:.*$/m, `redis_version:${version}\r`) : reply;
        };
      },
    });
  }

  it('report nothing about a persistent primary of this version', async () => {
    await check();
    expect(events).to.deep.equal([]);
    expect(scheduled).to.equal(undefined);
  });

  for (const [version, old] of [
    ['6.0.20', true],
    ['5.0.14', true],
    ['6.2.0', false],
    ['7.0.15', false],
    ['10.1.0', false],
  ] as const) {
    it(`${old ? 'report' : 'accept'} version ${version}`, async () => {
      await check(ofVersion(version));
      const message = `Redis has version ${version}; Latchkey needs 6.2 or later`;
      expect(events).to.deep.equal(old ? [{ type: 'error', code: 'ERR_STATE_VERSION', message }] : []);
    });
  }

  it('report once that Redis writes nothing to disk', async () => {
    await client.config('SET', 'save', '');
    await check();
    expect(events).to.deep.equal([{ type: 'state.not-persistent' }]);
    checks?.run();
    await until('the second check has asked', async () =>
      /cmdstat_config\|get:calls=([2-9]|\d\d)/.test(await client.info('commandstats')),
    );
    await new Promise(setImmediate);
    expect(events).to.have.length(1);
  });

  it('accept an append-only file instead of save points', async () => {
    await client.config('SET', 'save', '');
    await client.config('SET', 'appendonly', 'yes');
    await check();
    await client.config('SET', 'appendonly', 'no');
    expect(events).to.deep.equal([]);
  });

  it('report nothing about persistence that Redis does not tell', async () => {
    await client.config('SET', 'save', '');
    await client.acl('SETUSER', 'app', 'on', '>word', '~*', '&*', '+@all', '-config');
    await check(server.client({ username: 'app', password: 'word' }));
    expect(events).to.deep.equal([]);
  });

  describe('of a replica', () => {
    let replica: RedisServer;
    beforeEach(async () => {
      replica = await startRedis({ args: ['--replicaof', server.host, String(server.port)] });
      client = replica.client();
      await until('it is a replica', async () => (await client.info('replication')).includes('role:slave'));
    });
    afterEach(() => replica.stop());

    const scheduledCheck = async (): Promise<void> => {
      const due = scheduled;
      if (due === undefined) throw new Error('No further check is scheduled');
      now = due.at;
      scheduled = undefined;
      due.work();
      await until('the next check has ended', () => events.length > 0 || scheduled !== undefined);
    };

    it('report it after five seconds', async () => {
      await check();
      expect(events).to.deep.equal([]);
      expect(scheduled?.at).to.equal(5000);
      await scheduledCheck();
      const message = 'Redis is a replica and refuses writes; connect to the primary';
      expect(events).to.deep.equal([{ type: 'error', code: 'ERR_STATE_REPLICA', message }]);
    });

    it('report nothing if it becomes a primary within this time', async () => {
      await check();
      await client.replicaof('NO', 'ONE');
      now = 4000;
      checks?.run();
      await until('the further check is cancelled', () => scheduled === undefined);
      await client.replicaof(server.host, server.port);
      now = 6000;
      checks?.run();
      await until('a check is scheduled', () => scheduled !== undefined);
      expect(scheduled?.at).to.equal(11_000);
      expect(events).to.deep.equal([]);
    });

    it('end when the store is closed', async () => {
      await check();
      checks?.close();
      expect(scheduled).to.equal(undefined);
    });
  });

  it('run when a store connects, and reach its listener', async () => {
    await client.config('SET', 'save', '');
    const state = redisState(client, { onEvent: (event) => events.push(event) });
    await until('the event arrives', () => events.length > 0);
    await state.close();
    expect(events).to.deep.equal([{ type: 'state.not-persistent' }]);
  });
});
