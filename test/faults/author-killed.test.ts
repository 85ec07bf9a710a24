// A process is killed in the middle of changes, and nobody or somebody makes them again.
import { expect } from 'chai';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { instance } from '../support/instances.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { until } from '../support/processes.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type Change, eachChange } from './changes.js';
import { look } from './look.js';
import { askAll, change, during, spread, tally, warm } from './truth.js';
import { type Child, configured, outageToleranceSeconds, relianceMilliseconds, type World, world } from './world.js';

const steps = ['statement', 'saved', 'confirming'] as const;
const named = {
  statement: 'while their statements run',
  saved: 'after COMMIT, before it told anybody',
  confirming: 'while it waits for the others',
};

describe('a process is killed in the middle of changes', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  let redis: RedisServer;
  let here: World;
  let two: Child;
  let three: Child;
  let authors = 0;

  before(async () => {
    [server, redis] = await Promise.all([startPostgres(), startRedis()]);
    here = await world(server);
    [two, three] = await Promise.all([
      here.start('two', { redis }),
      // Goes by its memory for so long that all is over by then.
      here.start('three', {
        redis,
        queryTimeoutMilliseconds: 1000,
        outageToleranceSeconds: 2 * outageToleranceSeconds,
      }),
    ]);
  });
  after(async () => {
    await here?.end();
    await redis?.stop();
    await server?.stop();
  });

  /** Begins all changes in a process of their own, and kills it there. They may be saved or not where it dies before that. */
  async function begun(
    step: (typeof steps)[number],
    tag: string,
    deafen: () => void = () => {},
  ): Promise<readonly Change[]> {
    authors += 1;
    const author = await here.start(`author-${authors}`, { redis });
    const all = await eachChange(here, tag);
    // What does not wait for the others is over by then.
    const changes = step === 'confirming' ? all.filter(({ waits }) => waits) : all;
    const people = changes.map(({ what }) => what.person);
    await warm([author, two, three], people);
    const start = async (): Promise<void> => {
      deafen();
      for (const { what, after } of changes) what.views.push(after);
      await Promise.allSettled(changes.map(({ verb, args }) => author.call(verb, ...args)));
    };
    if (step !== 'statement') {
      await author.dieAt(step, changes.length);
      await start();
      await until('it is dead', () => !author.process.running);
      return changes;
    }
    const neighbour = await here.database.connect();
    try {
      await neighbour.query('BEGIN');
      await neighbour.query('SELECT FROM latchkey_journal_head FOR UPDATE');
      const ended = start();
      const waiting = async (): Promise<number> => {
        const { rows } = await here.database.query(
          `SELECT FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'`,
          [author.name],
        );
        return rows.length;
      };
      await until('all wait for the lock', async () => (await waiting()) === changes.length);
      await author.kill();
      await ended;
    } finally {
      await neighbour.query('COMMIT');
      neighbour.release();
    }
    return changes;
  }

  /** What the directory says, past all caches. */
  async function settle(changes: readonly Change[]): Promise<void> {
    await until('the server has noticed', async () => {
      const { rows } = await here.database.query(`SELECT FROM pg_stat_activity WHERE application_name LIKE 'author-%'`);
      return rows.length === 0;
    });
    const { resolver } = instance({ directory: here.directory, state: memoryState(), groupRoles: configured });
    await resolver.close();
    for (const { what } of changes) {
      const { view } = await look(resolver, what.person);
      expect(what.views).to.deep.include(view);
      what.views.push(view);
    }
  }

  for (const step of steps) {
    it(`${named[step]}, and nothing else happens: all is in force everywhere within the reliance`, async () => {
      const changes = await begun(step, `${step}-alone`);
      const result = tally();
      const everybody = changes.map(({ what }) => what);
      await during(
        [two, three],
        everybody,
        result,
        async () => {
          if (step === 'statement') await settle(changes);
          await spread(everybody, 2 * relianceMilliseconds);
        },
        new Set([three]),
      );
      expect(result.wrong).to.deep.equal([]);
      expect(result.answers).to.be.above(100);
    });

    it(`${named[step]}, and all is made again elsewhere: it is in force when that returns, also where nobody hears of it`, async () => {
      const result = tally();
      const away = new Set([three]);
      let changes: readonly Change[] = [];
      try {
        changes = await begun(step, `${step}-again`, () => three.postgresWire.stall());
        await Promise.all(
          changes.map(async ({ what, after, verb, args, waits }) => {
            if (!waits) return;
            await change(what, after, () =>
              two.call(verb, ...args).catch((error: unknown) => {
                // Whom the first call removed, the second does not find.
                expect([verb, (error as { code?: string }).code]).to.deep.equal(['remove', 'ERR_USER_UNKNOWN']);
              }),
            );
            await askAll([two, three], [what], result, away);
          }),
        );
      } finally {
        three.postgresWire.heal();
      }
      const waited = changes.filter(({ waits }) => waits).map(({ what }) => what);
      await askAll([two], waited, result);
      expect(result.wrong).to.deep.equal([]);
      expect(result.answers).to.be.above(100);
    });
  }
});
