// Messages of redisState on a single server, when the server or the network fails.
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { redisState } from '../../../src/stores/redis/redis-state.js';
import type { SharedState } from '../../../src/vocabulary/ports.js';
import { type Recorder, recorder } from '../../contracts/state-harness.js';
import { until } from '../../support/processes.js';
import { type RedisServer, startRedis } from '../../support/redis.js';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';

const heartbeatSeconds = 0.25;

describe('messages of redisState', () => {
  let server: RedisServer;
  let proxy: TcpProxy;
  /** Connected through the proxy. */
  let far: SharedState;
  let near: SharedState;
  let heard: Recorder;

  beforeEach(async () => {
    server = await startRedis();
    proxy = await startTcpProxy(server);
    // The host's own client does not connect, so each connection of the proxy belongs to redisState.
    far = redisState(server.client({ host: proxy.host, port: proxy.port, lazyConnect: true }), { heartbeatSeconds });
    near = redisState(server.client(), { heartbeatSeconds });
    heard = recorder();
    far.subscribe('channel', heard);
    await until('messages arrive', () => heard.live);
  });
  afterEach(async () => {
    await far.close();
    await near.close();
    await proxy.stop();
    await server.stop();
  });

  async function arrives(text: string): Promise<void> {
    await near.publish('channel', text);
    await until('the message arrives', () => heard.messages.includes(text));
  }

  for (const [what, hold] of [
    ['loses all traffic silently', () => proxy.stall()],
    ['gets no responses, although Redis receives its commands', () => proxy.muteAnswers()],
  ] as const) {
    it(`reports the loss when it ${what}, and receives messages again afterwards`, async () => {
      const connections = proxy.connections;
      hold();
      await near.publish('channel', 'unheard');
      await until('the loss is told', () => !heard.live);
      expect(proxy.connections).to.be.at.least(connections);
      expect(heard.messages).to.deep.equal([]);
      proxy.heal();
      await until('messages arrive again', () => heard.live);
      await arrives('again');
      expect(heard.messages).to.deep.equal(['again']);
      expect(heard.losses).to.equal(1);
    });
  }

  it('reports the loss immediately if the connection breaks, and stays lost while Redis does not respond', async () => {
    proxy.cut();
    await until('the loss is told', () => !heard.live);
    proxy.heal();
    proxy.stall();
    await until('it has tried to connect again', () => proxy.connections > 0);
    expect(heard.live).to.equal(false);
    proxy.heal();
    await until('messages arrive again', () => heard.live);
    await arrives('again');
  });

  it('reports the loss when the server hangs, and recovers with it', async () => {
    server.freeze();
    await until('the loss is told', () => !heard.live);
    server.thaw();
    await until('messages arrive again', () => heard.live);
    await arrives('again');
  });

  it('recovers when a killed server is restarted', async () => {
    await server.kill();
    await until('the loss is told', () => !heard.live);
    await server.restart();
    await until('messages arrive again', () => heard.live);
    await until('the other answers', () => near.now().then(Boolean, () => false));
    await arrives('again');
  });

  it('recovers each time that only the subscribing connection is killed', async () => {
    const admin = server.client();
    for (let round = 1; round <= 3; round += 1) {
      await admin.call('client', 'kill', 'type', 'pubsub');
      await until('the loss is told', () => heard.losses === round);
      await until('messages arrive again', () => heard.live);
      await arrives(`after ${round}`);
    }
  });

  it('subscribes again to all channels and to new ones, but not to those that were left meanwhile', async () => {
    const [ended, kept, late] = [recorder(), recorder(), recorder()];
    const unsubscribe = far.subscribe('ended', ended);
    far.subscribe('kept', kept);
    await until('messages arrive', () => ended.live && kept.live);
    proxy.cut();
    await until('the loss is told', () => !kept.live && !ended.live && !heard.live);
    await unsubscribe();
    far.subscribe('late', late);
    proxy.heal();
    await until('messages arrive again', () => heard.live && kept.live && late.live);
    const channels = await server.client().pubsub('CHANNELS', 'latchkey:*');
    expect(channels).to.have.members(['latchkey:channel', 'latchkey:kept', 'latchkey:late']);
    expect(ended.live).to.equal(false);
  });

  it('keeps the connection of other channels when one is subscribed to and left repeatedly', async () => {
    for (let round = 0; round < 50; round += 1) {
      const each = recorder();
      const unsubscribe = far.subscribe('other', each);
      if (round % 2 === 0) await until('messages arrive', () => each.live);
      await unsubscribe();
    }
    await arrives('still');
    expect(heard.losses).to.equal(0);
    expect(await server.client().pubsub('CHANNELS', 'latchkey:other')).to.deep.equal([]);
  });

  it('does not mistake its own slowness for a loss', async () => {
    await near.close();
    const busy = redisState(server.client(), { heartbeatSeconds: 1 });
    near = busy;
    const told = recorder();
    busy.subscribe('channel', told);
    await until('messages arrive', () => told.live);
    // The ping after 1 second gets no response. At 1.25 seconds this process becomes busy, then the response arrives.
    server.freeze();
    await pause(1250);
    server.thaw();
    for (const end = performance.now() + 1000; performance.now() < end; ) {}
    await until('it answers', () => busy.now().then(Boolean, () => false));
    expect([told.live, told.losses]).to.deep.equal([true, 0]);
  });

  it('opens no more connections after it was closed while Redis was down', async () => {
    await server.kill();
    await until('the loss is told', () => !heard.live);
    await far.close();
    await server.restart();
    await until('the other answers', () => near.now().then(Boolean, () => false));
    // The proxy may see the end of the last attempt after the other instance gets its response.
    await until('no connection is left', () => proxy.connections === 0);
  });
});
