// The mapping of groups to roles, for administrators.
import { expect } from 'chai';
import { memoryDirectory } from '../../src/stores/memory/memory-directory.js';
import { type Administered, startAdministered } from './administrator.js';
import type { Answer } from './client.js';

type Json = Record<string, unknown>;

describe('admin/group-roles', () => {
  let host: Administered;
  beforeEach(async () => {
    host = await startAdministered();
  });
  afterEach(() => host.close());

  const root = { user: 'root', groups: 'admins' };
  /** A change by `?group=`; creates the mapping if there is none yet. */
  const add = (path: string, json: unknown): Promise<Answer> =>
    host.write('PUT', `/auth/admin/${path}`, { ...root, json, headers: { 'If-None-Match': '*' } });

  it('lists the mappings of the directory and of the configuration', async () => {
    const mapping = await host.administration.mappings.set('staff', ['viewer'], {
      note: 'Everybody on the payroll',
      by: { subject: 'ann' },
    });
    const answer = await host.look('group-roles');
    const { generation } = await host.directory.mapping();
    expect(answer.json).to.deep.equal({
      generation,
      group_roles: [
        {
          group: 'admins',
          roles: ['admin'],
          note: null,
          changed_by: null,
          changed_at: null,
          version: null,
          source: 'configuration',
        },
        {
          group: 'staff',
          roles: ['viewer'],
          note: 'Everybody on the payroll',
          changed_by: 'ann',
          changed_at: mapping.changedAt.toISOString(),
          version: mapping.version,
          source: 'directory',
        },
      ],
    });
    expect((await host.look('group-roles?group=staff')).json).to.include({ code: 'ERR_QUERY' });
  });

  it('creates, changes and deletes a mapping', async () => {
    const added = await add('group-roles/staff', { roles: ['viewer'], note: ' For now ' });
    expect(added.status).to.equal(201);
    expect(added.json).to.deep.include({ group: 'staff', roles: ['viewer'], note: 'For now', changed_by: 'root' });
    expect(added.headers.etag).to.equal(`"${added.json?.['version']}"`);
    expect((await host.ask('/who', { user: 'alice', groups: 'staff' })).json).to.deep.include({ roles: ['viewer'] });

    const version = Number(added.json?.['version']);
    const changed = await host.change('PUT', 'group-roles/staff', { roles: ['editor', 'viewer'] }, version);
    expect(changed.status).to.equal(200);
    expect(changed.json).to.deep.include({ roles: ['editor', 'viewer'], note: null });
    expect(changed.json?.['version']).to.be.greaterThan(version);
    expect(changed.headers.etag).to.equal(`"${changed.json?.['version']}"`);
    expect((await host.ask('/who', { user: 'alice', groups: 'staff' })).json).to.deep.include({
      roles: ['editor', 'viewer'],
    });

    const removed = await host.change('DELETE', 'group-roles/staff', undefined, Number(changed.json?.['version']));
    expect(removed.status).to.equal(204);
    expect((await host.ask('/who', { user: 'alice', groups: 'staff' })).json).to.deep.include({ roles: [] });

    const trail = await host.trail();
    expect(trail.map(({ action, group, actor }) => [action, group, actor.subject, actor.address])).to.deep.equal([
      ['mapping.set', 'staff', 'root', '127.0.0.1'],
      ['mapping.set', 'staff', 'root', '127.0.0.1'],
      ['mapping.deleted', 'staff', 'root', '127.0.0.1'],
    ]);
    const told = { type: 'mapping.changed', group: 'staff', by: 'root' };
    expect(host.events.filter(({ type }) => type === 'mapping.changed')).to.deep.equal([told, told, told]);
  });

  it('changes nothing for another version, or without a version', async () => {
    const added = await add('group-roles/staff', { roles: ['viewer'] });
    const version = Number(added.json?.['version']);
    const again = await add('group-roles/staff', { roles: ['editor'] });
    expect(again.json).to.include({ code: 'ERR_VERSION', status: 412 });
    for (const [method, json] of [
      ['PUT', { roles: ['editor'] }],
      ['DELETE', undefined],
    ] as const) {
      const late = await host.change(method, 'group-roles/staff', json, version + 1);
      expect(late.json, method).to.include({ code: 'ERR_VERSION', status: 412 });
      const missing = await host.change(method, 'group-roles/other', json, version);
      expect(missing.json, method).to.include({ code: 'ERR_VERSION', status: 412 });
      for (const given of [undefined, '*', `"${version}", "2"`, 'W/"1"']) {
        const answer = await host.change(method, 'group-roles/staff', json, given);
        expect(answer.json, `${method} ${given}`).to.include({ code: 'ERR_VERSION_REQUIRED', status: 428 });
      }
    }
    const headers = { 'If-None-Match': '*' };
    const removal = await host.write('DELETE', '/auth/admin/group-roles/staff', { ...root, headers });
    expect(removal.json).to.include({ code: 'ERR_VERSION_REQUIRED' });
    expect((await host.directory.mapping()).groupRoles).to.deep.include.members([
      {
        group: 'staff',
        roles: ['viewer'],
        changedBy: 'root',
        changedAt: new Date(String(added.json?.['changed_at'])),
        version,
      },
    ]);
    expect(await host.trail()).to.have.length(1);
  });

  it('lets one of 20 concurrent requests create a mapping', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => add('group-roles?group=staff', { roles: [`role-${index}`] })),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).to.deep.equal([201, ...Array.from({ length: 19 }, () => 412)]);
    expect(await host.trail()).to.have.length(1);
  });

  it('makes administrators by a pattern only with allow_wildcard', async () => {
    const answer = await add('group-roles/team-*', { roles: ['admin'], allow_wildcard: true });
    expect(answer.status).to.equal(201);
    expect((await host.ask('/admins', { user: 'tim', groups: 'team-red' })).status).to.equal(200);
  });

  it('previews how many users a change affects, and writes nothing', async () => {
    await host.administration.mappings.set('staff', ['viewer']);
    await host.administration.mappings.set('all', ['viewer']);
    for (const subject of ['ann', 'ben']) await host.person(subject, 'staff');
    await host.person('cat', 'staff,all');
    await host.person('root', 'admins');
    const state = async () => [
      await host.directory.mapping(),
      await host.directory.listUsers({ limit: 9 }),
      await host.trail(),
    ];
    const before = await state();

    const asked: readonly (readonly [string, string, unknown, Json])[] = [
      ['PUT', 'group-roles/staff', { roles: ['editor'] }, { users: 3, gained: { editor: 3 }, lost: { viewer: 2 } }],
      ['PUT', 'group-roles?group=al*', { roles: ['x'], note: 'n' }, { users: 1, gained: { x: 1 }, lost: {} }],
      ['PUT', 'group-roles/team-*', { roles: ['admin'], allow_wildcard: true }, { users: 0, gained: {}, lost: {} }],
      ['DELETE', 'group-roles/staff', undefined, { users: 2, gained: {}, lost: { viewer: 2 } }],
      ['DELETE', 'group-roles?group=nobody', undefined, { users: 0, gained: {}, lost: {} }],
    ];
    for (const [method, path, json, expected] of asked) {
      const dry = `${path}${path.includes('?') ? '&' : '?'}dry_run=true`;
      // With any version: a dry run ignores it.
      for (const version of [undefined, 999]) {
        const answer = await host.change(method, dry, json, version);
        expect(answer.status, dry).to.equal(200);
        expect(answer.json, dry).to.deep.equal(expected);
      }
    }
    expect(await state()).to.deep.equal(before);
  });

  it('makes the change when dry_run is false', async () => {
    const path = '/auth/admin/group-roles/staff?dry_run=false';
    const answer = await host.write('PUT', path, {
      ...root,
      json: { roles: ['viewer'] },
      headers: { 'If-None-Match': '*' },
    });
    expect(answer.status).to.equal(201);
  });

  it('keeps the mapping that makes the last administrators', async () => {
    const directory = memoryDirectory();
    const other = await startAdministered({ directory });
    try {
      const { version } = await other.administration.mappings.set('bosses', ['admin', 'viewer']);
      await other.person('boss', 'bosses');
      const boss = { user: 'boss', groups: 'bosses' };
      const path = '/auth/admin/group-roles/bosses';
      const headers = { 'If-Match': `"${version}"` };
      for (const answer of [
        await other.write('DELETE', path, { ...boss, headers }),
        await other.write('PUT', path, { ...boss, headers, json: { roles: ['viewer'] } }),
      ]) {
        expect(answer.json).to.include({ code: 'ERR_LAST_ADMINISTRATOR', status: 409 });
      }
      expect(await other.trail()).to.have.length(1);
    } finally {
      await other.close();
    }
  });
});
