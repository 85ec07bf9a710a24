// H39: in other systems, two apps on one Redis, a restored database or an old copy of Redis gave outdated values.
import { expect } from 'chai';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { redisState } from '../../src/stores/redis/redis-state.js';
import type { Directory, SharedState } from '../../src/vocabulary/ports.js';
import { type Instance, instance } from '../support/instances.js';
import { alice, pair, roles } from '../support/people.js';
import { type RedisServer, startRedis } from '../support/redis.js';

describe('H39: cache entries of another database or another time', () => {
  let server: RedisServer;
  const started: { readonly one: Instance; readonly state: SharedState }[] = [];

  before(async () => {
    server = await startRedis();
  });
  after(() => server.stop());
  afterEach(async () => {
    for (const { one, state } of started.splice(0)) {
      await one.resolver.close();
      await state.close();
    }
    await server.client().flushall();
  });

  /** Starts a process of an app, with the default prefix. */
  function start(directory: Directory, groupRoles: Readonly<Record<string, readonly string[]>>): Instance {
    const state = redisState(server.client());
    const one = instance({ directory, state, groupRoles });
    started.push({ one, state });
    return one;
  }

  it('are not shared between two apps with one prefix on one Redis', async () => {
    const [bank, wiki] = [memoryDirectory(), memoryDirectory()];
    const atBank = start(bank, { staff: ['viewer'] });
    const atWiki = start(wiki, { staff: ['admin'] });
    expect(roles(await atWiki.resolver.resolve(alice))).to.deep.equal(['admin']);
    const device = await pair(wiki, (await atWiki.resolver.find('alice'))?.userId);
    expect(await atWiki.resolver.findDevice(device.id, 'alice')).to.have.property('device');
    expect(await atBank.resolver.find('alice')).to.equal(undefined);
    expect(await atBank.resolver.findDevice(device.id, 'alice')).to.equal(undefined);
    expect(roles(await atBank.resolver.resolve(alice))).to.deep.equal(['viewer']);
    expect(roles(await start(wiki, { staff: ['admin'] }).resolver.find('alice'))).to.deep.equal(['admin']);
  });

  it('are not used after the database was reset', async () => {
    const old = start(memoryDirectory(), { staff: ['admin'] });
    expect(roles(await old.resolver.resolve(alice))).to.deep.equal(['admin']);
    expect(await server.client().dbsize()).to.be.greaterThan(0);
    expect(await start(memoryDirectory(), { staff: ['admin'] }).resolver.find('alice')).to.equal(undefined);
  });

  it('do not restore a removed role from an older copy of Redis', async () => {
    const directory = memoryDirectory();
    const one = start(directory, { staff: ['viewer'] });
    await one.resolver.resolve(alice);
    await one.administration.users.addRoles('alice', ['editor']);
    expect(roles(await one.resolver.find('alice'))).to.deep.equal(['editor', 'viewer']);
    const client = server.client();
    const keys = await client.keys('*');
    const copy = await Promise.all(keys.map(async (key) => [key, await client.dumpBuffer(key)] as const));
    await one.administration.users.removeRoles('alice', ['editor']);
    await client.flushall();
    for (const [key, value] of copy) if (value !== null) await client.restore(key, 60_000, value);
    expect(copy.length).to.be.greaterThan(0);
    for (const each of [one, start(directory, { staff: ['viewer'] })]) {
      expect(roles(await each.resolver.find('alice'))).to.deep.equal(['viewer']);
    }
  });
});
