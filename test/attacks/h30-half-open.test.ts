// H30: elsewhere an instance that was cut off went on answering from its memory.
import { expect } from 'chai';
import { Redis } from 'ioredis';
import type { Directory } from '../../src/ports.js';
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

    it('asks the directory within two heartbeats, and trusts its memory again once Redis answers', async () => {
      const states = [redisState(client, { heartbeatSeconds: 0.2 }), redisState(server.client())] as const;
      const cut = instance({ directory, state: states[0], groupRoles });
      const other = instance({ directory, state: states[1], groupRoles });
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
      for (const state of states) await state.close();
    });
  });
});
