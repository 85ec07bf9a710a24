// H11: whoever may administer can make themselves anybody, so nobody else gets anywhere below admin/.
import { expect } from 'chai';
import type { Router } from 'express';
import { type Administered, startAdministered } from '../http/administrator.js';
import type { Ask } from '../http/client.js';

/** Every path below admin/, with a value for each of its parameters. */
function adminPaths(router: Router, id: string): readonly string[] {
  const paths = router.stack.flatMap(({ route }) => (route?.path.startsWith('/admin/') ? [route.path] : []));
  return paths.map((path) => `/auth${path.replace(':id', id).replace(':group', 'staff')}`);
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'];

describe('H11: administration is for administrators', () => {
  let host: Administered;
  let paths: readonly string[];
  before(async () => {
    host = await startAdministered();
    const { id } = await host.person('alice', 'staff');
    await host.administration.mappings.set('staff', ['viewer', 'administrator', 'Admin', 'admins']);
    await host.person('root', 'admins');
    paths = adminPaths(host.auth.router, id);
  });
  after(() => host.close());

  it('and these are the paths', () => {
    const found = paths.map((path) => path.replace(/[\w-]{36}/, ':id'));
    expect(found).to.have.members([
      '/auth/admin/users',
      '/auth/admin/users/:id',
      '/auth/admin/group-roles',
      '/auth/admin/group-roles/staff',
      '/auth/admin/devices',
      '/auth/admin/devices/:id',
      '/auth/admin/audit',
      '/auth/admin/explain',
    ]);
  });

  /** Every path by every method, as this person, with all that a write needs besides. */
  async function everywhere(who: Ask, code: string, under = '/auth'): Promise<void> {
    for (const path of paths) {
      for (const method of methods) {
        const headers = { 'If-Match': '"1"', 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' };
        const body = method === 'GET' || method === 'HEAD' ? {} : { body: '{"roles":["x"],"disabled":true}' };
        const target = path.replace('/auth', under);
        const answer = await host.ask(target, { method, ...who, ...body, headers: { ...headers, ...who.headers } });
        if (method === 'HEAD') expect(answer.status, `HEAD ${target}`).to.be.oneOf([401, 403]);
        else expect(answer.json, `${method} ${target}`).to.include({ code });
        expect(answer.text, `${method} ${target}`).to.not.include('alice');
      }
    }
  }

  async function unchanged(act: () => Promise<void>): Promise<void> {
    const { directory } = host;
    const state = async () => [
      await directory.listUsers({ limit: 99 }),
      await directory.mapping(),
      await directory.listAudit({ limit: 99 }),
    ];
    const before = await state();
    await act();
    expect(await state()).to.deep.equal(before);
  }

  it('not for nobody', () => unchanged(() => everywhere({}, 'ERR_LOGIN_REQUIRED')));

  it('not for people with other roles, however alike', async () => {
    await host.person('alice', 'staff');
    await unchanged(() => everywhere({ user: 'alice', groups: 'staff' }, 'ERR_ROLE_REQUIRED'));
  });

  it('not for an administrator who was disabled', async () => {
    await host.person('former', 'admins');
    await host.administration.users.disable('former');
    await unchanged(() => everywhere({ user: 'former', groups: 'admins' }, 'ERR_ACCOUNT_DISABLED'));
  });

  it('not for a token, not even an administrator’s', async () => {
    const { token } = await host.pair('root');
    await unchanged(() => everywhere({ token }, 'ERR_LOGIN_REQUIRED'));
  });

  it('not for a token where the host mounts the router past the proxy', async () => {
    const other = await startAdministered({ routes: (app, auth) => app.use('/api/auth-too', auth.router) });
    try {
      await other.person('root', 'admins');
      const { token } = await other.pair('root');
      const [mine, theirs] = [host, other];
      host = theirs;
      await everywhere({ token }, 'ERR_TOKEN_FORBIDDEN', '/api/auth-too').finally(() => {
        host = mine;
      });
    } finally {
      await other.close();
    }
  });

  it('not in any other spelling of the paths', async () => {
    for (const path of ['/auth/ADMIN/users', '/auth/Admin/Audit', '/auth/admin/users?x']) {
      const answer = await host.ask(path);
      expect(answer.status, path).to.equal(401);
    }
    for (const path of [
      '/auth/admin/%75sers',
      '/auth/admin/users/',
      '/auth//admin/users',
      '/auth/admin//users',
      '/auth/admin%2Fusers',
    ]) {
      const answer = await host.ask(path);
      expect(answer.status, path).to.equal(404);
    }
  });

  it('but for administrators it is', async () => {
    for (const path of paths.filter((each) => !/explain|group-roles\/|devices\//.test(each))) {
      expect((await host.ask(path, { user: 'root', groups: 'admins' })).status, path).to.equal(200);
    }
  });
});
