// H16: whoever is let in no more finishes a request that they began before: its body is held back until then.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { expect } from 'chai';
import { type Administered, startAdministered } from '../http/administrator.js';

describe('H16: a body that was held back changes nothing for who may not any more', () => {
  let host: Administered;
  beforeEach(async () => {
    host = await startAdministered({ services: { verificationUri: 'https://music.example.com/auth/activate' } });
    await host.administration.users.create({ subject: 'ann', authMethod: 'local', grantedRoles: ['admin'] });
    await host.person('root', 'admins');
  });
  afterEach(() => host.close());

  /** Sends the head of a request as root, and waits until the host has looked at it. Returns what sends the rest. */
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
        'Remote-User': 'root',
        'Remote-Groups': 'admins',
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
    // Whoever reads the body is behind the guard.
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

  it('does not let an administrator who was disabled enable themselves', async () => {
    const { id, version } = await host.administration.users.find('root');
    const release = await hold('PATCH', `admin/users/${id}`, { disabled: false }, { 'If-Match': `"${version + 1}"` });
    await host.administration.users.disable('root');
    expect(await release()).to.include({ code: 'ERR_ACCOUNT_DISABLED', status: 403 });
    expect(await host.administration.users.find('root')).to.include({ disabled: true, version: version + 1 });
  });

  it('does not let somebody who lost the role give it back', async () => {
    const mapping = { roles: ['admin'] };
    const release = await hold('PUT', 'admin/group-roles/staff', mapping, { 'If-None-Match': '*' });
    await host.ask('/who', { user: 'root', groups: 'staff' });
    expect(await release()).to.include({ code: 'ERR_ROLE_REQUIRED', status: 403 });
    expect((await host.directory.mapping()).groupRoles).to.deep.equal([]);
  });

  it('does not take another person of the same name for the one who began', async () => {
    const release = await hold('POST', 'admin/users', { subject: 'eve', auth_method: 'local' }, {});
    await host.administration.users.delete('root');
    await host.person('root', 'admins');
    expect(await release()).to.include({ code: 'ERR_ACCOUNT_UNKNOWN', status: 403 });
    expect(await host.directory.findUser('eve')).to.equal(undefined);
  });

  const own = ['devices', 'pairings', 'pairings/approve', 'pairings/deny', 'verification'] as const;
  for (const what of own) {
    it(`does not let anybody who was disabled write to what is their own (${what})`, async () => {
      const device = await host.pair('root');
      const opened = (await host.write('POST', '/auth/pairings', { user: 'root', groups: 'admins' })).json;
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
