// The routes for browsers.

import { expect } from 'chai';
import type { NewDevice } from '../../src/vocabulary/port-values.js';
import type { OpenPairing } from '../support/open-pairing.js';
import { type Host, startHost } from './harness.js';

describe('routes', () => {
  let host: Host;
  before(async () => {
    host = await startHost({ store: null });
  });
  after(() => host.close());

  const open = async (user = 'alice') => {
    const { json } = await host.write('POST', '/auth/pairings', { user });
    return json as OpenPairing;
  };

  describe('me', () => {
    it('returns the current user', async () => {
      const headers = { 'Remote-Name': 'Alice A.', 'Remote-Email': 'a@example.com' };
      const answer = await host.ask('/auth/me', { user: 'alice', groups: 'admins', headers });
      const expected = {
        subject: 'alice',
        display_name: 'Alice A.',
        email: 'a@example.com',
        roles: ['admin'],
        method: 'header',
      };
      expect(answer.json).to.deep.equal(expected);
    });

    it('omits unknown members', async () => {
      expect((await host.ask('/auth/me', { user: 'zoe' })).json).to.deep.equal({
        subject: 'zoe',
        roles: [],
        method: 'header',
      });
    });

    it('answers 401 when no user is logged in', async () => {
      expect((await host.ask('/auth/me')).status).to.equal(401);
    });
  });

  describe('login', () => {
    it('redirects to a path on this site', async () => {
      const answer = await host.ask('/auth/login?return_to=%2Falbums%3Fpage%3D2', { user: 'alice' });
      expect(answer.status).to.equal(303);
      expect(answer.headers.location).to.equal('/albums?page=2');
    });

    it('refuses any other destination', async () => {
      for (const target of ['//evil.example', '%2F%2Fevil.example', '%2F%5Cevil.example', 'https:%2F%2Fevil.example']) {
        const answer = await host.ask(`/auth/login?return_to=${target}`, { user: 'alice' });
        expect(answer.json).to.include({ code: 'ERR_RETURN_TO' });
        expect(answer.headers.location).to.equal(undefined);
      }
    });
  });

  describe('pairings', () => {
    it('opens a pairing', async () => {
      const answer = await host.write('POST', '/auth/pairings', { user: 'ann' });
      expect(answer.status).to.equal(201);
      expect(answer.json).to.have.keys('id', 'code', 'code_expires_in', 'expires_in', 'uri', 'status', 'interval');
      expect(answer.json).to.include({ status: 'open', interval: 2 });
      expect(answer.headers.location).to.equal(`pairings/${answer.json?.['id']}`);
    });

    it('opens a pairing for a request of type JSON without a body', async () => {
      const answer = await host.write('POST', '/auth/pairings', { user: 'ann', json: undefined });
      expect(answer.status).to.equal(201);
    });

    it('shows, draws and cancels a pairing', async () => {
      const { id, code } = await open('bert');
      expect((await host.ask(`/auth/pairings/${id}`, { user: 'bert' })).json).to.include({
        status: 'open',
        code,
        interval: 2,
      });
      const drawn = await host.ask(`/auth/pairings/${id}/qr.svg`, { user: 'bert' });
      expect(drawn.headers['content-type']).to.match(/^image\/svg\+xml/);
      expect(drawn.text).to.match(/<svg/);
      const cancelled = await host.write('DELETE', `/auth/pairings/${id}`, { user: 'bert' });
      expect(cancelled.json).to.include({ id, status: 'cancelled' });
      expect(cancelled.json).to.not.have.any.keys('code', 'uri');
      const again = await host.write('DELETE', `/auth/pairings/${id}`, { user: 'bert' });
      expect(again.json).to.include({ code: 'ERR_PAIRING_ENDED' });
    });

    it('are hidden from other users', async () => {
      const { id } = await open('bert');
      for (const answer of [
        await host.ask(`/auth/pairings/${id}`, { user: 'mallory' }),
        await host.ask(`/auth/pairings/${id}/qr.svg`, { user: 'mallory' }),
        await host.ask(`/auth/pairings/${id}/events`, { user: 'mallory' }),
        await host.write('DELETE', `/auth/pairings/${id}`, { user: 'mallory' }),
      ]) {
        expect(answer.status).to.equal(404);
        expect(answer.json).to.include({ code: 'ERR_PAIRING_UNKNOWN' });
      }
    });
  });

  describe('devices', () => {
    it('lists, renames and revokes the user’s own devices', async () => {
      await host.ask('/who', { user: 'emil' });
      const { id, token } = await host.pair('emil');
      const listed = await host.ask('/auth/devices', { user: 'emil' });
      const [device] = (listed.json?.['devices'] ?? []) as Record<string, unknown>[];
      const { created_at: createdAt, expires_at: expiresAt, ...facts } = device ?? {};
      expect(Date.parse(String(expiresAt))).to.be.greaterThan(Date.parse(String(createdAt)));
      const known = { id, name: 'Phone', client_id: 'app', paired_by: 'code' };
      expect(facts).to.deep.equal({ ...known, last_used_at: null, last_address: null });
      const renamed = await host.write('PATCH', `/auth/devices/${id}`, { user: 'emil', json: { name: ' Pixel 7 ' } });
      expect(renamed.json).to.include({ id, name: 'Pixel 7' });
      const revoked = await host.write('DELETE', `/auth/devices/${id}`, { user: 'emil' });
      expect(revoked.status).to.equal(204);
      expect((await host.ask('/api/guarded', { token })).status).to.equal(401);
    });

    it('lists what the app said about itself, and when and where it was last used', async () => {
      await host.ask('/who', { user: 'eve' });
      const userId = (await host.directory.findUser('eve'))?.id ?? '';
      const id = crypto.randomUUID();
      const about = { name: 'Phone', clientId: 'app', appVersion: '5.1', platform: 'Android', pairedBy: 'user-code' };
      const [createdAt, expiresAt] = [new Date(), new Date(Date.now() + 60_000)];
      await host.directory.createDevice({ id, userId, ...about, createdAt, expiresAt } as NewDevice);
      await host.directory.touchDevices([{ id, lastUsedAt: createdAt, lastAddress: '192.0.2.7' }]);
      const listed = await host.ask('/auth/devices', { user: 'eve' });
      expect(listed.json?.['devices']).to.deep.equal([
        {
          id,
          name: 'Phone',
          client_id: 'app',
          app_version: '5.1',
          platform: 'Android',
          paired_by: 'user-code',
          created_at: createdAt.toISOString(),
          expires_at: expiresAt.toISOString(),
          last_used_at: createdAt.toISOString(),
          last_address: '192.0.2.7',
        },
      ]);
    });

    it('revokes all other devices, or all devices', async () => {
      await host.ask('/who', { user: 'fay' });
      const [kept, ...others] = [await host.pair('fay'), await host.pair('fay'), await host.pair('fay')];
      const works = async () =>
        Promise.all([kept, ...others].map(async ({ token }) => (await host.ask('/api/guarded', { token })).status));
      const unknown = await host.write('DELETE', `/auth/devices?except=${crypto.randomUUID()}`, { user: 'fay' });
      expect(unknown.json).to.include({ code: 'ERR_DEVICE_UNKNOWN' });
      for (const query of ['except=', 'except=x', `except=${kept.id}&except=${kept.id}`]) {
        expect((await host.write('DELETE', `/auth/devices?${query}`, { user: 'fay' })).status, query).to.equal(404);
      }
      expect(await works()).to.deep.equal([200, 200, 200]);
      expect((await host.write('DELETE', `/auth/devices?except=${kept.id}`, { user: 'fay' })).status).to.equal(204);
      expect(await works()).to.deep.equal([200, 401, 401]);
      expect((await host.write('DELETE', '/auth/devices', { user: 'fay' })).status).to.equal(204);
      expect(await works()).to.deep.equal([401, 401, 401]);
    });

    it('are hidden from other users', async () => {
      await host.ask('/who', { user: 'emil' });
      const { id, token } = await host.pair('emil');
      await host.ask('/who', { user: 'mallory' });
      const answers = [
        await host.write('DELETE', `/auth/devices/${id}`, { user: 'mallory' }),
        await host.write('PATCH', `/auth/devices/${id}`, { user: 'mallory', json: { name: 'Mine' } }),
        await host.write('DELETE', `/auth/devices?except=${id}`, { user: 'mallory' }),
      ];
      for (const answer of answers) expect(answer.json).to.include({ code: 'ERR_DEVICE_UNKNOWN', status: 404 });
      expect((await host.ask('/api/guarded', { token })).status).to.equal(200);
    });
  });

  it('list the methods of a path when the method is not allowed', async () => {
    const answer = await host.write('PUT', '/auth/devices', { user: 'alice' });
    expect(answer.status).to.equal(405);
    expect(answer.headers.allow).to.equal('GET, HEAD, DELETE');
  });

  it('answer 404 for an id that is not text', async () => {
    const answer = await host.ask('/auth/pairings/%E0%A4%A');
    expect(answer.json).to.include({ code: 'ERR_NOT_FOUND', status: 404 });
    expect(host.hostErrors).to.deep.equal([]);
  });

  it('refuse text with control characters', async () => {
    await host.ask('/who', { user: 'alice' });
    const { id } = await host.pair('alice');
    for (const name of ['a\u0000b', 'a\nb', 'a\u2028b', 'a\ud800b']) {
      const answer = await host.write('PATCH', `/auth/devices/${id}`, { user: 'alice', json: { name } });
      expect(answer.json).to.include({ code: 'ERR_BODY_INVALID', detail: 'The member name is invalid.' });
    }
  });

  it('leave other paths to the host', async () => {
    const other = await startHost({
      store: null,
      routes: (routes) => routes.get('/auth/theirs', (_req, res) => void res.json({ theirs: true })),
    });
    try {
      expect((await other.ask('/auth/theirs')).json).to.deep.equal({ theirs: true });
    } finally {
      await other.close();
    }
  });
});
