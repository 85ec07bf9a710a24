// H16: a user begins a request, loses access, and only then sends its body.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { expect } from 'chai';
import { MemoryStore } from 'express-session';
import { type Administered, startAdministered } from '../http/administrator.js';
import type { HostOptions } from '../http/harness.js';
import { hostTable } from '../support/host-table.js';

const byHeader = { 'Remote-User': 'root', 'Remote-Groups': 'admins' };

/** A mode of the host, and how `root` is an administrator in it. */
interface Mode {
  readonly title: string;
  readonly options: () => HostOptions;
  /** Makes `root` a user with the administrator role. */
  readonly appoint: (host: Administered) => Promise<unknown>;
  /** Logs `root` in, and returns the headers of a request with this login. */
  readonly login: (host: Administered) => Promise<Record<string, string>>;
  /** Takes the role from `root`. */
  readonly demote: (host: Administered) => Promise<unknown>;
}

const withHeaders: Omit<Mode, 'title' | 'options'> = {
  appoint: (host) => host.person('root', 'admins'),
  login: async () => byHeader,
  demote: (host) => host.ask('/who', { user: 'root', groups: 'staff' }),
};

const modes: readonly Mode[] = [
  { title: 'on guarded paths', options: () => ({}), ...withHeaders },
  { title: 'on shared paths', options: () => ({ shared: true }), ...withHeaders },
  { title: 'with hostUsers', options: () => ({ hostUsers: hostTable() }), ...withHeaders },
  {
    title: 'without header login',
    options: () => ({
      withoutHeaderLogin: true,
      store: new MemoryStore(),
      routes: (app, auth) =>
        app.post('/sign-in/:id', async (req, res) => {
          await auth.signIn(req, req.params.id);
          res.json({});
        }),
    }),
    appoint: ({ administration }) =>
      administration.users.create({ subject: 'root', authMethod: 'local', grantedRoles: ['admin'] }),
    async login(host) {
      const { id } = await host.administration.users.find('root');
      const { cookie } = await host.ask(`/sign-in/${id}`, { method: 'POST' });
      return { Cookie: cookie ?? expect.fail() };
    },
    demote: ({ administration }) => administration.users.removeRoles('root', ['admin']),
  },
];

for (const { title, options, appoint, login, demote } of modes)
  describe(`H16: a request body that arrives after the user has lost access, ${title}`, () => {
    let host: Administered;
    let credentials: Record<string, string>;
    beforeEach(async () => {
      host = await startAdministered({
        ...options(),
        services: { verificationUri: 'https://music.example.com/auth/activate' },
      });
      await host.administration.users.create({ subject: 'ann', authMethod: 'local', grantedRoles: ['admin'] });
      await appoint(host);
      credentials = await login(host);
    });
    afterEach(() => host.close());

    /** Sends the head of a request as root, and waits until the host has processed it. The result sends the body. */
    async function hold(method: string, path: string, json: unknown, headers: Record<string, string>) {
      const payload = JSON.stringify(json);
      const seen = once(host.server, 'request');
      const sent = request({
        host: '127.0.0.1',
        port: host.port,
        path: `/auth/${path}`,
        method,
        agent: false,
        headers: {
          ...credentials,
          'Content-Type': 'application/json',
          'Content-Length': payload.length,
          'Sec-Fetch-Site': 'same-origin',
          ...headers,
        },
      });
      sent.write(payload.slice(0, 1));
      const [received] = (await seen) as [IncomingMessage];
      let answered = false;
      const answering = once(sent, 'response').then(([answer]) => {
        answered = true;
        return answer as IncomingMessage;
      });
      // The handler that reads the body runs after the guard.
      while (received.listenerCount('data') === 0) {
        if (answered) throw new Error(`${method} ${path} was answered before its body came`);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return async () => {
        sent.end(payload.slice(1));
        const answer = await answering;
        return JSON.parse((await answer.toArray()).join(''));
      };
    }

    it('does not let a disabled administrator enable their own account', async () => {
      const { id, version } = await host.administration.users.find('root');
      const release = await hold('PATCH', `admin/users/${id}`, { disabled: false }, { 'If-Match': `"${version + 1}"` });
      await host.administration.users.disable('root');
      expect(await release()).to.include({ code: 'ERR_ACCOUNT_DISABLED', status: 403 });
      expect(await host.administration.users.find('root')).to.include({ disabled: true, version: version + 1 });
    });

    it('does not let a user who has lost the role restore it', async () => {
      const mapping = { roles: ['admin'] };
      const release = await hold('PUT', 'admin/group-roles/staff', mapping, { 'If-None-Match': '*' });
      await demote(host);
      expect(await release()).to.include({ code: 'ERR_ROLE_REQUIRED', status: 403 });
      expect((await host.directory.mapping()).groupRoles).to.deep.equal([]);
    });

    it('is not accepted for another user with the same subject', async () => {
      const release = await hold('POST', 'admin/users', { subject: 'eve', auth_method: 'local' }, {});
      await host.administration.users.delete('root');
      await appoint(host);
      expect(await release()).to.include({ code: 'ERR_ACCOUNT_UNKNOWN', status: 403 });
      expect(await host.directory.findUser('eve')).to.equal(undefined);
    });

    const own = ['devices', 'pairings', 'pairings/approve', 'pairings/deny', 'verification'] as const;
    for (const what of own) {
      it(`does not let a disabled user change their own data (${what})`, async () => {
        const device = await host.pair('root');
        const opened = (await host.write('POST', '/auth/pairings', { headers: credentials })).json;
        const requests = {
          devices: ['PATCH', `devices/${device.id}`, { name: 'Mine' }],
          pairings: ['POST', 'pairings', {}],
          'pairings/approve': ['POST', `pairings/${opened?.['id']}/approve`, { match_number: '12' }],
          'pairings/deny': ['POST', `pairings/${opened?.['id']}/deny`, {}],
          verification: ['POST', 'device/verification', { action: 'lookup', user_code: 'WDJB-MJHT' }],
        } as const;
        const [method, path, json] = requests[what];
        const release = await hold(method, path, json, {});
        await host.administration.users.disable('root');
        expect(await release()).to.include({ code: 'ERR_ACCOUNT_DISABLED', status: 403 });
      });
    }
  });
