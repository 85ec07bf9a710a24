// test/stores: confirm of redisState on a Cluster, where a process listens to each primary.
import { expect } from 'chai';
import type { SharedState } from '../../src/ports.js';
import { redisState } from '../../src/stores/redis-state.js';
import { until } from '../support/processes.js';
import { type RedisClusterServers, startRedisCluster } from '../support/redis.js';
import { type Reliant, reliant } from '../support/reliant.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const heartbeatSeconds = 0.5;

describe('confirm of redisState on a Cluster', function () {
  this.timeout(60_000);
  let cluster: RedisClusterServers;
  const proxies: TcpProxy[] = [];
  let far: SharedState;
  let near: SharedState;
  let watching: Reliant;
  /** Nobody was told of these; there are some for each primary. */
  let keys: readonly string[];
  let round = 0;

  before(async () => {
    cluster = await startRedisCluster();
    for (const node of cluster.nodes) proxies.push(await startTcpProxy(node));
    const natMap = Object.fromEntries(
      cluster.nodes.map(({ host, port }, index) => {
        const proxy = proxies[index] as TcpProxy;
        return [`${host}:${port}`, { host: proxy.host, port: proxy.port }];
      }),
    );
    far = redisState(cluster.client({ natMap }), { heartbeatSeconds });
    near = redisState(cluster.client(), { heartbeatSeconds });
    watching = reliant(far);
    await until('the watch is restored', () => watching.live);
    await near.confirm();
  });
  after(async () => {
    await near.close();
    await far.close();
    for (const proxy of proxies) await proxy.stop();
    await cluster.stop();
  });

  beforeEach(async () => {
    keys = fresh();
    await until('the watch is restored', () => watching.live);
  });

  function fresh(): readonly string[] {
    round += 1;
    return Array.from({ length: 30 }, (_, index) => `key ${index} of ${round}`);
  }

  async function relied(): Promise<readonly string[]> {
    await Promise.all(keys.map((key) => near.put(key, 'changed', 60)));
    return near.confirm().then(() => keys.filter(watching.relies));
  }

  it('resolves once all primaries were heard', async () => {
    for (let times = 0; times < 10; times += 1) {
      keys = fresh();
      expect(await relied()).to.deep.equal([]);
      expect(watching.told).to.include.members(keys);
    }
    expect(watching.losses).to.equal(0);
  });

  for (const index of [0, 1, 2]) {
    it(`waits for an instance that one primary of three is silent to (${index + 1})`, async () => {
      proxies[index]?.stall();
      expect(keys.filter(watching.relies).length, 'relies before').to.be.above(0);
      expect(await relied()).to.deep.equal([]);
      proxies[index]?.heal();
      await until('the watch is restored', () => watching.live);
      keys = fresh();
      expect(await relied()).to.deep.equal([]);
    });

    it(`waits for an instance that hears one primary of three late (${index + 1})`, async () => {
      proxies[index]?.muteAnswers();
      let resolved = false;
      const waiting = relied().then((left) => {
        resolved = true;
        return left;
      });
      await until('the others are heard', () => watching.told.length > 0);
      expect([resolved, keys.some(watching.relies)]).to.deep.equal([false, true]);
      proxies[index]?.heal();
      expect(await waiting).to.deep.equal([]);
    });
  }

  it('waits for an instance that Redis knows nothing of, since everything was flushed', async () => {
    for (const proxy of proxies) proxy.stall();
    await Promise.all(cluster.nodes.map((node) => node.client().flushall()));
    expect(await relied()).to.deep.equal([]);
    for (const proxy of proxies) proxy.heal();
  });
});
