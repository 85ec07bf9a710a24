// H11: an administrator can take any role, so only administrators may use the paths below admin/.
import { expect } from 'chai';
import type { Router } from 'express';
import { type Administered, startAdministered } from '../http/administrator.js';
import type { Ask } from '../http/client.js';
import { inEveryMode } from '../http/modes.js';

/** Every path below admin/, with a value for each of its parameters. */
function adminPaths(router: Router, id: string): readonly string[] {
  const paths = router.stack.flatMap(({ route }) => (route?.path.startsWith('/admin/') ? [route.path] : []));
  return paths.map((path) => `/auth${path.replace(':id', id).replace(':group', 'staff')}`);
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'];

inEveryMode('H11: administration is for administrators', (_start, shared) => {
  let host: Administered;
  let paths: readonly string[];
  before(async () => {
    host = await startAdministered({ shared });
    const { id } = await host.person('alice', 'staff');
    await host.administration.mappings.set('staff', ['viewer', 'administrator', 'Admin', 'admins']);
    await host.person('root', 'admins');
    paths = adminPaths(host.auth.router, id);
  });
  after(() => host.close());

  it('has these paths', () => {
    const found = paths.map((path) => path.replace(/[\w-]{36}/, ':id'));
    expect(found).to.have.members([
      '/auth/admin/users',
      '/auth/admin/users/:id',
      '/auth/admin/users/:id/host-user',
      '/auth/admin/users/:id/rename',
      '/auth/admin/group-roles',
      '/auth/admin/group-roles/staff',
      '/auth/admin/devices',
      '/auth/admin/devices/:id',
      '/auth/admin/audit',
      '/auth/admin/explain',
    ]);
  });

  /** Sends a request to every path with every method as this user, with everything else that a write needs. */
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

  it('refuses requests without a login', () => unchanged(() => everywhere({}, 'ERR_LOGIN_REQUIRED')));

  it('refuses users with other roles, even with similar names', async () => {
    await host.person('alice', 'staff');
    await unchanged(() => everywhere({ user: 'alice', groups: 'staff' }, 'ERR_ROLE_REQUIRED'));
  });

  it('refuses a disabled administrator', async () => {
    await host.person('former', 'admins');
    await host.administration.users.disable('former');
    await unchanged(() => everywhere({ user: 'former', groups: 'admins' }, 'ERR_ACCOUNT_DISABLED'));
  });

  it('refuses tokens, even an administrator’s', async () => {
    const { token } = await host.pair('root');
    // On a shared path, a token is a login, but none of a browser.
    await unchanged(() => everywhere({ token }, shared ? 'ERR_TOKEN_FORBIDDEN' : 'ERR_LOGIN_REQUIRED'));
  });

  it('refuses tokens if the host mounts the router on an unguarded path', async () => {
    const other = await startAdministered({ shared, routes: (app, auth) => app.use('/api/auth-too', auth.router) });
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

  it('refuses other spellings of the paths', async () => {
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
      // Express 4 takes two slashes for one, so the guard answers there.
      expect(answer.status, path).to.be.oneOf([401, 404]);
    }
  });

  it('accepts administrators', async () => {
    for (const path of paths.filter((each) => !/explain|group-roles\/|devices\/|host-user|rename/.test(each))) {
      expect((await host.ask(path, { user: 'root', groups: 'admins' })).status, path).to.equal(200);
    }
  });
});
