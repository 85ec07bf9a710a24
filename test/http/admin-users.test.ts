// The users, for administrators.
import { expect } from 'chai';
import { type Administered, startAdministered } from './administrator.js';
import type { Answer } from './client.js';

type Json = Record<string, unknown>;

const usersIn = ({ json }: Answer) => ((json?.['users'] ?? []) as Json[]).map(({ subject }) => subject);

describe('admin/users', () => {
  let host: Administered;
  beforeEach(async () => {
    host = await startAdministered();
  });
  afterEach(() => host.close());

  const listed = async (query: string) => usersIn(await host.look(`users?${query}`));

  it('shows a complete user, with an entity tag', async () => {
    await host.administration.mappings.set('staff', ['viewer']);
    const headers = { 'Remote-Name': 'Alice A.', 'Remote-Email': 'alice@example.com' };
    await host.ask('/who', { user: 'alice', groups: 'staff', headers });
    const row = await host.administration.users.addRoles('alice', ['editor']);
    const answer = await host.look(`users/${row.id}`);
    expect(answer.status).to.equal(200);
    expect(answer.headers).to.include({ etag: `"${row.version}"`, 'cache-control': 'no-store' });
    expect(answer.json).to.deep.equal({
      id: row.id,
      subject: 'alice',
      auth_method: 'proxy',
      display_name: 'Alice A.',
      email: 'alice@example.com',
      groups: ['staff'],
      managed_roles: ['viewer'],
      granted_roles: ['editor'],
      roles: ['editor', 'viewer'],
      disabled: false,
      pending: false,
      version: row.version,
      created_at: row.createdAt.toISOString(),
      updated_at: row.updatedAt.toISOString(),
      last_asserted_at: null,
      host_user_id: null,
    });
  });

  it('shows the managed roles of the current mappings, under the same version', async () => {
    const { id, version } = await host.person('alice', 'staff');
    const headers = { 'If-None-Match': `"${version}"` };
    expect((await host.look(`users/${id}`, { headers })).status).to.equal(200);
    await host.administration.mappings.set('staff', ['viewer']);
    const answer = await host.look(`users/${id}`, { headers });
    expect(answer.json).to.deep.include({ managed_roles: ['viewer'], version });
  });

  it('answers 404 for any other id', async () => {
    const { id } = await host.person('alice');
    for (const unknown of [crypto.randomUUID(), 'alice', 'x', id.toUpperCase(), '%20', `${id}%20`]) {
      for (const answer of [
        await host.look(`users/${unknown}`),
        await host.change('PATCH', `users/${unknown}`, { disabled: true }, 1),
        await host.change('DELETE', `users/${unknown}`, undefined, 1),
      ]) {
        expect(answer.json, unknown).to.include({ code: 'ERR_USER_UNKNOWN', status: 404 });
      }
    }
    expect(await host.directory.findUser('alice')).to.include({ disabled: false });
  });

  it('lists in pages, and filters', async () => {
    for (const subject of ['ann', 'ben', 'cat']) await host.person(subject, 'staff');
    await host.administration.users.create({ subject: 'dan', authMethod: 'local', displayName: 'Annabel' });
    await host.administration.users.disable('ben');
    await host.administration.users.addRoles('cat', ['editor']);
    const first = await host.look('users?limit=2');
    expect(usersIn(first)).to.deep.equal(['ann', 'ben']);
    const second = await host.look(`users?limit=2&cursor=${first.json?.['next']}`);
    expect(usersIn(second)).to.deep.equal(['cat', 'dan']);
    const third = await host.look(`users?limit=2&cursor=${second.json?.['next']}`);
    expect(third.json).to.deep.include({ next: null });
    expect(usersIn(third)).to.deep.equal(['root']);
    expect(await listed('search=ANN')).to.deep.equal(['ann', 'dan']);
    expect(await listed('auth_method=local')).to.deep.equal(['dan']);
    expect(await listed('role=editor')).to.deep.equal(['cat']);
    expect(await listed('role=admin')).to.deep.equal(['root']);
    expect(await listed('disabled=true')).to.deep.equal(['ben']);
    expect(await listed('disabled=false&search=n&pending=false')).to.deep.equal(['ann', 'dan']);
    expect(await listed('search=nobody+at+all')).to.deep.equal([]);
  });

  it('refuses invalid filters and cursors', async () => {
    const wrong = [
      ['serach=a', 'ERR_QUERY'],
      ['search=', 'ERR_QUERY'],
      ['search=a&search=b', 'ERR_QUERY'],
      ['auth_method=oidc', 'ERR_QUERY'],
      ['disabled=yes', 'ERR_QUERY'],
      ['search=%', 'ERR_QUERY'],
      ['limit=0', 'ERR_PAGE'],
      ['limit=1001', 'ERR_PAGE'],
      ['cursor=x', 'ERR_PAGE'],
      [`cursor=${Buffer.from('[]').toString('base64url')}`, 'ERR_PAGE'],
      [`cursor=${Buffer.from('["a","b"]').toString('base64url')}`, 'ERR_PAGE'],
      [`cursor=${Buffer.from('["a\\u0000"]').toString('base64url')}`, 'ERR_PAGE'],
    ] as const;
    for (const [query, code] of wrong) {
      expect((await host.look(`users?${query}`)).json, query).to.include({ code, status: 400 });
    }
    const { id } = await host.person('alice');
    expect((await host.look(`users/${id}?x=1`)).json).to.include({ code: 'ERR_QUERY' });
    expect((await host.change('PATCH', `users/${id}?force=true`, {}, 1)).json).to.include({ code: 'ERR_QUERY' });
  });

  it('creates a user', async () => {
    const json = {
      subject: 'eve',
      auth_method: 'local',
      display_name: 'Eve',
      email: 'eve@example.com',
      granted_roles: ['viewer', 'editor'],
    };
    const answer = await host.change('POST', 'users', json);
    expect(answer.status).to.equal(201);
    const { granted_roles: granted, ...facts } = json;
    expect(answer.json).to.deep.include({ ...facts, granted_roles: ['editor', 'viewer'], roles: ['editor', 'viewer'] });
    expect(answer.headers.location).to.equal(`users/${answer.json?.['id']}`);
    expect(answer.headers.etag).to.equal(`"${answer.json?.['version']}"`);
    expect((await host.change('POST', 'users', json)).json).to.include({ code: 'ERR_SUBJECT_TAKEN', status: 409 });
    const row = await host.directory.findUser('eve');
    expect(host.events).to.deep.include({ type: 'user.created', userId: row?.id, subject: 'eve', by: 'root' });
    const trail = (await host.trail()).filter(({ subject }) => subject === 'eve');
    expect(trail).to.have.length(1);
    expect(trail[0]).to.deep.include({
      action: 'user.created',
      actor: { subject: 'root', address: '127.0.0.1' },
    });
  });

  it('creates no user for an invalid body', async () => {
    const wrong: readonly (readonly [unknown, string])[] = [
      [{ auth_method: 'local' }, 'ERR_BODY_INVALID'],
      [{ subject: 'eve' }, 'ERR_BODY_INVALID'],
      [{ subject: '', auth_method: 'local' }, 'ERR_BODY_INVALID'],
      [{ subject: 'eve', auth_method: 'oidc' }, 'ERR_BODY_INVALID'],
      [{ subject: 'eve', auth_method: 'local', role: 'admin' }, 'ERR_BODY_INVALID'],
      [{ subject: 'eve', auth_method: 'local', granted_roles: 'admin' }, 'ERR_BODY_INVALID'],
      [{ subject: 'eve', auth_method: 'local', granted_roles: [1] }, 'ERR_BODY_INVALID'],
      [{ subject: 'eve', auth_method: 'local', granted_roles: ['no role'] }, 'ERR_ROLE_NAME'],
      [{ subject: 'e\u200bve', auth_method: 'local' }, 'ERR_SUBJECT_INVALID'],
      [['eve', 'local'], 'ERR_BODY_INVALID'],
      ['eve', 'ERR_BODY_INVALID'],
    ];
    for (const [json, code] of wrong) {
      expect((await host.change('POST', 'users', json)).json, JSON.stringify(json)).to.include({ code, status: 400 });
    }
    expect(await host.trail()).to.deep.equal([]);
  });
});
