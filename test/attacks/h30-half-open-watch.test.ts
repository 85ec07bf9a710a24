// test/attacks H30: an instance that is cut off without noticing must not go on answering from memory.
import { expect } from 'chai';
import type { SharedState } from '../../src/ports.js';
import { redisState } from '../../src/stores/redis-state.js';
import { type Recorder, recorder } from '../contracts/state-harness.js';
import { until } from '../support/processes.js';
import { type RedisClusterServers, type RedisServer, startRedis, startRedisCluster } from '../support/redis.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const heartbeatSeconds = 0.5;

describe('H30: a half-open watch', () => {
  describe('on a single server', () => {
    let server: RedisServer;
    let proxy: TcpProxy;
    let state: SharedState;
    let elsewhere: SharedState;
    let seen: Recorder;

    beforeEach(async () => {
      server = await startRedis();
      proxy = await startTcpProxy(server);
      state = redisState(server.client({ host: proxy.host, port: proxy.port }), { heartbeatSeconds });
      elsewhere = redisState(server.client());
      seen = recorder();
      state.watch('c:', seen);
      await until('the watch is restored', () => seen.live);
    });
    afterEach(async () => {
      await state.close();
      await elsewhere.close();
      await proxy.stop();
      await server.stop();
    });

    it('is lost within two heartbeats, although no connection has closed', async () => {
      const connections = proxy.connections;
      proxy.stall();
      await elsewhere.put('c:user', 'disabled', 60);
      const start = performance.now();
      await until('the loss is told', () => !seen.live, 5);
      // Two heartbeats, and some patience with a busy computer.
      expect((performance.now() - start) / 1000).to.be.below(2 * heartbeatSeconds + 0.5);
      expect(proxy.connections).to.equal(connections);
      expect(seen.told).to.deep.equal([]);
    });

    it('is restored only when changes are told again', async () => {
      proxy.stall();
      await until('the loss is told', () => !seen.live, 5);
      await elsewhere.put('c:user', 'while stalled', 60);
      expect(seen.live).to.equal(false);
      proxy.heal();
      await until('the watch is restored', () => seen.live);
      seen.clear();
      await elsewhere.put('c:user', 'after', 60);
      await until('the change is told', () => seen.has('c:user'));
    });

    it('is lost at once when the connection breaks, and stays lost while nobody answers', async () => {
      proxy.cut();
      await until('the loss is told', () => !seen.live, 5);
      proxy.heal();
      proxy.stall();
      await until('it has tried to connect again', () => proxy.connections > 0);
      expect(seen.live).to.equal(false);
      proxy.heal();
      await until('the watch is restored', () => seen.live);
    });
  });

  describe('on a Cluster', () => {
    let cluster: RedisClusterServers;
    let state: SharedState;
    before(async function () {
      this.timeout(60_000);
      cluster = await startRedisCluster();
    });
    after(async () => {
      await state.close();
      await cluster.stop();
    });

    it('is lost when one primary of three stands still, and restored when all answer', async () => {
      state = redisState(cluster.client(), { heartbeatSeconds });
      const seen = recorder();
      state.watch('c:', seen);
      await until('the watch is restored', () => seen.live);
      for (const node of cluster.nodes) {
        node.freeze();
        await until('the loss is told', () => !seen.live, 5);
        node.thaw();
        await until('the watch is restored', () => seen.live);
      }
    });
  });
});
