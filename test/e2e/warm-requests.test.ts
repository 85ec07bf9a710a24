// test/e2e: what a request costs when its person is known: asked of Redis and Postgres themselves.
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { until } from '../support/processes.js';
import { pair, rolesOf, whoIs } from './journey.js';
import { sharedStack } from './shared-stack.js';
import type { Browser, Stack } from './stack.js';

describe('warm requests', function () {
  this.timeout(180_000);
  let stack: Stack;
  let bob: Browser;
  let token: string;
  let redis: Redis;
  before(async () => {
    stack = await sharedStack();
    redis = stack.redis.client();
    bob = await stack.loggedIn('bob', 'engineers');
    ({ token } = await pair(bob.one, stack.two.front));
    await everybody();
  });

  /** Bob by header and by token, at both instances. */
  async function everybody(): Promise<void> {
    for (const at of [bob.one, bob.two]) expect(rolesOf(await at.get('/auth/me'))).to.deep.equal(['developer']);
    for (const at of [stack.one.front, stack.two.front]) {
      expect(rolesOf(await whoIs(at, token))).to.deep.equal(['developer']);
    }
  }

  // Once a second each instance renews its lease by a script with these. What identity asks for reads and sets keys.
  const heartbeat = ['ping', 'evalsha', 'time', 'info', 'hmget', 'hset', 'expire'];
  const ours = ['info', 'client|setinfo', 'hello'];

  /** The commands that Redis has carried out, besides signs of life and our own question. */
  async function redisCommands(): Promise<Record<string, number>> {
    const lines = (await redis.info('commandstats')).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gmu);
    const counted = [...lines].map(([, name = '', calls = '']) => [name, Number(calls)] as const);
    return Object.fromEntries(counted.filter(([name]) => ![...heartbeat, ...ours].includes(name)));
  }

  /** The number of the next transaction that writes. */
  async function nextWrite(): Promise<unknown> {
    return (await stack.database.query('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next')).rows;
  }

  /** Everything that was ever asked of Redis and Postgres. */
  const asked = async (): Promise<unknown> => [await redisCommands(), await stack.statements(), await nextWrite()];

  // On a machine that is held up for a second, an instance takes its watch on Redis for lost and asks again: so the
  // rule is that a round can cost nothing, not that the first one does.
  it('cost no Redis command, no SQL statement and no write', async () => {
    await until('a hundred requests cost nothing', async () => {
      const before = await asked();
      for (let round = 0; round < 25; round += 1) await everybody();
      return isDeepStrictEqual(await asked(), before);
    });
  });

  it('cost one round trip to Redis, and no SQL, where only the other instance has met somebody', async () => {
    let attempt = 0;
    await until('the second instance asks Redis once', async () => {
      attempt += 1;
      const carol = await stack.loggedIn('carol', `analysts, attempt-${attempt}`);
      expect(rolesOf(await carol.one.get('/auth/me'))).to.deep.equal(['analyst']);
      const [before, sql] = [await redisCommands(), await stack.statements()];
      expect(rolesOf(await carol.two.get('/auth/me'))).to.deep.equal(['analyst']);
      const after = await redisCommands();
      const spent = Object.entries(after).map(([name, calls]) => [name, calls - (before[name] ?? 0)] as const);
      const commands = spent.filter(([, calls]) => calls > 0);
      return isDeepStrictEqual([commands, await stack.statements()], [[['mget', 1]], sql]);
    });
  });

  it('write once when the groups change, and not when they come in another order', async () => {
    const write = async (): Promise<number> => Number(((await nextWrite()) as [{ next: string }])[0].next);
    const before = await write();
    const changed = await stack.loggedIn('bob', 'engineers, analysts');
    for (const at of [changed.one, changed.two]) expect((await at.get('/auth/me')).status).to.equal(200);
    expect((await write()) - before).to.equal(1);
    const turned = await stack.loggedIn('bob', 'analysts, engineers');
    for (const at of [turned.one, turned.two]) expect((await at.get('/auth/me')).status).to.equal(200);
    expect((await write()) - before).to.equal(1);
  });
});
