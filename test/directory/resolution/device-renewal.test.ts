// The steps of a renewal reach every instance.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { type DeviceRenewal, deviceRenewal } from '../../../src/directory/resolution/device-renewal.js';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import type { LatchkeyEvent } from '../../../src/vocabulary/events.js';
import type { Directory, SharedState } from '../../../src/vocabulary/ports.js';
import type { Device } from '../../../src/vocabulary/types.js';
import { type Instance, instance } from '../../support/instances.js';
import { alice, groupRoles, pair, refusal } from '../../support/people.js';
import { counted, type FallibleDirectory, fallibleDirectory } from '../../support/ports.js';

describe('the renewal of a device', () => {
  const now = Date.now();
  const later = new Date(now + 86_400_000);
  let database: FallibleDirectory;
  let directory: Directory;
  let state: SharedState;
  let here: Instance;
  let there: Instance;
  let renewal: DeviceRenewal;
  let device: Device;
  const events: LatchkeyEvent[] = [];

  beforeEach(async () => {
    events.length = 0;
    database = fallibleDirectory(memoryDirectory());
    directory = database.directory;
    state = memoryState();
    here = instance({ directory, state, groupRoles });
    there = instance({ directory, state, groupRoles });
    const { cache } = here;
    renewal = deviceRenewal({ directory, cache, now: () => now, onEvent: (event) => events.push(event) });
    device = await pair(directory, (await here.resolver.resolve(alice))?.userId);
    for (const { resolver } of [here, there]) await resolver.findDevice(device.id, 'alice');
  });
  afterEach(async () => {
    for (const { resolver } of [here, there]) await resolver.close();
    await state.close();
  });

  const known = async () => (await there.resolver.findDevice(device.id, 'alice'))?.device;

  it('is known to every instance, step by step', async () => {
    expect(await renewal.renew(device.id, 1, new Date(now), later)).to.include({ serial: 1, expiresAt: later });
    expect((await known())?.renewedAt).to.deep.equal(new Date(now));
    expect(await renewal.confirm(device.id, 2, later)).to.include({ serial: 2, previousUntil: later });
    expect(await known()).to.deep.include({ serial: 2, previousUntil: later });
  });

  it('is known to every instance if its answer was lost', async () => {
    database.mode = 'late';
    expect(await refusal(renewal.renew(device.id, 1, new Date(now), later))).to.equal('ERR_DIRECTORY_UNAVAILABLE');
    database.mode = 'up';
    expect((await known())?.renewedAt).to.deep.equal(new Date(now));
  });

  it('does nothing for a device that does not exist', async () => {
    expect(await renewal.renew(randomUUID(), 1, new Date(now), later)).to.equal(undefined);
    expect(await renewal.confirm(device.id, 2, later)).to.equal(undefined);
  });

  it('emits one event, however often a replaced token is reused concurrently', async () => {
    await Promise.all(Array.from({ length: 20 }, () => renewal.revokeReused(device)));
    const about = { userId: device.userId, subject: device.subject, deviceId: device.id };
    expect(events).to.deep.equal([
      { type: 'device.token-reused', ...about },
      { type: 'device.revoked', ...about },
    ]);
    expect((await known())?.revokedAt).to.deep.equal(new Date(now));
  });

  it('waits for every instance only if a replaced token is reused', async () => {
    const { port, count } = counted(directory);
    const slow = instance({ directory: port, state, groupRoles });
    await slow.resolver.resolve(alice);
    const { cache } = slow;
    const counting = deviceRenewal({ directory, cache, now: () => now, onEvent: () => {} });
    const before = count('journal.instances');
    await counting.renew(device.id, 1, new Date(now), later);
    await counting.confirm(device.id, 2, later);
    expect(count('journal.instances')).to.equal(before);
    await counting.revokeReused(device);
    expect(count('journal.instances')).to.be.above(before);
    await slow.resolver.close();
  });
});
