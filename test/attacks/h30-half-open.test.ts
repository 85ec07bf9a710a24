// H30: in other systems, an instance without a connection kept answering from its memory.
import { expect } from 'chai';
import type pg from 'pg';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { migrate } from '../../src/stores/postgres/migrations.js';
import { sqlDirectory } from '../../src/stores/postgres/sql-directory.js';
import type { SharedState } from '../../src/vocabulary/ports.js';
import { type Instance, instance } from '../support/instances.js';
import { alice, groupRoles, pair, refusal } from '../support/people.js';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { until } from '../support/processes.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const outageToleranceSeconds = 0.5;

describe('H30: an instance without a connection', () => {
  let server: PostgresServer;
  let wire: TcpProxy;
  let near: pg.Pool;
  let far: pg.Pool;
  let state: SharedState;
  let cut: Instance;
  let other: Instance;

  before(async () => {
    server = await startPostgres();
    wire = await startTcpProxy(server);
    near = await server.database();
    await migrate(near);
    const { database } = near.options;
    const { host, port } = wire;
    far = server.pool({
      host,
      port,
      ...(database === undefined ? {} : { database }),
      query_timeout: 1000,
      connectionTimeoutMillis: 1000,
    });
    far.on('error', () => {});
  });
  after(async () => {
    await far?.end();
    await wire?.stop();
    await server?.stop();
  });
  beforeEach(async () => {
    await near.query('TRUNCATE latchkey_users, latchkey_group_roles, latchkey_instances CASCADE');
    // Messages reach all instances, and the state is marked as shared with other processes, like Redis.
    state = { ...memoryState(), singleProcess: false };
    cut = instance({ directory: sqlDirectory(far), state, groupRoles, outageToleranceSeconds });
    other = instance({ directory: sqlDirectory(near), state, groupRoles, outageToleranceSeconds });
  });
  afterEach(async () => {
    wire.heal();
    for (const { resolver } of [cut, other]) await resolver.close();
    await state.close();
  });

  for (const [what, hold] of [
    ['silent', () => wire.stall()],
    ['without answers', () => wire.muteAnswers()],
    ['gone', () => wire.cut()],
  ] as const) {
    it(`does not answer from memory after a change on another instance has returned (${what})`, async () => {
      const directory = sqlDirectory(near);
      const device = await pair(directory, (await other.resolver.resolve(alice))?.userId);
      const answers = () => [cut.resolver.resolve(alice), cut.resolver.findDevice(device.id, 'alice')];
      const warm = async () => {
        await Promise.all(answers().map((answer) => refusal(answer)));
        return !answers().some((answer) => answer instanceof Promise);
      };
      const { users, devices, mappings } = other.administration;
      for (const change of [
        () => users.addRoles('alice', ['editor']),
        () => devices.revoke('alice', device.id),
        () => mappings.set('staff', ['reader']),
        () => users.disable('alice'),
      ]) {
        await until('it answers from memory', warm);
        hold();
        expect(cut.resolver.resolve(alice), 'from memory').to.not.be.an.instanceof(Promise);
        await change();
        // Not even one turn of the event loop passes.
        const asked = cut.resolver.resolve(alice);
        expect(asked).to.be.an.instanceof(Promise);
        expect(await refusal(asked)).to.equal('ERR_DIRECTORY_UNAVAILABLE');
        wire.heal();
      }
      await until('it answers again', async () => (await refusal(cut.resolver.find('alice'))) === undefined);
      await until('it answers from memory again', warm);
      expect(await cut.resolver.resolve(alice)).to.include({ disabled: true });
      expect((await cut.resolver.findDevice(device.id, 'alice'))?.device.revokedAt).to.be.an.instanceof(Date);
      expect(cut.events.map(({ type }) => type)).to.include.members(['directory.lost', 'directory.restored']);
    });
  }

  it('stops answering from memory even without changes', async () => {
    await until('it answers from memory', async () => {
      await refusal(cut.resolver.resolve(alice));
      return !(cut.resolver.resolve(alice) instanceof Promise);
    });
    wire.stall();
    await until('it asks the directory', () => cut.resolver.resolve(alice) instanceof Promise);
    expect(await refusal(cut.resolver.resolve(alice))).to.equal('ERR_DIRECTORY_UNAVAILABLE');
    wire.heal();
    await until('it trusts its memory again', () => !(cut.resolver.resolve(alice) instanceof Promise));
  });
});
