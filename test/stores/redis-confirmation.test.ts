// test/stores: confirm of redisState, with an instance that is slow, cut off, forgotten by Redis, or asleep.
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import type { SharedState } from '../../src/ports.js';
import { fenceScript, renewScript } from '../../src/stores/redis-scripts.js';
import { redisState } from '../../src/stores/redis-state.js';
import type { LatchkeyEvent } from '../../src/types.js';
import { until } from '../support/processes.js';
import { type RedisServer, startRedis } from '../support/redis.js';
import { type Reliant, reliant } from '../support/reliant.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const heartbeatSeconds = 0.4;
const registry = 'latchkey-instances';

describe('confirm of redisState', () => {
  let server: RedisServer;
  let admin: Redis;
  let proxy: TcpProxy;
  /** Its traffic goes through the proxy. */
  let far: SharedState;
  let near: SharedState;
  let watching: Reliant;
  let events: LatchkeyEvent[];

  beforeEach(async () => {
    server = await startRedis();
    admin = server.client();
    proxy = await startTcpProxy(server);
    events = [];
    const onEvent = (event: LatchkeyEvent) => void events.push(event);
    far = redisState(server.client({ host: proxy.host, port: proxy.port }), { heartbeatSeconds, onEvent });
    near = redisState(server.client(), { heartbeatSeconds, onEvent });
    watching = reliant(far);
    await until('the watch is restored', () => watching.live);
    // The registry has just begun; from now on it is believed.
    await near.confirm();
  });
  afterEach(async () => {
    await near.close();
    await far.close();
    await proxy.stop();
    await server.stop();
  });

  /** Changes a key and confirms; says, at the instant at which that resolves, whether the far one still relies on it. */
  async function change(key: string): Promise<boolean> {
    await near.put(key, 'changed', 60);
    return near.confirm().then(() => watching.relies(key));
  }
  const registered = async () => (await admin.hkeys(registry)).filter((field) => field.startsWith('member:'));
  const raised = async () => Number(await admin.hget(registry, 'fence'));

  it('resolves while the other instance goes on watching', async () => {
    for (let round = 0; round < 30; round += 1) {
      expect(await change(`key ${round}`)).to.equal(false);
      expect(watching.told).to.include(`key ${round}`);
    }
    expect(watching.losses).to.equal(0);
  });

  it('waits for an instance whose traffic is held back, until that has been told', async () => {
    const before = await raised();
    proxy.muteAnswers();
    let resolved = false;
    const changing = change('key').then((relies) => {
      resolved = true;
      return relies;
    });
    await until('the fence is raised', async () => (await raised()) > before);
    expect([resolved, watching.relies('key')]).to.deep.equal([false, true]);
    proxy.heal();
    expect(await changing).to.equal(false);
  });

  for (const [name, hold] of [
    ['is cut off without a sign', () => proxy.stall()],
    ['hears nothing, although Redis hears it', () => proxy.muteAnswers()],
  ] as const) {
    it(`waits for an instance that ${name}, until that has stopped by itself`, async () => {
      hold();
      await near.put('key', 'changed', 60);
      expect(watching.relies('key')).to.equal(true);
      expect(await near.confirm().then(() => watching.relies('key'))).to.equal(false);
      expect(watching.told).to.deep.equal([]);
    });
  }

  for (const [name, forget] of [
    ['everything was flushed', () => admin.flushall()],
    ['the registry was evicted', () => admin.del(registry)],
    // As a replica that was promoted without the last writes has it.
    [
      'a failover lost the registration',
      async () => {
        await admin.hdel(registry, ...(await registered()));
        await admin.hset(registry, 'server', 'f'.repeat(40));
      },
    ],
  ] as const) {
    it(`waits for an instance that Redis knows nothing of, since ${name}`, async () => {
      proxy.stall();
      await forget();
      await near.put('key', 'changed', 60);
      expect(watching.relies('key')).to.equal(true);
      expect(await near.confirm().then(() => watching.relies('key'))).to.equal(false);
    });

    it(`takes no acknowledgement of an earlier registry for one of now, when ${name}`, async () => {
      for (let round = 0; round < 5; round += 1) await near.confirm();
      await forget();
      for (let round = 0; round < 3; round += 1) {
        expect(await change(`after ${round}`)).to.equal(false);
      }
      await until('it is registered', async () => (await registered()).length === 1);
      proxy.stall();
      expect(await change('when cut off')).to.equal(false);
    });
  }

  it('counts no number of another epoch, however high it is', async () => {
    const renew = (epoch: string, number: number) =>
      admin.eval(renewScript.source, 1, registry, 'unused', 60_000, 'somebody', epoch, number);
    const pending = async () => (await ask())[2];
    const ask = async (): Promise<readonly unknown[]> => {
      const reply = await admin.eval(fenceScript.source, 1, registry, 'unused', 0, ...fence);
      return reply as readonly unknown[];
    };
    let fence: [string, number] = ['', 0];
    await far.close();
    await renew('', 0);
    const [epoch, number] = await ask();
    fence = [String(epoch), Number(number)];
    expect(await pending()).to.equal(1);
    await renew('of another registry', 1_000_000);
    expect(await pending()).to.equal(1);
    await renew(fence[0], fence[1] - 1);
    expect(await pending()).to.equal(1);
    await renew(...fence);
    expect(await pending()).to.equal(0);
  });

  it('is not misled by the pause of a process: at its first instant afterwards it relies on nothing', async () => {
    const end = performance.now() + 4 * heartbeatSeconds * 1000;
    while (performance.now() < end) {}
    expect([watching.live, watching.losses]).to.deep.equal([false, 0]);
    await until('the loss is told', () => watching.losses === 1);
    await until('the watch is restored', () => watching.live);
    expect(await change('key')).to.equal(false);
  });

  it('comes back when the network does, registered once', async () => {
    proxy.stall();
    expect(await change('key')).to.equal(false);
    proxy.heal();
    await until('the watch is restored', () => watching.live);
    expect(await change('another')).to.equal(false);
    expect(await registered()).to.have.length(1);
  });

  it('asks nobody for long who has lost the watch or closed', async () => {
    const closing = redisState(server.client(), { heartbeatSeconds });
    const other = reliant(closing);
    await until('the watch is restored', () => other.live);
    expect(await registered()).to.have.length(2);
    await closing.close();
    expect([other.live, (await registered()).length]).to.deep.equal([false, 1]);
    await admin.call('client', 'kill', 'type', 'pubsub');
    await until('it has registered anew', () => watching.losses === 1 && watching.live);
    expect(await registered()).to.have.length(1);
  });

  it('counts several states of one process each for itself', async () => {
    const second = redisState(server.client(), { heartbeatSeconds });
    const other = reliant(second);
    await until('the watch is restored', () => other.live);
    proxy.stall();
    await second.put('key', 'changed', 60);
    await second.confirm();
    expect([watching.relies('key'), other.relies('key')]).to.deep.equal([false, false]);
    expect([watching.live, other.live]).to.deep.equal([false, true]);
    await second.close();
  });

  it('ends with the state that waits', async () => {
    const before = await raised();
    proxy.stall();
    const waiting = near.confirm().catch((error: unknown) => error);
    await until('the fence is raised', async () => (await raised()) > before);
    await near.close();
    expect(await waiting).to.include({ code: 'ERR_STATE_UNAVAILABLE' });
  });

  it('rejects where somebody holds a lease for ever', async () => {
    const later = Date.now() + 3_600_000;
    await admin.hset(registry, 'member:somebody', `${later}:0`);
    expect(await near.confirm().catch((error: unknown) => error)).to.include({ code: 'ERR_STATE_UNAVAILABLE' });
  });

  it('says so where Redis refuses the registration, and relies on nothing', async () => {
    await admin.set(registry, 'something else');
    await until('the loss is told', () => watching.losses > 0);
    await until('it is reported', () => events.some((event) => JSON.stringify(event).includes('WRONGTYPE')));
    expect(await near.confirm().catch((error: unknown) => error)).to.include({ code: 'ERR_STATE_UNAVAILABLE' });
    await admin.del(registry);
    await until('the watch is restored', () => watching.live);
  });
});
