// H30: elsewhere an instance that was cut off went on answering from its memory.
import { expect } from 'chai';
import { Redis } from 'ioredis';
import type { Directory, SharedState } from '../../src/ports.js';
import { memoryDirectory } from '../../src/stores/memory-directory.js';
import { memoryState } from '../../src/stores/memory-state.js';
import { redisState } from '../../src/stores/redis-state.js';
import { type Instance, instance } from '../support/instances.js';
import { alice, groupRoles, pair } from '../support/people.js';
import { fallibleState } from '../support/ports.js';
import { until } from '../support/processes.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

describe('H30: an instance that is cut off answers nothing from memory', () => {
  let directory: Directory;
  const instances: Instance[] = [];

  beforeEach(() => {
    directory = memoryDirectory();
  });
  afterEach(async () => {
    for (const { resolver } of instances.splice(0)) await resolver.close();
  });

  it('drops what it holds when the watch is lost, and holds nothing until it is back', async () => {
    const state = memoryState();
    const fallible = fallibleState(state);
    const cut = instance({ directory, state: fallible.state, groupRoles });
    const other = instance({ directory, state, groupRoles });
    instances.push(cut, other);
    const device = await pair(directory, (await cut.resolver.resolve(alice))?.userId);
    await cut.resolver.findDevice(device.id, 'alice');
    expect(cut.resolver.resolve(alice)).not.to.be.an.instanceof(Promise);

    fallible.lose();
    await other.administration.users.disable('alice');
    for (let round = 0; round < 3; round += 1) {
      for (const ask of [
        () => cut.resolver.resolve(alice),
        () => cut.resolver.find('alice'),
        async () => (await cut.resolver.findDevice(device.id, 'alice'))?.account,
      ]) {
        const answer = ask();
        expect(answer).to.be.an.instanceof(Promise);
        expect(await answer).to.include({ disabled: true });
      }
    }

    await other.administration.users.enable('alice');
    fallible.restore();
    expect(await cut.resolver.find('alice')).to.include({ disabled: false });
    expect(cut.resolver.find('alice')).not.to.be.an.instanceof(Promise);
    expect(cut.events.map(({ type }) => type)).to.include.members(['state.lost', 'state.restored']);
  });

  it('does not hold what it asked for before the loss and got after it', async () => {
    const state = memoryState();
    const fallible = fallibleState(state);
    const cut = instance({ directory, state: fallible.state, groupRoles });
    instances.push(cut);
    await cut.resolver.resolve({ subject: 'bob' });
    const asked = cut.resolver.resolve(alice);
    fallible.lose();
    await asked;
    expect(cut.cache.peek('c:user:alice')).to.equal(undefined);
  });

  describe('with a connection to Redis that is open but silent', () => {
    let server: RedisServer;
    let proxy: TcpProxy;
    let client: Redis;
    const opened: SharedState[] = [];

    before(async () => {
      server = await startRedis();
      proxy = await startTcpProxy(server);
      client = new Redis({ host: proxy.host, port: proxy.port, lazyConnect: true });
    });
    after(async () => {
      client.disconnect();
      await proxy.stop();
      await server.stop();
    });
    afterEach(async () => {
      proxy.heal();
      for (const state of opened.splice(0)) await state.close();
      await server.client().flushall();
    });

    function states(): readonly [SharedState, SharedState] {
      const pair = [redisState(client, { heartbeatSeconds: 0.4 }), redisState(server.client())] as const;
      opened.push(...pair);
      return pair;
    }

    for (const [what, hold] of [
      ['silent', () => proxy.stall()],
      ['without answers', () => proxy.muteAnswers()],
    ] as const) {
      it(`knows nobody as they were once a change to them has returned elsewhere (${what})`, async () => {
        const [far, near] = states();
        const cut = instance({ directory, state: far, groupRoles });
        const other = instance({ directory, state: near, groupRoles });
        instances.push(cut, other);
        const device = await pair(directory, (await other.resolver.resolve(alice))?.userId);
        const warm = async () => {
          const answers = () => [cut.resolver.resolve(alice), cut.resolver.findDevice(device.id, 'alice')];
          await Promise.all(answers());
          return !answers().some((answer) => answer instanceof Promise);
        };
        const { users, devices, mappings } = other.administration;
        for (const change of [
          () => users.grantRoles('alice', ['editor']),
          () => devices.revoke('alice', device.id),
          () => mappings.set('staff', ['reader']),
          () => users.disable('alice'),
        ]) {
          await until('it answers from memory', warm);
          hold();
          expect(cut.resolver.resolve(alice), 'from memory').to.not.be.an.instanceof(Promise);
          await change();
          // Not one turn of the event loop later.
          expect(cut.resolver.resolve(alice)).to.be.an.instanceof(Promise);
          proxy.heal();
        }
        expect(await cut.resolver.resolve(alice)).to.include({ disabled: true });
        expect((await cut.resolver.findDevice(device.id, 'alice'))?.device.revokedAt).to.be.an.instanceof(Date);
      });
    }

    it('asks the directory within two heartbeats, and trusts its memory again once Redis answers', async () => {
      const [far, near] = states();
      const cut = instance({ directory, state: far, groupRoles });
      const other = instance({ directory, state: near, groupRoles });
      instances.push(cut, other);
      const warm = async () => {
        await cut.resolver.resolve(alice);
        return !(cut.resolver.resolve(alice) instanceof Promise);
      };
      await until('it answers from memory', warm);

      proxy.stall();
      await other.administration.users.disable('alice');
      await until('it noticed', () => cut.cache.peek('c:user:alice') === undefined, 2);
      expect(await cut.resolver.resolve(alice)).to.include({ disabled: true });
      expect(cut.resolver.resolve(alice)).to.be.an.instanceof(Promise);

      proxy.heal();
      await until('it answers from memory again', warm);
      expect(cut.resolver.resolve(alice)).to.include({ disabled: true });
    });
  });
});
