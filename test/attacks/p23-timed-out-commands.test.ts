// P23: a command timed out, but Redis ran it. It must never be sent again.
import { expect } from 'chai';
import { redisState } from '../../src/stores/redis/redis-state.js';
import type { SharedState } from '../../src/vocabulary/ports.js';
import { until } from '../support/processes.js';
import { type RedisClusterServers, type RedisServer, startRedis, startRedisCluster } from '../support/redis.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

interface Link {
  readonly state: SharedState;
  readonly proxies: readonly TcpProxy[];
  /** Reads directly, without the proxies. */
  read(key: string): Promise<string | null>;
  stop(): Promise<void>;
}

async function singleLink(server: RedisServer): Promise<Link> {
  const proxy = await startTcpProxy(server);
  const state = redisState(server.client({ host: proxy.host, port: proxy.port }));
  const direct = server.client();
  return {
    state,
    proxies: [proxy],
    read: (key) => direct.get(`latchkey:${key}`),
    async stop() {
      await state.close();
      await proxy.stop();
    },
  };
}

async function clusterLink(cluster: RedisClusterServers): Promise<Link> {
  const proxies = await Promise.all(cluster.nodes.map((node) => startTcpProxy(node)));
  const natMap = Object.fromEntries(
    cluster.nodes.map((node, index) => {
      const { host, port } = proxies[index] as TcpProxy;
      return [`${node.host}:${node.port}`, { host, port }];
    }),
  );
  const state = redisState(cluster.client({ natMap }));
  const direct = cluster.client();
  return {
    state,
    proxies,
    read: (key) => direct.get(`latchkey:${key}`),
    async stop() {
      await state.close();
      await Promise.all(proxies.map((proxy) => proxy.stop()));
    },
  };
}

function attacks(link: () => Link): void {
  const each = (action: (proxy: TcpProxy) => void): void => link().proxies.forEach(action);
  const refused = async (step: Promise<unknown>): Promise<void> => {
    const error = await step.catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'ERR_STATE_UNAVAILABLE' });
  };
  // Uses keys of every primary, because on a Cluster each has its own connection.
  const probes = Array.from({ length: 30 }, (_, index) => `probe:${index}`);
  const works = (): Promise<void> =>
    until('the link works again', () =>
      link()
        .state.delete(probes)
        .then(
          () => true,
          () => false,
        ),
    );

  it('counts once if the response never arrives', async () => {
    const { state, read } = link();
    expect(await state.increment('tries', 60)).to.equal(1);
    each((proxy) => proxy.muteAnswers());
    await refused(state.increment('tries', 60));
    each((proxy) => proxy.heal());
    await works();
    expect(await read('tries')).to.equal('2');
  });

  it('counts once if the connection breaks before the response and is restored immediately', async () => {
    const { state, proxies, read } = link();
    let refusals = 0;
    for (const [index, proxy] of proxies.entries()) {
      await works();
      // On a Cluster, the counter is behind one of the proxies, and only that one makes the command fail.
      proxy.muteAnswers();
      const step = state.increment('broken', 60).catch(() => {
        refusals += 1;
      });
      await until('Redis has counted', async () => (await read('broken')) === String(index + 1));
      proxy.cut();
      proxy.heal();
      await step;
    }
    await works();
    expect(refusals).to.equal(1);
    expect(await read('broken')).to.equal(String(proxies.length));
  });

  it('never takes a value twice', async () => {
    const { state, read } = link();
    // A Cluster client that is looking for its nodes refuses without sending. This test needs a command that Redis ran.
    await until('Redis took what nobody was told of', async () => {
      await works();
      await state.put('once', 'first', 60);
      each((proxy) => proxy.muteAnswers());
      await refused(state.take('once'));
      each((proxy) => proxy.cut());
      each((proxy) => proxy.heal());
      return (await read('once')) === null;
    });
    await works();
    await state.put('once', 'second', 60);
    await works();
    expect(await read('once')).to.equal('second');
  });

  it('never runs a command later that was refused while the connection was down', async () => {
    const { state, read } = link();
    await state.put('before', 'kept', 60);
    each((proxy) => proxy.cut());
    await refused(state.delete(['before']));
    await refused(state.increment('late', 60));
    await refused(state.put('later', 'value', 60));
    each((proxy) => proxy.heal());
    await works();
    expect(await Promise.all(['before', 'late', 'later'].map(read))).to.deep.equal(['kept', null, null]);
  });
}

describe('P23: timed-out commands', () => {
  describe('on a single server', () => {
    let server: RedisServer;
    let link: Link;
    before(async () => {
      server = await startRedis();
      link = await singleLink(server);
    });
    after(async () => {
      await link.stop();
      await server.stop();
    });
    attacks(() => link);
  });

  describe('on a Cluster', () => {
    let cluster: RedisClusterServers;
    let link: Link;
    before(async function () {
      this.timeout(60_000);
      cluster = await startRedisCluster();
      link = await clusterLink(cluster);
    });
    after(async () => {
      await link.stop();
      await cluster.stop();
    });
    attacks(() => link);
  });
});
