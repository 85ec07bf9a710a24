// Groups of any spelling, by query and by path.
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import { type Administered, startAdministered } from './administrator.js';
import type { Answer } from './client.js';

type Json = Record<string, unknown>;

describe('a group below admin/group-roles', () => {
  let host: Administered;
  beforeEach(async () => {
    host = await startAdministered();
  });
  afterEach(() => host.close());

  const root = { user: 'root', groups: 'admins' };
  /** Adds a mapping if there is none yet. */
  const add = (path: string, json: unknown): Promise<Answer> =>
    host.write('PUT', `/auth/admin/${path}`, { ...root, json, headers: { 'If-None-Match': '*' } });
  const listed = async () => (await host.look('group-roles')).json?.['group_roles'] as Json[];

  it('can have any spelling in the query, and any that a path can carry in the path', async () => {
    const odd = [
      ...['a/b', '/a', 'a//b', '100%', '%41', '%', 'CORP\\staff', 'cn=staff,ou=groups,dc=example', '..', '.', ';x'],
      ...[
        'größe',
        'a b',
        'a+b',
        'a&b=c',
        'a?b#c',
        '日本語',
        '👩‍👩‍👧',
        "o'neil",
        'مدیران\u200cها',
        '"',
        'x'.repeat(512),
      ],
    ];
    for (const group of odd) {
      const answer = await add(`group-roles?group=${encodeURIComponent(group)}`, { roles: ['viewer'] });
      expect(answer.json, group).to.deep.include({ group, roles: ['viewer'] });
    }
    for (const group of ['plain', 'with space', 'größer', 'a:b@c', 'team-*', 'a&b=d']) {
      const answer = await add(`group-roles/${encodeURIComponent(group).replaceAll('%3A', ':')}`, {
        roles: ['viewer'],
      });
      expect(answer.json, group).to.deep.include({ group, roles: ['viewer'] });
    }
    const groups = (await listed()).map(({ group }) => group);
    expect(groups).to.include.members(odd);
    expect(groups).to.have.length(odd.length + 7);
    for (const group of odd) {
      const version = (await host.administration.mappings.find(group)).version;
      const path = `group-roles?group=${encodeURIComponent(group)}`;
      expect((await host.change('DELETE', path, undefined, version)).status, group).to.equal(204);
    }
    expect(await listed()).to.have.length(7);
  });

  it('can have any spelling in the path without the proxy’s headers, except broken escapes', async () => {
    const other = await startAdministered({
      store: new MemoryStore(),
      routes(app, auth) {
        app.post('/local-login', (req, res, next) => {
          auth.signIn(req, String(req.get('X-Id'))).then(() => res.end(), next);
        });
      },
    });
    try {
      const { users } = other.administration;
      const local = await users.create({ subject: 'ann', authMethod: 'local', grantedRoles: ['admin'] });
      const { cookie } = await other.ask('/local-login', { method: 'POST', headers: { 'X-Id': local.id } });
      const put = (name: string) =>
        other.write('PUT', `/auth/admin/group-roles/${name}`, {
          cookie,
          json: { roles: ['viewer'] },
          headers: { 'If-None-Match': '*' },
        });
      for (const group of ['a/b', '100%', 'a\\b', '%41']) {
        expect((await put(encodeURIComponent(group))).json).to.include({ group, changed_by: 'ann' });
      }
      expect((await put('%E0%A4%A')).json).to.include({ code: 'ERR_NOT_FOUND', status: 404 });
      expect((await put('a%00b')).json).to.include({ code: 'ERR_GROUP_NAME', status: 400 });
      const through = await other.change('PUT', 'group-roles/a%2Fb', { roles: ['viewer'] }, 1);
      expect(through.json).to.include({ code: 'ERR_TARGET_NOT_CANONICAL', status: 400 });
    } finally {
      await other.close();
    }
  });

  it('must be in composed form, the only one that logins produce', async () => {
    const decomposed = await add(`group-roles?group=${encodeURIComponent('gro\u0308ße')}`, { roles: ['viewer'] });
    expect(decomposed.json).to.include({ code: 'ERR_GROUP_NAME', status: 400 });
    const composed = await add(`group-roles?group=${encodeURIComponent('gr\u00f6ße')}`, { roles: ['viewer'] });
    expect(composed.status).to.equal(201);
  });

  it('is not set for an invalid group, role or note', async () => {
    const group = 'group-roles?group=';
    const wrong: readonly (readonly [string, unknown, string, number])[] = [
      ['group-roles', { roles: ['viewer'] }, 'ERR_QUERY', 400],
      [group, { roles: ['viewer'] }, 'ERR_GROUP_NAME', 400],
      [`${group}${'x'.repeat(513)}`, { roles: ['viewer'] }, 'ERR_GROUP_NAME', 400],
      [`${group}a%00`, { roles: ['viewer'] }, 'ERR_GROUP_NAME', 400],
      [`${group}a%e2%80%8bb`, { roles: ['viewer'] }, 'ERR_GROUP_NAME', 400],
      [`${group}%ff`, { roles: ['viewer'] }, 'ERR_QUERY', 400],
      [`${group}a&group=b`, { roles: ['viewer'] }, 'ERR_QUERY', 400],
      ['group-roles/staff?group=other', { roles: ['viewer'] }, 'ERR_QUERY', 400],
      ['group-roles/staff?dryrun=true', { roles: ['viewer'] }, 'ERR_QUERY', 400],
      ['group-roles/staff?dry_run=1', { roles: ['viewer'] }, 'ERR_QUERY', 400],
      ['group-roles/staff', {}, 'ERR_ROLE_NAME', 400],
      ['group-roles/staff', { roles: [] }, 'ERR_ROLE_NAME', 400],
      ['group-roles/staff', { roles: ['no role'] }, 'ERR_ROLE_NAME', 400],
      ['group-roles/staff', { roles: 'viewer' }, 'ERR_BODY_INVALID', 400],
      ['group-roles/staff', { roles: ['viewer'], notes: 'x' }, 'ERR_BODY_INVALID', 400],
      ['group-roles/staff', { roles: ['viewer'], note: 'x'.repeat(501) }, 'ERR_MAPPING_NOTE', 400],
      ['group-roles/staff', { roles: ['viewer'], note: 'a\u202eb' }, 'ERR_MAPPING_NOTE', 400],
      ['group-roles/staff', { roles: ['viewer'], allow_wildcard: 'yes' }, 'ERR_BODY_INVALID', 400],
      ['group-roles/team-*', { roles: ['admin'] }, 'ERR_WILDCARD_ADMINISTRATOR', 409],
    ];
    for (const [path, json, code, status] of wrong) {
      for (const also of path.includes('dry')
        ? [path]
        : [path, `${path}${path.includes('?') ? '&' : '?'}dry_run=true`]) {
        const answer = await add(also, json);
        expect(answer.json, `${also} ${JSON.stringify(json)}`).to.include({ code, status });
      }
    }
    expect(await host.trail()).to.deep.equal([]);
    expect(await listed()).to.have.length(1);
  });
});
