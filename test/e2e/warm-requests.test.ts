// test/e2e: what a request costs when its person is known: asked of Redis and Postgres themselves.
import { expect } from 'chai';
import { pair, rolesOf, whoIs } from './journey.js';
import { sharedStack } from './shared-stack.js';
import type { Browser, Stack } from './stack.js';

describe('warm requests', function () {
  this.timeout(180_000);
  let stack: Stack;
  let bob: Browser;
  let token: string;
  before(async () => {
    stack = await sharedStack();
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

  /** The commands that Redis has carried out, besides signs of life and our own question. */
  async function redisCommands(): Promise<Record<string, number>> {
    const lines = (await stack.redis.client().info('commandstats')).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gmu);
    const counted = [...lines].map(([, name = '', calls = '']) => [name, Number(calls)] as const);
    return Object.fromEntries(counted.filter(([name]) => !['ping', 'info', 'client|setinfo', 'hello'].includes(name)));
  }

  /** When each of the app's connections last began a statement, and which. */
  async function statements(): Promise<readonly unknown[]> {
    const { rows } = await stack.database.query(
      `SELECT pid, query_start::text, query FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY pid`,
    );
    return rows;
  }

  /** The number of the next transaction that writes. */
  async function nextWrite(): Promise<unknown> {
    return (await stack.database.query('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next')).rows;
  }

  it('cost no Redis command, no SQL statement and no write', async () => {
    // Connects first: that costs commands of its own.
    await redisCommands();
    const before = [await redisCommands(), await statements(), await nextWrite()];
    for (let round = 0; round < 25; round += 1) await everybody();
    expect([await redisCommands(), await statements(), await nextWrite()]).to.deep.equal(before);
  });

  it('cost one round trip to Redis, and no SQL, at an instance that has yet to meet somebody whom the other knows', async () => {
    const carol = await stack.loggedIn('carol', 'analysts');
    expect(rolesOf(await carol.one.get('/auth/me'))).to.deep.equal(['analyst']);
    await redisCommands();
    const [commands, sql] = [await redisCommands(), await statements()];
    expect(rolesOf(await carol.two.get('/auth/me'))).to.deep.equal(['analyst']);
    expect(await statements()).to.deep.equal(sql);
    const after = await redisCommands();
    const asked = Object.entries(after).filter(([name, calls]) => calls !== (commands[name] ?? 0));
    expect(asked.map(([name, calls]) => [name, calls - (commands[name] ?? 0)])).to.deep.equal([['mget', 1]]);
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
