// One process loses Redis or the database, or is suspended, and recovers.
import { expect } from 'chai';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { type Change, eachChange } from './changes.js';
import { askAll, change, during, tally, waitForOthers, warm } from './expectations.js';
import { type Child, relianceMilliseconds, type World, world } from './world.js';

describe('a process that is cut off or suspended', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  let redis: RedisServer;
  let here: World;
  let one: Child;
  let two: Child;
  let three: Child;

  before(async () => {
    [server, redis] = await Promise.all([startPostgres(), startRedis()]);
    here = await world(server);
    [one, two, three] = await Promise.all([
      here.start('one', { redis }),
      here.start('two', { redis, queryTimeoutMilliseconds: 1000 }),
      here.start('three', { redis }),
    ]);
  });
  after(async () => {
    await here?.end();
    await redis?.stop();
    await server?.stop();
  });

  async function prepared(tag: string): Promise<readonly Change[]> {
    const changes = await eachChange(here, tag);
    await warm(
      here.children,
      changes.map(({ what }) => what.person),
    );
    return changes;
  }

  /** Makes the changes at two processes, and asks every process as soon as each call has returned. */
  async function make(changes: readonly Change[], result: ReturnType<typeof tally>, away: Set<Child>): Promise<void> {
    await Promise.all(
      changes.map(async ({ what, after, verb, args, waits }, index) => {
        const author = index % 2 === 0 ? one : three;
        if (waits) await change(what, after, () => author.call(verb, ...args));
        else {
          what.views.push(after);
          await author.call(verb, ...args);
        }
        await askAll(here.children, [what], result, away);
      }),
    );
    const others = changes.filter(({ waits }) => !waits).map(({ what }) => what);
    await waitForOthers(others, relianceMilliseconds);
    await askAll(here.children, others, result, away);
  }

  const cuts: readonly (readonly [string, (wire: TcpProxy) => void])[] = [
    ['holds everything back', (wire) => wire.stall()],
    ['holds the answers back', (wire) => wire.muteAnswers()],
    ['is cut', (wire) => wire.cut()],
  ];

  for (const [what, cut] of cuts) {
    it(`returns nothing older than a completed change while its line to the database ${what}, or later`, async () => {
      const changes = await prepared(`database-${what.split(' ').join('-')}`);
      const result = tally();
      const away = new Set([two]);
      const everybody = changes.map(({ what: each }) => each);
      await during(
        here.children,
        everybody,
        result,
        async () => {
          cut(two.postgresWire);
          try {
            await make(changes, result, away);
          } finally {
            two.postgresWire.heal();
          }
        },
        away,
      );
      // Processes never keep in memory that a user does not exist.
      const existing = everybody.filter(({ views }) => views.at(-1)?.session !== 'nobody');
      await warm(
        [two],
        existing.map(({ person }) => person),
      );
      await askAll(here.children, everybody, result, new Set([two]));
      expect(result.wrong).to.deep.equal([]);
    });

    it(`answers all users, with nothing older than a completed change, while its line to Redis ${what}`, async () => {
      const changes = await prepared(`redis-${what.split(' ').join('-')}`);
      const result = tally();
      const everybody = changes.map(({ what: each }) => each);
      // Process two has a short query timeout: a slow database may make it refuse.
      const impatient = new Set([two]);
      await during(
        here.children,
        everybody,
        result,
        async () => {
          if (three.redisWire !== undefined) cut(three.redisWire);
          try {
            await make(changes, result, impatient);
          } finally {
            three.redisWire?.heal();
          }
        },
        impatient,
      );
      await askAll(here.children, everybody, result, new Set([two]));
      expect(result.wrong).to.deep.equal([]);
    });
  }

  it('returns nothing older than a completed change when it continues after SIGSTOP', async () => {
    const changes = await prepared('stopped');
    const result = tally();
    const everybody = changes.map(({ what }) => what);
    two.process.signal('SIGSTOP');
    // The requests wait in its socket, so that they are the first thing it reads when it continues.
    const away = new Set([two]);
    let asked: Promise<void> = Promise.resolve();
    try {
      await Promise.all(
        changes.map(async ({ what, after, verb, args, waits }) => {
          what.views.push(after);
          await one.call(verb, ...args);
          if (waits) what.since = 1;
        }),
      );
      await waitForOthers(everybody, relianceMilliseconds);
      asked = askAll(here.children, everybody, result, away);
    } finally {
      two.process.signal('SIGCONT');
    }
    await asked;
    await askAll(here.children, everybody, result, away);
    expect(result.wrong).to.deep.equal([]);
  });
});
