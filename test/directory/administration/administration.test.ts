// Changes to users and mappings, and which input is refused.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { memoryDirectory } from '../../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../../src/stores/memory/memory-state.js';
import type { Directory, SharedState } from '../../../src/vocabulary/ports.js';
import { type Instance, instance } from '../../support/instances.js';
import { alice, groupRoles, pair, refusal, roles } from '../../support/people.js';

describe('administration', () => {
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

  describe('users', () => {
    it('are created, found and listed page by page', async () => {
      const { users } = here.administration;
      for (const subject of ['carol', 'alice', 'bob']) {
        await users.create({ subject, authMethod: 'local', displayName: subject, grantedRoles: ['b', 'a', 'b'] });
      }
      expect(await users.find('bob')).to.deep.include({
        subject: 'bob',
        authMethod: 'local',
        grantedRoles: ['a', 'b'],
      });
      expect((await users.list()).map(({ subject }) => subject)).to.deep.equal(['alice', 'bob', 'carol']);
      expect((await users.list({ after: { subject: 'alice' }, limit: 1 })).map(({ subject }) => subject)).to.deep.equal(
        ['bob'],
      );
    });

    it('reject with a code if they are unknown', async () => {
      const { users, devices } = here.administration;
      const calls = [
        users.find('x'),
        users.disable('x'),
        users.enable('x'),
        users.approve('x'),
        users.addRoles('x', ['a']),
        users.removeRoles('x', ['a']),
        users.convert('x', 'local'),
        users.delete('x'),
        devices.rename('x', randomUUID(), 'Phone'),
        devices.revoke('x', randomUUID()),
        devices.revokeOthers('x', randomUUID()),
        devices.revokeAll('x'),
      ];
      for (const call of calls) expect(await refusal(call)).to.equal('ERR_USER_UNKNOWN');
    });

    it('are refused with unusable names, each with its own code, and nothing is written', async () => {
      const { users, mappings, devices } = here.administration;
      await directory.provision(alice, 'active');
      const row = await directory.findUser('alice');
      const device = await pair(directory, row?.id);
      const local = { subject: 'bob', authMethod: 'local' } as const;
      const calls: readonly (readonly [string, Promise<unknown>])[] = [
        ['ERR_ROLE_NAME', users.addRoles('alice', [])],
        ['ERR_ROLE_NAME', users.addRoles('alice', ['ok', 'not ok'])],
        ['ERR_ROLE_NAME', users.addRoles('alice', 'admin' as unknown as string[])],
        ['ERR_ROLE_NAME', users.create({ ...local, grantedRoles: ['\u0000'] })],
        ['ERR_ROLE_NAME', mappings.set('staff', ['prototype'])],
        ['ERR_ROLE_NAME', mappings.set('staff', [])],
        ['ERR_GROUP_NAME', mappings.set('', ['a'])],
        ['ERR_GROUP_NAME', mappings.set('a\u202eb', ['a'])],
        ['ERR_GROUP_NAME', mappings.set('x'.repeat(513), ['a'])],
        ['ERR_SUBJECT_INVALID', users.create({ ...local, subject: '' })],
        ['ERR_SUBJECT_INVALID', users.create({ ...local, subject: 'e\u0301' })],
        ['ERR_SUBJECT_INVALID', users.create({ ...local, subject: 'x'.repeat(256) })],
        ['ERR_USER_PROFILE', users.create({ ...local, displayName: 'a\nb' })],
        ['ERR_USER_PROFILE', users.create({ ...local, email: '' })],
        ['ERR_CONFIG', users.create({ ...local, authMethod: 'magic' as 'local' })],
        ['ERR_CONFIG', users.convert('alice', 'magic' as 'local')],
        ['ERR_DEVICE_NAME', devices.rename('alice', device.id, '  ')],
        ['ERR_DEVICE_NAME', devices.rename('alice', device.id, 'x'.repeat(65))],
        ['ERR_DEVICE_NAME', devices.rename('alice', device.id, 'a\u0007')],
        ['ERR_PAGE', users.list({ limit: 0 })],
        ['ERR_PAGE', users.list({ limit: 1001 })],
        ['ERR_PAGE', users.list({ limit: 1.5 })],
      ];
      for (const [code, call] of calls) expect(await refusal(call)).to.equal(code);
      expect(await directory.findUser('alice')).to.deep.equal(row);
      expect(await directory.findUser('bob')).to.equal(undefined);
      expect((await directory.mapping()).generation).to.equal(0);
      expect((await directory.findDevice(device.id))?.device.name).to.equal('Phone');
    });

    it('do not replace an existing user', async () => {
      await here.resolver.resolve(alice);
      const call = here.administration.users.create({ subject: 'alice', authMethod: 'local' });
      expect(await refusal(call)).to.equal('ERR_SUBJECT_TAKEN');
      expect(await here.resolver.find('alice')).to.include({ authMethod: 'proxy' });
    });

    it('are reloaded after the host changed their row itself', async () => {
      await here.resolver.resolve(alice);
      await directory.updateUser('alice', { addRoles: ['editor'] });
      expect(roles(await here.resolver.find('alice'))).to.deep.equal(['viewer']);
      await there.administration.invalidate('alice');
      expect(roles(await here.resolver.find('alice'))).to.deep.equal(['editor', 'viewer']);
    });
  });

  it('emits events for an administrator’s changes', async () => {
    const { users, mappings } = here.administration;
    await users.create({ subject: 'alice', authMethod: 'proxy' });
    await users.disable('alice');
    await mappings.set('staff', ['x']);
    await mappings.delete('staff');
    const { id } = await users.delete('alice', { by: { subject: 'root' } });
    expect(here.events).to.deep.equal([
      { type: 'user.created', userId: id, subject: 'alice' },
      { type: 'user.changed-by-administrator', userId: id, subject: 'alice' },
      { type: 'mapping.changed', group: 'staff' },
      { type: 'mapping.changed', group: 'staff' },
      { type: 'user.deleted', userId: id, subject: 'alice', by: 'root' },
    ]);
    expect((await directory.mapping()).generation).to.equal(2);
  });
});
