// Two versions of a server with different mappings in their configurations run side by side.
import { expect } from 'chai';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { ask, change, expectation, tally, view, warm } from './expectations.js';
import { type Child, type World, world } from './world.js';

const rounds = 20;

describe('a rolling deployment', function () {
  this.timeout(120_000);
  let server: PostgresServer;
  let redis: RedisServer;
  let here: World;

  before(async () => {
    [server, redis] = await Promise.all([startPostgres(), startRedis()]);
    here = await world(server);
  });
  after(async () => {
    await here?.end();
    await redis?.stop();
    await server?.stop();
  });

  it('writes no row for a user who alternates between the versions, and refuses no versioned edit', async () => {
    const [older, newer]: Child[] = await Promise.all([
      here.start('older', { redis }),
      here.start('newer', { redis, groupRoles: { staff: ['reader'] } }),
    ]);
    if (older === undefined || newer === undefined) throw new Error('Both were started');
    const person = await here.add('alice', ['staff']);
    const [asOlder, asNewer] = [
      expectation(person, view(person, 'viewer')),
      expectation(person, view(person, 'reader')),
    ];
    await warm([older, newer], [person]);
    const row = async (): Promise<unknown> =>
      (await here.database.query('SELECT xmin::text, version, updated_at FROM latchkey_users')).rows;
    const before = await row();
    const result = tally();
    for (let round = 0; round < rounds; round += 1) {
      await ask(older, asOlder, result);
      await ask(newer, asNewer, result);
    }
    expect(await row()).to.deep.equal(before);

    for (let round = 1; round <= rounds; round += 1) {
      const version = (await here.directory.findUser('alice'))?.version;
      for (const [child, what] of [
        [older, asOlder],
        [newer, asNewer],
      ] as const) {
        await ask(child, what, result);
      }
      const [author, other] = round % 2 === 0 ? [older, newer] : [newer, older];
      const role = `role-${String(round).padStart(2, '0')}`;
      const roles = (base: string): string =>
        [base, ...Array.from({ length: round }, (_, index) => `role-${String(index + 1).padStart(2, '0')}`)]
          .sort()
          .join('+');
      await change(asOlder, view(person, roles('viewer')), () =>
        change(asNewer, view(person, roles('reader')), async () => {
          expect(await author.call('versionedGrant', 'alice', [role], version)).to.equal((version ?? 0) + 1);
        }),
      );
      await ask(other, other === older ? asOlder : asNewer, result);
      await ask(author, author === older ? asOlder : asNewer, result);
    }
    expect(result.wrong).to.deep.equal([]);
  });
});
