// A device belongs to one user, and a revocation reaches every instance.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Administration } from '../../../src/directory/administration/administration.js';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import type { Directory, SharedState } from '../../../src/vocabulary/ports.js';
import { type Instance, instance } from '../../support/instances.js';
import { alice, groupRoles, pair, refusal } from '../../support/people.js';
import { gated } from '../../support/ports.js';

describe('devices', () => {
  let directory: Directory;
  let state: SharedState;
  let here: Instance;
  let there: Instance;
  const instances: Instance[] = [];

  beforeEach(() => {
    directory = memoryDirectory();
    state = memoryState();
    here = start();
    there = start();
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

  it('are listed, renamed and revoked for their owner only', async () => {
    const { devices } = here.administration;
    const device = await pair(directory, (await here.resolver.resolve(alice))?.userId);
    await here.resolver.resolve({ subject: 'mallory' });
    for (const call of [
      devices.rename('mallory', device.id, 'Mine'),
      devices.revoke('mallory', device.id),
      devices.revokeOthers('mallory', device.id),
      devices.revoke('alice', randomUUID()),
      devices.revokeById(randomUUID()),
      devices.revokeOthers('alice', randomUUID()),
    ]) {
      expect(await refusal(call)).to.equal('ERR_DEVICE_UNKNOWN');
    }
    expect(await devices.list({ subject: 'mallory' })).to.deep.equal([]);
    expect(await devices.revokeAll('mallory')).to.deep.equal([]);
    expect(await devices.list({ subject: 'alice' })).to.deep.equal([device]);
    expect(await devices.rename('alice', device.id, ' Kitchen ')).to.deep.equal({
      ...device,
      name: 'Kitchen',
      version: 2,
    });
  });

  it('are renamed everywhere', async () => {
    const device = await pair(directory, (await here.resolver.resolve(alice))?.userId);
    await there.resolver.findDevice(device.id, 'alice');
    await here.administration.devices.rename('alice', device.id, 'Kitchen');
    expect((await there.resolver.findDevice(device.id, 'alice'))?.device.name).to.equal('Kitchen');
  });

  const revocations: readonly (readonly [
    string,
    number,
    (administration: Administration, keep: string, other: string) => Promise<unknown>,
  ])[] = [
    ['revoke', 1, ({ devices }, _keep, other) => devices.revoke('alice', other)],
    ['revokeById', 1, ({ devices }, _keep, other) => devices.revokeById(other)],
    ['revokeOthers', 1, ({ devices }, keep) => devices.revokeOthers('alice', keep)],
    ['revokeAll', 2, ({ devices }) => devices.revokeAll('alice')],
  ];
  for (const [name, count, revoke] of revocations) {
    it(`are revoked everywhere (${name})`, async () => {
      const userId = (await here.resolver.resolve(alice))?.userId;
      const [keep, other] = [await pair(directory, userId), await pair(directory, userId)];
      for (const { id } of [keep, other]) await there.resolver.findDevice(id, 'alice');
      await revoke(here.administration, keep.id, other.id);
      const revoked = async (id: string) => (await there.resolver.findDevice(id, 'alice'))?.device.revokedAt;
      expect(await revoked(other.id)).to.be.an.instanceof(Date);
      expect((await revoked(keep.id)) === undefined).to.equal(count === 1);
      expect(here.events.filter(({ type }) => type === 'device.revoked')).to.have.length(count);
    });
  }

  it('are revoked everywhere even when they were paired in the meantime', async () => {
    const slow = gated(directory);
    const local = start({ directory: slow.port });
    const userId = (await here.resolver.resolve(alice))?.userId;
    const held = slow.holdNext('findUser');
    const revocation = local.administration.devices.revokeAll('alice');
    await held.reached;
    const device = await pair(directory, userId);
    await there.resolver.findDevice(device.id, 'alice');
    held.release();
    expect(await revocation).to.deep.equal([device.id]);
    expect((await there.resolver.findDevice(device.id, 'alice'))?.device.revokedAt).to.be.an.instanceof(Date);
  });

  it('can be revoked again, which waits until all instances apply it', async () => {
    const device = await pair(directory, (await here.resolver.resolve(alice))?.userId);
    await there.resolver.findDevice(device.id, 'alice');
    // The process crashed before it told the others.
    await directory.revokeDevices(device.userId, 'all', new Date());
    const { devices } = here.administration;
    for (const again of [
      () => devices.revoke('alice', device.id),
      () => devices.revokeById(device.id),
      () => devices.revokeAll('alice'),
    ]) {
      await again();
      expect((await there.resolver.findDevice(device.id, 'alice'))?.device.revokedAt).to.be.an.instanceof(Date);
    }
    expect(here.events.filter(({ type }) => type === 'device.revoked')).to.have.length(0);
  });

  it('are removed with their owner, from the caches too', async () => {
    const device = await pair(directory, (await here.resolver.resolve(alice))?.userId);
    await there.resolver.findDevice(device.id, 'alice');
    await here.administration.users.delete('alice');
    expect(there.cache.peek(`d:${device.id}`)).to.equal(undefined);
    expect(await there.resolver.findDevice(device.id, 'alice')).to.equal(undefined);
  });

  it('are kept, with their owner’s disabled account, when the owner is disabled', async () => {
    const device = await pair(directory, (await here.resolver.resolve(alice))?.userId);
    await there.resolver.findDevice(device.id, 'alice');
    await here.administration.users.disable('alice');
    const found = await there.resolver.findDevice(device.id, 'alice');
    expect(found?.account.disabled).to.equal(true);
    expect(found?.device.revokedAt).to.equal(undefined);
  });
});
