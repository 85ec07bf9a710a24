// P17: a stolen token pairs more devices, manages other devices, or outlives its owner.
import { expect } from 'chai';
import { type Host, startHost } from '../http/harness.js';

describe('P17: a token', () => {
  let host: Host;
  before(async () => {
    // The host also mounts the browsers' router on the unguarded path. This mistake must have no effect.
    host = await startHost({
      store: null,
      services: { verificationUri: 'https://music.example.com/activate' },
      routes: (app, auth) => app.use('/api/mistake', auth.router),
    });
    await host.ask('/who', { user: 'alice', groups: 'admins' });
  });
  after(() => host.close());

  it('cannot open pairings or manage devices on guarded paths', async () => {
    const { token } = await host.pair('alice');
    expect((await host.write('POST', '/auth/pairings', { token })).json).to.include({ code: 'ERR_LOGIN_REQUIRED' });
    expect((await host.ask('/auth/devices', { token })).json).to.include({ code: 'ERR_LOGIN_REQUIRED' });
  });

  it('cannot open pairings or manage devices on unguarded paths', async () => {
    const { token } = await host.pair('alice');
    const { id } = await host.pair('alice');
    const pairing = (await host.write('POST', '/auth/pairings', { user: 'alice' })).json;
    const path = `/api/mistake/pairings/${pairing?.['id']}`;
    const { userCode } = await host.pairings.authorize({ clientId: 'television', address: '192.0.2.1' });
    const verify = (action: string) =>
      host.write('POST', '/api/mistake/device/verification', { token, json: { action, user_code: userCode } });
    const answers = [
      await host.write('POST', '/api/mistake/pairings', { token }),
      await host.ask(path, { token }),
      await host.ask(`${path}/events`, { token }),
      await host.ask(`${path}/qr.svg`, { token }),
      await host.write('DELETE', path, { token }),
      await host.write('POST', `${path}/approve`, { token, json: { match_number: '42' } }),
      await host.write('POST', `${path}/deny`, { token }),
      await verify('lookup'),
      await verify('approve'),
      await verify('deny'),
      await host.ask('/api/mistake/devices', { token }),
      await host.write('DELETE', '/api/mistake/devices', { token }),
      await host.write('DELETE', `/api/mistake/devices?except=${id}`, { token }),
      await host.write('DELETE', `/api/mistake/devices/${id}`, { token }),
      await host.write('PATCH', `/api/mistake/devices/${id}`, { token, json: { name: 'x' } }),
    ];
    for (const answer of answers) expect(answer.json).to.include({ code: 'ERR_TOKEN_FORBIDDEN', status: 403 });
    expect((await host.ask('/api/mistake/me', { token })).json).to.include({ subject: 'alice', method: 'token' });
  });

  it('cannot start a session', async () => {
    const other = await startHost({
      services: { session: 'login-only' },
      routes: (app, auth) => app.use('/api/mistake', auth.router),
    });
    try {
      await other.ask('/auth/login', { user: 'alice' });
      const { token } = await other.pair('alice');
      const answer = await other.ask('/api/mistake/login', { token });
      expect(answer.headers['set-cookie']).to.equal(undefined);
    } finally {
      await other.close();
    }
  });

  it('is refused while its owner is refused, and works again afterwards', async () => {
    const { token } = await host.pair('alice');
    const { users } = host.administration;
    expect((await host.ask('/api/guarded', { token })).status).to.equal(200);
    await users.disable('alice');
    const refused = await host.ask('/api/guarded', { token });
    expect(refused.json).to.include({ code: 'ERR_ACCOUNT_DISABLED', status: 403 });
    await users.enable('alice');
    expect((await host.ask('/api/guarded', { token })).status).to.equal(200);
    await users.delete('alice');
    expect((await host.ask('/api/guarded', { token })).status).to.equal(401);
    // A new user with the same subject can be another person.
    await host.ask('/who', { user: 'alice' });
    expect((await host.ask('/api/guarded', { token })).status).to.equal(401);
  });
});
