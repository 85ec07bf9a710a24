// The database restarts. Processes keep serving the users that they have in memory.
import { expect } from 'chai';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { until } from '../support/processes.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { askAll, change, during, type Expectation, expectation, tally, view, warm } from './expectations.js';
import { type World, world } from './world.js';

describe('while the database restarts, the processes', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  let redis: RedisServer;
  let here: World;

  before(async () => {
    [server, redis] = await Promise.all([startPostgres(), startRedis()]);
    here = await world(server);
    // The tolerance is longer than the server takes to shut down.
    const settings = { redis, queryTimeoutMilliseconds: 400, outageToleranceSeconds: 3 };
    await Promise.all(['one', 'two', 'three'].map((name) => here.start(name, settings)));
  });
  after(async () => {
    await here?.end();
    await redis?.stop();
    await server?.stop();
  });

  it('answer about known users from memory, then refuse only with 503, and recover when it is back', async () => {
    const add = async (subject: string): Promise<Expectation> => {
      const person = await here.add(subject, ['staff']);
      return expectation(person, view(person, 'viewer'));
    };
    const [alice, bob] = [await add('alice'), await add('bob')];
    const everybody = [alice, bob];
    const people = everybody.map(({ person }) => person);
    await warm(here.children, people);
    const [one, two] = here.children;
    await change(bob, view(bob.person, 'viewer disabled'), async () => one?.call('disable', 'bob'));
    await warm(here.children, people);

    const result = tally();
    const away = new Set(here.children);
    await server.shutDown();
    await askAll(here.children, everybody, result);
    expect(result.wrong, 'without the database').to.deep.equal([]);
    expect(result.answers).to.equal(here.children.length * everybody.length * 3);
    const stranger = await two?.look({ subject: 'carol', groups: ['staff'], devices: [] });
    expect(stranger?.view.header).to.equal('ERR_DIRECTORY_UNAVAILABLE');

    await during(
      here.children,
      everybody,
      result,
      async () => {
        for (const child of here.children) {
          await until(`${child.name} answers that the directory is unavailable`, async () => {
            const { view: seen } = await child.look(alice.person);
            return seen.session === 'ERR_DIRECTORY_UNAVAILABLE';
          });
        }
        await server.start();
        await warm(here.children, people);
      },
      away,
    );
    await during(here.children, everybody, result, () =>
      change(bob, view(bob.person, 'viewer'), async () => two?.call('enable', 'bob')),
    );
    expect(result.wrong).to.deep.equal([]);
  });
});
