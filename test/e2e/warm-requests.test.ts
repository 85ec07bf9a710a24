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

  // What keeps connections alive, and our own question.
  const others = ['ping', 'info', 'client|setinfo', 'hello'];

  /** The commands that Redis has carried out for requests. */
  async function redisCommands(): Promise<Record<string, number>> {
    const lines = (await redis.info('commandstats')).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gmu);
    const counted = [...lines].map(([, name = '', calls = '']) => [name, Number(calls)] as const);
    return Object.fromEntries(counted.filter(([name]) => !others.includes(name)));
  }

  // On a machine that is held up for seconds, an instance rightly stops relying on its memory: so the rule is that a round can
  // cost nothing, not that the first one does.
  it('cost no Redis command, no SQL statement and no write', async () => {
    await until('a hundred requests cost nothing', async () => {
      const [before, mark] = [await redisCommands(), await stack.mark()];
      for (let round = 0; round < 25; round += 1) await everybody();
      const asked = [await redisCommands(), await mark.statements(), await mark.writes()];
      return isDeepStrictEqual(asked, [before, [], 0]);
    });
  });

  it('cost one round trip to Redis, and no SQL, where only the other instance has met somebody', async () => {
    let attempt = 0;
    await until('the second instance asks Redis once', async () => {
      attempt += 1;
      const carol = await stack.loggedIn('carol', `analysts, attempt-${attempt}`);
      expect(rolesOf(await carol.one.get('/auth/me'))).to.deep.equal(['analyst']);
      const [before, mark] = [await redisCommands(), await stack.mark()];
      expect(rolesOf(await carol.two.get('/auth/me'))).to.deep.equal(['analyst']);
      const after = await redisCommands();
      const spent = Object.entries(after).map(([name, calls]) => [name, calls - (before[name] ?? 0)] as const);
      const commands = spent.filter(([, calls]) => calls > 0);
      return isDeepStrictEqual([commands, await mark.statements()], [[['mget', 1]], []]);
    });
  });

  it('write once when the groups change, and not when they come in another order', async () => {
    const mark = await stack.mark();
    const changed = await stack.loggedIn('bob', 'engineers, analysts');
    for (const at of [changed.one, changed.two]) expect((await at.get('/auth/me')).status).to.equal(200);
    expect(await mark.writes()).to.equal(1);
    const turned = await stack.loggedIn('bob', 'analysts, engineers');
    for (const at of [turned.one, turned.two]) expect((await at.get('/auth/me')).status).to.equal(200);
    expect(await mark.writes()).to.equal(1);
  });
});
