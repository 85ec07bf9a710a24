// Administration while the shared state or the directory is unavailable.
import { expect } from 'chai';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { memoryState } from '../../src/stores/memory/memory-state.js';
import { LatchkeyError } from '../../src/vocabulary/errors.js';
import { tapped } from '../support/tapped-state.js';
import { startAdministered } from './administrator.js';

describe('administration', () => {
  it('makes changes while the shared state is unavailable, because their safety does not depend on it', async () => {
    const tap = tapped(memoryState());
    const host = await startAdministered({ state: tap.state });
    try {
      const { id, version } = await host.person('alice', 'staff');
      const { id: deviceId } = await host.pair('alice');
      const mapping = await host.administration.mappings.set('old', ['viewer']);
      await host.person('root', 'admins');
      const before = (await host.trail()).length;
      tap.mishap = () => 'fails';
      const answers = [
        await host.change('PATCH', `users/${id}`, { disabled: true }, version),
        await host.change('DELETE', `devices/${deviceId}`, undefined, 1),
        await host.change('PUT', 'group-roles/old', { roles: ['editor'] }, mapping.version),
        await host.change('POST', 'users', { subject: 'new', auth_method: 'local' }),
      ];
      expect(answers.map(({ status }) => status)).to.deep.equal([200, 204, 200, 201]);
      expect((await host.ask('/who', { user: 'alice' })).status).to.equal(403);
      expect(await host.administration.mappings.find('old')).to.deep.include({ roles: ['editor'] });
      expect((await host.trail()).slice(before).map(({ action }) => action)).to.deep.equal([
        'user.changed',
        'device.revoked',
        'mapping.set',
        'user.created',
      ]);
    } finally {
      tap.mishap = () => 'none';
      await host.close();
    }
  });

  it('answers 503 and changes nothing while the directory is unavailable', async () => {
    const directory = memoryDirectory();
    const away = () => Promise.reject(new LatchkeyError('ERR_DIRECTORY_UNAVAILABLE'));
    const verbs = [
      'listUsers',
      'findUserById',
      'updateUser',
      'createUser',
      'deleteUser',
      'searchDevices',
      'listAudit',
      'mapping',
    ] as const;
    const lost = { ...directory };
    const host = await startAdministered({ directory: lost });
    try {
      const { id } = await host.person('alice', 'staff');
      await host.person('root', 'admins');
      for (const verb of verbs) lost[verb] = away;
      for (const answer of [
        await host.look('users'),
        await host.look(`users/${id}`),
        await host.look('devices'),
        await host.look('audit'),
        await host.look('group-roles'),
        await host.change('PATCH', `users/${id}`, { disabled: true }, 1),
        await host.change('DELETE', `users/${id}`, undefined, 1),
        await host.change('POST', 'users', { subject: 'new', auth_method: 'local' }),
        await host.change('POST', 'explain', { subject: 'alice' }),
      ]) {
        expect(answer.json).to.include({ code: 'ERR_DIRECTORY_UNAVAILABLE', status: 503 });
      }
    } finally {
      await host.close();
    }
  });
});
