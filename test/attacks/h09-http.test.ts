// H9: a request without its user header is anonymous, whatever else it carries.
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import { type Host, type HostOptions, startHost } from '../http/harness.js';
import { hostTable } from '../support/host-table.js';

const hosts: readonly (readonly [title: string, options: () => HostOptions])[] = [
  ["session: 'every-request'", () => ({})],
  ["session: 'none'", () => ({ services: { session: 'none' } })],
  ['shared paths', () => ({ shared: true })],
  ["shared paths and session: 'none'", () => ({ shared: true, services: { session: 'none' } })],
  ["subjectCase: 'lower'", () => ({ subjectCase: 'lower' })],
  ['hostUsers', () => ({ hostUsers: hostTable() })],
];

/** A route that writes to the session, so that the session is bound to the user. */
const noting: HostOptions['routes'] = (app) =>
  app.get('/note', (req, res) => {
    Object.assign(req.session, { note: 'mine' });
    res.json({});
  });

describe('H9: a request without a user header', () => {
  for (const [title, options] of hosts) {
    describe(`with ${title}`, () => {
      let host: Host;
      before(async () => {
        host = await startHost({ ...options(), routes: noting });
      });
      after(() => host.close());

      it('does not fall back to the session, the cache, the token or the groups', async () => {
        const { cookie } = await host.ask('/note', { user: 'alice', groups: 'admins' });
        const { token } = await host.pair('alice');
        for (const groups of [undefined, 'admins']) {
          // On a shared path, the token is a login of its own.
          const rest = {
            cookie,
            ...(options().shared ? {} : { token }),
            ...(groups === undefined ? {} : { groups }),
          };
          expect((await host.ask('/who', rest)).json, groups).to.deep.equal({ roles: [] });
          expect((await host.ask('/admins', rest)).status).to.equal(401);
          expect((await host.ask('/auth/me', rest)).status).to.equal(401);
          expect((await host.write('POST', '/auth/pairings', rest)).status).to.equal(401);
        }
      });

      it('drops the roles of groups that were stripped', async () => {
        expect((await host.ask('/admins', { user: 'alice', groups: 'admins' })).status).to.equal(200);
        expect((await host.ask('/admins', { user: 'alice' })).status).to.equal(403);
      });
    });
  }

  it('is nobody without header login, whatever a session of the time before says', async () => {
    const store = new MemoryStore();
    const before = await startHost({ store, routes: noting });
    const after = await startHost({ store, withoutHeaderLogin: true, directory: before.directory });
    try {
      const { cookie } = await before.ask('/note', { user: 'alice', groups: 'admins' });
      expect(cookie).to.be.a('string');
      expect((await after.ask('/who', { cookie, groups: 'admins' })).json).to.deep.equal({ roles: [] });
      expect((await after.ask('/admins', { cookie, user: 'alice', groups: 'admins' })).status).to.equal(401);
    } finally {
      await before.close();
      await after.close();
    }
  });
});
