// Resolves a request with a session or a token to an account.

import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import type { Directory, SharedState } from '../../../src/vocabulary/ports.js';
import { type Instance, instance } from '../../support/instances.js';
import { alice, groupRoles, pair, roles } from '../../support/people.js';
import { counted } from '../../support/ports.js';
import { until } from '../../support/processes.js';

describe('resolver', () => {
  let directory: Directory;
  let state: SharedState;
  const instances: Instance[] = [];

  beforeEach(() => {
    directory = memoryDirectory();
    state = memoryState();
  });
  afterEach(async () => {
    for (const { resolver } of instances.splice(0)) await resolver.close();
    await state.close();
  });

  function start(options: Partial<Parameters<typeof instance>[0]> = {}): Instance {
    const started = instance({ directory, state, groupRoles, ...options });
    instances.push(started);
    return started;
  }

  /** An instance that finds nothing in the shared state, and may answer from its memory. */
  async function forgetful(port: Directory): Promise<Instance> {
    const started = start({ directory: port, state: { ...state, get: async (keys) => keys.map(() => undefined) } });
    await until('it answers from memory', async () => {
      await started.resolver.resolve({ subject: 'probe' });
      return !(started.resolver.resolve({ subject: 'probe' }) instanceof Promise);
    });
    return started;
  }

  describe('by session', () => {
    it('finds the account that a header created, without a promise', async () => {
      const { resolver } = start();
      const account = await resolver.resolve(alice);
      expect(resolver.find('alice')).to.deep.equal(account);
    });

    it('finds no account if there is no row', async () => {
      expect(await start().resolver.find('nobody')).to.equal(undefined);
    });

    it('lets a header use the entry of a session if both agree', async () => {
      const calls = counted(directory);
      await start().resolver.resolve(alice);
      const { resolver } = await forgetful(calls.port);
      calls.reset();
      const account = await resolver.find('alice');
      expect(resolver.resolve(alice)).to.deep.equal(account);
      expect([calls.count('findUser'), calls.count('provision')]).to.deep.equal([1, 0]);
    });

    it('does not answer a header from the entry of a session if the header differs', async () => {
      await start().resolver.resolve(alice);
      const { resolver } = start();
      await resolver.find('alice');
      expect(roles(await resolver.resolve({ ...alice, groups: ['admins'] }))).to.deep.equal(['admin']);
    });

    it('does not replace the entry of a header', async () => {
      const { resolver } = start();
      const account = await resolver.resolve({ subject: 'alice', groups: ['staff'] });
      await resolver.find('alice');
      expect(resolver.resolve({ subject: 'alice', groups: ['staff'] })).to.deep.equal(account);
    });

    it('gives the roles of a newer mapping to a user who uses only a session, and writes nothing', async () => {
      const calls = counted(directory);
      const { resolver, administration, events } = start({ directory: calls.port });
      await resolver.resolve(alice);
      await administration.mappings.set('staff', ['editor']);
      calls.reset();
      const asked = Array.from({ length: 50 }, () => resolver.find('alice'));
      for (const account of await Promise.all(asked)) expect(roles(account)).to.deep.equal(['editor', 'viewer']);
      expect([calls.count('findUser'), calls.count('provision')]).to.deep.equal([1, 0]);
      expect((await directory.findUser('alice'))?.version).to.equal(1);
      expect(events.at(-1)?.type).to.equal('mapping.changed');
    });

    it('does not answer from an entry of older mappings after another user loaded the newer ones', async () => {
      const { resolver, administration } = start();
      const device = await pair(directory, (await resolver.resolve(alice))?.userId);
      await resolver.findDevice(device.id, 'alice');
      await administration.mappings.set('staff', ['editor']);
      await resolver.resolve({ subject: 'bob', groups: ['staff'] });
      for (const ask of [
        () => resolver.find('alice'),
        () => resolver.resolve(alice),
        async () => (await resolver.findDevice(device.id, 'alice'))?.account,
      ]) {
        expect(roles(await ask())).to.deep.equal(['editor', 'viewer']);
        await administration.mappings.delete('staff');
        await resolver.resolve({ subject: 'bob', groups: ['staff'] });
        expect(roles(await ask())).to.deep.equal(['viewer']);
        await administration.mappings.set('staff', ['editor']);
        await resolver.resolve({ subject: 'bob', groups: ['staff'] });
      }
    });

    it('does not change a local account, whatever the mapping', async () => {
      const calls = counted(directory);
      const { resolver, administration } = start({ directory: calls.port });
      await directory.createUser({ subject: 'root', authMethod: 'local', grantedRoles: ['admin'] });
      expect(roles(await resolver.find('root'))).to.deep.equal(['admin']);
      await administration.mappings.set('staff', ['editor']);
      expect(roles(await resolver.find('root'))).to.deep.equal(['admin']);
      expect((await directory.findUser('root'))?.version).to.equal(1);
      await resolver.resolve(alice);
      const converted = await administration.users.convert('alice', 'local');
      await administration.mappings.set('staff', ['admin']);
      expect(roles(await resolver.find('alice'))).to.deep.equal([]);
      expect(converted.managedRoles).to.deep.equal([]);
      expect((await directory.findUser('alice'))?.version).to.equal(converted.version);
      expect(calls.count('provision')).to.equal(1);
    });
  });

  describe('by token', () => {
    it('finds the device and its owner, the second time without a promise', async () => {
      const { resolver } = start();
      const account = await resolver.resolve(alice);
      const device = await pair(directory, account?.userId);
      expect(await resolver.findDevice(device.id, 'alice')).to.deep.equal({ device, account });
      expect(resolver.findDevice(device.id, 'alice')).to.deep.equal({ device, account });
    });

    it('reads from the directory once for a device and an owner that are not cached', async () => {
      const account = await start().resolver.resolve(alice);
      const device = await pair(directory, account?.userId);
      const calls = counted(directory);
      const { resolver } = await forgetful(calls.port);
      calls.reset();
      expect(await resolver.findDevice(device.id, 'alice')).to.deep.equal({ device, account });
      expect([calls.count('findDevice'), calls.count('findUser')]).to.deep.equal([1, 0]);
      expect(resolver.find('alice')).to.deep.equal(account);
      expect(resolver.resolve(alice)).to.deep.equal(account);
    });

    it('finds no device with an unknown id, and no device of another user', async () => {
      const { resolver, cache } = start();
      const account = await resolver.resolve(alice);
      const mallory = await resolver.resolve({ subject: 'mallory', groups: ['admins'] });
      const device = await pair(directory, account?.userId);
      expect(await resolver.findDevice(device.id, 'eve')).to.equal(undefined);
      expect(cache.peek('u:eve')).to.equal(undefined);
      expect(await resolver.findDevice(randomUUID(), 'alice')).to.equal(undefined);
      for (const _warm of [false, true]) {
        expect(await resolver.findDevice(device.id, 'mallory')).to.equal(undefined);
        expect(await resolver.findDevice(device.id, 'alice')).to.deep.equal({ device, account });
      }
      expect(await resolver.find('mallory')).to.deep.equal(mallory);
      expect(await resolver.find('alice')).to.deep.equal(account);
    });

    it('finds no device of a user who was removed and created again', async () => {
      const { resolver, administration } = start();
      const device = await pair(directory, (await resolver.resolve(alice))?.userId);
      await resolver.findDevice(device.id, 'alice');
      await administration.users.delete('alice');
      await resolver.resolve(alice);
      expect(await resolver.findDevice(device.id, 'alice')).to.equal(undefined);
    });

    it('does not use a cached device if its owner is a new user', async () => {
      const { resolver, cache } = start();
      const device = await pair(directory, (await resolver.resolve(alice))?.userId);
      await resolver.findDevice(device.id, 'alice');
      await directory.deleteUser('alice');
      await resolver.resolve({ ...alice, displayName: 'Another' });
      expect(cache.peek(`d:${device.id}`)).to.equal(undefined);
      expect(await resolver.findDevice(device.id, 'alice')).to.equal(undefined);
    });

    it('returns the date of a device’s revocation', async () => {
      const { resolver, administration } = start();
      const device = await pair(directory, (await resolver.resolve(alice))?.userId);
      expect((await resolver.findDevice(device.id, 'alice'))?.device.revokedAt).to.equal(undefined);
      await administration.devices.revoke('alice', device.id);
      expect((await resolver.findDevice(device.id, 'alice'))?.device.revokedAt).to.be.an.instanceof(Date);
    });

    it('gives a device the roles of a newer mapping', async () => {
      const { resolver, administration } = start();
      const device = await pair(directory, (await resolver.resolve(alice))?.userId);
      await resolver.findDevice(device.id, 'alice');
      await administration.mappings.set('staff', ['editor']);
      expect(roles((await resolver.findDevice(device.id, 'alice'))?.account)).to.deep.equal(['editor', 'viewer']);
    });
  });
});
