// test/e2e: the cost of a request of a known user, as Redis and Postgres themselves count it.
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
    await sendRound();
  });

  /** Sends bob's requests, by header and by token, to both instances. */
  async function sendRound(): Promise<void> {
    for (const at of [bob.one, bob.two]) expect(rolesOf(await at.get('/auth/me'))).to.deep.equal(['developer']);
    for (const at of [stack.one.front, stack.two.front]) {
      expect(rolesOf(await whoIs(at, token))).to.deep.equal(['developer']);
    }
  }

  // Commands that keep connections alive, and the one that this test sends.
  const ignored = ['ping', 'info', 'client|setinfo', 'hello'];

  /** How often Redis has executed each command for requests. */
  async function redisCommands(): Promise<Record<string, number>> {
    const lines = (await redis.info('commandstats')).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gmu);
    const counted = [...lines].map(([, name = '', calls = '']) => [name, Number(calls)] as const);
    return Object.fromEntries(counted.filter(([name]) => !ignored.includes(name)));
  }

  // An instance rightly stops relying on its memory when the machine stalls for seconds. So the test requires that some
  // round costs nothing, not that the first one does.
  it('cost no Redis command, no SQL statement and no write', async () => {
    await until('a hundred requests cost nothing', async () => {
      const [before, mark] = [await redisCommands(), await stack.mark()];
      for (let round = 0; round < 25; round += 1) await sendRound();
      const asked = [await redisCommands(), await mark.statements(), await mark.writes()];
      return isDeepStrictEqual(asked, [before, [], 0]);
    });
  });

  it('cost one round trip to Redis and no SQL when only the other instance knows the user', async () => {
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

  it('write once when the groups change, and not when only their order changes', async () => {
    const mark = await stack.mark();
    const changed = await stack.loggedIn('bob', 'engineers, analysts');
    for (const at of [changed.one, changed.two]) expect((await at.get('/auth/me')).status).to.equal(200);
    expect(await mark.writes()).to.equal(1);
    const turned = await stack.loggedIn('bob', 'analysts, engineers');
    for (const at of [turned.one, turned.two]) expect((await at.get('/auth/me')).status).to.equal(200);
    expect(await mark.writes()).to.equal(1);
  });
});
