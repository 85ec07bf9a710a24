// Counts look-ups by the level that answered, and the changes of two instances with SQLite and Redis.
import { expect } from 'chai';
import { type Latchkey, migrate, redisState, sqliteDirectory } from '../../src/index.js';
import { plainLatchkey } from '../frameworks/rig.js';
import { until } from '../support/processes.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type SqliteFiles, sqliteFiles } from '../support/sqlite.js';
import { authenticated, valuesOf } from './values.js';

describe('metrics of two instances', () => {
  let files: SqliteFiles;
  let redis: RedisServer;
  let instances: [Latchkey, Latchkey];
  before(async () => {
    files = await sqliteFiles();
    redis = await startRedis();
  });
  after(async () => {
    await redis?.stop();
    await files.remove();
  });

  beforeEach(async () => {
    const path = files.path();
    const database = files.open(path);
    await migrate(database);
    const create = () => {
      const directory = sqliteDirectory(files.open(path));
      return plainLatchkey({ directory, state: redisState(redis.client()), outageToleranceSeconds: 60 }).auth;
    };
    instances = [create(), create()];
    for (const auth of instances) {
      await until(
        'it may answer from memory',
        async () => (await valuesOf(auth, 'latchkey_answers_from_memory'))[''] === 1,
      );
    }
  });
  afterEach(async () => {
    for (const auth of instances) await auth.close();
  });

  it('count a look-up at the slowest level that it needed', async () => {
    const [one, two] = instances;
    const alice = [['Remote-User', 'alice']] as const;
    for (const auth of [one, one, one, two, two]) expect(await authenticated(auth, alice)).to.equal(undefined);
    expect(await valuesOf(one, 'latchkey_lookups_total')).to.deep.equal({ 'user directory': 1, 'user memory': 2 });
    expect(await valuesOf(two, 'latchkey_lookups_total')).to.deep.equal({ 'user state': 1, 'user memory': 1 });
  });

  it('count joins, changes and how long the changes took', async () => {
    const [one, two] = instances;
    for (const auth of instances) expect(await valuesOf(auth, 'latchkey_journal_joins_total')).to.deep.equal({ '': 1 });
    await authenticated(one, [['Remote-User', 'alice']]);
    await one.users.disable('alice');
    await one.users.enable('alice');
    await one.invalidate('alice');
    expect(await one.users.disable('nobody').catch(({ code }) => code)).to.equal('ERR_USER_UNKNOWN');
    const metric = async (auth: Latchkey) => {
      const found = (await auth.metrics.read()).find(({ type }) => type === 'histogram');
      const values = found?.values.map(({ metricName, labels, value }) => {
        const suffix = metricName.replace('latchkey_change_duration_seconds_', '');
        return [suffix + (labels['le'] === undefined ? '' : ` ${labels['le']}`), value] as const;
      });
      return Object.fromEntries(values ?? []);
    };
    const changes = await metric(one);
    expect(changes).to.include({ count: 3, 'bucket +Inf': 3, 'bucket 70': 3 });
    expect(changes['sum']).to.be.greaterThan(0);
    expect((await metric(two))['count']).to.equal(0);
  });

  it('count when Redis is lost and restored', async () => {
    const [one] = instances;
    const counted = async (type: string) => (await valuesOf(one, 'latchkey_events_total'))[type] ?? 0;
    await redis.kill();
    await until('the loss is counted', async () => (await counted('state.lost')) === 1);
    await until('the status is degraded', async () => (await valuesOf(one, 'latchkey_health'))['degraded'] === 1);
    await redis.restart();
    await until('the return is counted', async () => (await counted('state.restored')) === 1);
  });
});
