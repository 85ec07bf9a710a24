// Changes to users by administrators: one at a time, and one administrator always remains.
import { expect } from 'chai';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import type { Directory } from '../../src/vocabulary/ports.js';
import { rowOf } from '../support/people.js';
import { type Administered, startAdministered, together } from './administrator.js';

describe('changes below admin/users', () => {
  let host: Administered;
  beforeEach(async () => {
    host = await startAdministered();
  });
  afterEach(() => host.close());

  it('makes several changes together, once, for the version that the administrator saw', async () => {
    const { id, version } = await host.person('alice', 'staff');
    await host.administration.users.addRoles('alice', ['old']);
    const json = { disabled: true, add_roles: ['editor'], remove_roles: ['old'] };
    const late = await host.change('PATCH', `users/${id}`, json, version);
    expect(late.json).to.include({ code: 'ERR_VERSION', status: 412 });
    const answer = await host.change('PATCH', `users/${id}`, json, version + 1);
    expect(answer.status).to.equal(200);
    expect(answer.json).to.deep.include({ disabled: true, granted_roles: ['editor'], version: version + 2 });
    expect(answer.headers.etag).to.equal(`"${version + 2}"`);
    expect((await host.ask('/guarded', { user: 'alice', groups: 'staff' })).status).to.equal(403);
    const [, entry, ...more] = await host.trail();
    expect(more).to.deep.equal([]);
    expect(entry).to.deep.include({
      action: 'user.changed',
      subject: 'alice',
      actor: { subject: 'root', address: '127.0.0.1' },
      changes: { disabled: { from: false, to: true }, grantedRoles: { from: ['old'], to: ['editor'] } },
    });
    expect(host.events).to.deep.include({
      type: 'user.changed-by-administrator',
      userId: id,
      subject: 'alice',
      by: 'root',
    });
  });

  it('changes nothing without a version', async () => {
    const { id, version } = await host.person('alice');
    const before = await host.directory.findUser('alice');
    for (const given of [undefined, '*', `"${version}", "9"`, `W/"${version}"`, String(version)]) {
      for (const [method, json] of [
        ['PATCH', { disabled: true }],
        ['DELETE', undefined],
      ] as const) {
        const answer = await host.change(method, `users/${id}`, json, given);
        expect(answer.json, `${method} ${given}`).to.include({ code: 'ERR_VERSION_REQUIRED', status: 428 });
      }
    }
    expect((await host.change('DELETE', `users/${id}`, undefined, version + 1)).status).to.equal(412);
    expect(await host.directory.findUser('alice')).to.deep.equal(before);
    expect(await host.trail()).to.deep.equal([]);
  });

  it('changes nothing for an invalid body', async () => {
    const { id, version } = await host.person('alice');
    for (const json of [
      { disable: true },
      { disabled: 'true' },
      { disabled: 1 },
      { auth_method: 'oidc' },
      { add_roles: { 0: 'a' } },
      { add_roles: ['a\u0000'] },
      { add_roles: ['-'] },
      { add_roles: ['x'.repeat(65)] },
      [],
    ]) {
      const answer = await host.change('PATCH', `users/${id}`, json, version);
      expect(answer.status, JSON.stringify(json)).to.equal(400);
    }
    const nothing = await host.change('PATCH', `users/${id}`, { add_roles: [], remove_roles: [] }, version);
    expect(nothing.json).to.include({ version });
    expect(await host.trail()).to.deep.equal([]);
  });

  it('converts, approves and enables users', async () => {
    const { id } = await host.person('alice');
    let version = 1;
    for (const change of [
      { auth_method: 'local' },
      { auth_method: 'proxy' },
      { pending: true },
      { pending: false },
      { disabled: true },
      { disabled: false },
    ]) {
      const answer = await host.change('PATCH', `users/${id}`, change, version);
      expect(answer.json).to.include({ ...change, version: version + 1 });
      version += 1;
    }
    expect(await host.trail()).to.have.length(6);
  });

  it('deletes a user with their devices, and keeps their audit entries', async () => {
    const { id, version } = await host.person('alice');
    const { token } = await host.pair('alice');
    expect((await host.ask('/api/guarded', { token })).status).to.equal(200);
    expect((await host.change('DELETE', `users/${id}`, undefined, version)).status).to.equal(204);
    expect((await host.ask('/api/guarded', { token })).status).to.equal(401);
    expect((await host.look(`users/${id}`)).status).to.equal(404);
    expect(host.events).to.deep.include({ type: 'user.deleted', userId: id, subject: 'alice', by: 'root' });
    expect((await host.trail()).map(({ action, subject }) => [action, subject])).to.deep.include([
      'user.deleted',
      'alice',
    ]);
  });

  it('treats a re-created user as a different user', async () => {
    const { id, version } = await host.person('alice');
    await host.administration.users.delete('alice');
    const again = await host.person('alice');
    expect(again).to.include({ version }).and.to.not.include({ id });
    expect((await host.change('PATCH', `users/${id}`, { disabled: true }, version)).status).to.equal(404);
    expect((await host.change('DELETE', `users/${id}`, undefined, version)).status).to.equal(404);
    expect(await host.directory.findUser('alice')).to.include({ id: again.id, disabled: false });
  });

  it('never confuses the two, even if the user is re-created in between', async () => {
    const directory = memoryDirectory();
    const seen = await directory.createUser({ subject: 'alice', authMethod: 'proxy' });
    const findUserById = async (id: string) => (id === seen.id ? seen : directory.findUserById(id));
    const other = await startAdministered({ directory: { ...directory, findUserById } });
    try {
      await directory.deleteUser('alice');
      const again = await directory.createUser({ subject: 'alice', authMethod: 'proxy' });
      expect(again.version).to.equal(seen.version);
      for (const answer of [
        await other.change('PATCH', `users/${seen.id}`, { pending: true }, seen.version),
        await other.change('DELETE', `users/${seen.id}`, undefined, seen.version),
      ]) {
        expect(answer.json).to.include({ code: 'ERR_VERSION', status: 412 });
      }
      expect(await rowOf(directory, 'alice')).to.deep.equal(again);
    } finally {
      await other.close();
    }
  });

  for (const count of [20, 200]) {
    it(`lets one of ${count} concurrent changes of the same version succeed`, async () => {
      const { id, version } = await host.person('alice');
      const answers = await Promise.all(
        Array.from({ length: count }, (_, index) =>
          host.change('PATCH', `users/${id}`, { add_roles: [`role-${index}`] }, version),
        ),
      );
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).to.have.length(1);
      expect(statuses.filter((status) => status === 412)).to.have.length(count - 1);
      const winner = answers.find(({ status }) => status === 200);
      const row = await host.directory.findUser('alice');
      expect(row).to.deep.include({ grantedRoles: winner?.json?.['granted_roles'], version: version + 1 });
      expect(await host.trail()).to.have.length(1);
    });
  }

  it('keeps one of two administrators who disable each other at the same time', async () => {
    const directory: Directory = memoryDirectory();
    const both = { ...directory, updateUser: together(2, directory.updateUser) };
    const other = await startAdministered({ directory: both });
    try {
      const [ann, ben] = [await other.person('ann', 'admins'), await other.person('ben', 'admins')];
      const disable = (by: string, { id, version }: typeof ann) =>
        other.write('PATCH', `/auth/admin/users/${id}`, {
          user: by,
          groups: 'admins',
          json: { disabled: true },
          headers: { 'If-Match': `"${version}"` },
        });
      const answers = await Promise.all([disable('ann', ben), disable('ben', ann)]);
      expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 409]);
      expect(answers.find(({ status }) => status === 409)?.json).to.include({ code: 'ERR_LAST_ADMINISTRATOR' });
      const left = await other.administration.users.list({ role: 'admin', disabled: false });
      expect(left).to.have.length(1);
      expect(await other.trail()).to.have.length(1);
    } finally {
      await other.close();
    }
  });

  it('keeps the last administrator', async () => {
    const { id, version } = await host.person('root', 'admins');
    for (const change of [{ disabled: true }, { pending: true }, { auth_method: 'local' }]) {
      const answer = await host.change('PATCH', `users/${id}`, change, version);
      expect(answer.json, JSON.stringify(change)).to.include({ code: 'ERR_LAST_ADMINISTRATOR', status: 409 });
    }
    const removed = await host.change('DELETE', `users/${id}`, undefined, version);
    expect(removed.json).to.include({ code: 'ERR_LAST_ADMINISTRATOR' });
    expect(await host.trail()).to.deep.equal([]);
    expect((await host.look('users')).status).to.equal(200);
  });
});
