// H9: a request without its user header is anonymous, whatever else it carries.
import { expect } from 'chai';
import { type Host, type HostOptions, startHost } from '../http/harness.js';

const hosts: [string, HostOptions][] = [
  ['every-request', {}],
  ['none', { services: { session: 'none' } }],
];

describe('H9: a request without a user header', () => {
  for (const [mode, options] of hosts) {
    describe(`session: '${mode}'`, () => {
      let host: Host;
      before(async () => {
        host = await startHost({
          ...options,
          routes: (app) =>
            app.get('/note', (req, res) => {
              Object.assign(req.session, { note: 'mine' });
              res.json({});
            }),
        });
      });
      after(() => host.close());

      it('does not fall back to the session, the cache, the token or the groups', async () => {
        const { cookie } = await host.ask('/note', { user: 'alice', groups: 'admins' });
        const { token } = await host.pair('alice');
        for (const groups of [undefined, 'admins']) {
          const rest = { cookie, token, ...(groups === undefined ? {} : { groups }) };
          expect((await host.ask('/who', rest)).json, groups).to.deep.equal({ roles: [] });
          expect((await host.ask('/admins', rest)).status).to.equal(401);
          expect((await host.ask('/auth/me', rest)).status).to.equal(401);
          expect((await host.write('POST', '/auth/pairings', rest)).status).to.equal(401);
        }
      });
    });
  }

  it('drops the roles of groups that were stripped', async () => {
    const host = await startHost({ store: null });
    expect((await host.ask('/admins', { user: 'alice', groups: 'admins' })).status).to.equal(200);
    expect((await host.ask('/admins', { user: 'alice' })).status).to.equal(403);
    await host.close();
  });
});
