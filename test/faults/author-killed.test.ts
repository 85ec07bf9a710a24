// A process is killed during changes. The others must stay correct, whether or not the changes are repeated.
import { expect } from 'chai';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { instance } from '../support/instances.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { until } from '../support/processes.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type Change, eachChange } from './changes.js';
import { askAll, change, during, tally, waitForOthers, warm } from './expectations.js';
import { look } from './look.js';
import { type Child, configured, outageToleranceSeconds, relianceMilliseconds, type World, world } from './world.js';

const steps = ['statement', 'saved', 'confirming'] as const;
const named = {
  statement: 'while their statements run',
  saved: 'after COMMIT, before it notifies the others',
  confirming: 'while it waits for the others',
};

describe('after one process is killed during changes, the others', function () {
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
      // Relies on its memory for longer: everything else is over before it stops.
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

  /** Starts all changes in a new process and kills it at the step. At `statement`, a change may be saved or not. */
  async function startAndKill(
    step: (typeof steps)[number],
    tag: string,
    cutOff: () => void = () => {},
  ): Promise<readonly Change[]> {
    authors += 1;
    const author = await here.start(`author-${authors}`, { redis });
    const all = await eachChange(here, tag);
    // Changes that do not wait for the others have ended before this step.
    const changes = step === 'confirming' ? all.filter(({ waits }) => waits) : all;
    const people = changes.map(({ what }) => what.person);
    await warm([author, two, three], people);
    const start = async (): Promise<void> => {
      cutOff();
      for (const { what, after } of changes) what.views.push(after);
      await Promise.allSettled(changes.map(({ verb, args }) => author.call(verb, ...args)));
    };
    if (step !== 'statement') {
      await author.dieAt(step, changes.length);
      await start();
      await until('the author is dead', () => !author.process.running);
      return changes;
    }
    const blocker = await here.database.connect();
    try {
      await blocker.query('BEGIN');
      await blocker.query('SELECT FROM latchkey_journal_head FOR UPDATE');
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
      await blocker.query('COMMIT');
      blocker.release();
    }
    return changes;
  }

  /** Expects from now on what the directory says, read without the caches. */
  async function expectSaved(changes: readonly Change[]): Promise<void> {
    await until('the database has closed the connections of the author', async () => {
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
    it(`agree with the directory within the reliance (killed ${named[step]})`, async () => {
      const changes = await startAndKill(step, `${step}-alone`);
      const result = tally();
      const everybody = changes.map(({ what }) => what);
      await during(
        [two, three],
        everybody,
        result,
        async () => {
          if (step === 'statement') await expectSaved(changes);
          await waitForOthers(everybody, 2 * relianceMilliseconds);
        },
        new Set([three]),
      );
      expect(result.wrong).to.deep.equal([]);
      expect(result.answers).to.be.above(100);
    });

    it(`apply a repeated change when its call returns, even without the database (killed ${named[step]})`, async () => {
      const result = tally();
      const away = new Set([three]);
      let changes: readonly Change[] = [];
      try {
        changes = await startAndKill(step, `${step}-again`, () => three.postgresWire.stall());
        await Promise.all(
          changes.map(async ({ what, after, verb, args, waits }) => {
            if (!waits) return;
            await change(what, after, () =>
              two.call(verb, ...args).catch((error: unknown) => {
                // The repeated call does not find a user whom the first call removed.
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
