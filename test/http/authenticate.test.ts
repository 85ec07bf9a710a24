// The authenticate middleware.
import { expect } from 'chai';
import type { Device } from '../../src/vocabulary/types.js';
import { type Host, startHost } from './harness.js';

describe('authenticate', () => {
  let host: Host;
  before(async () => {
    host = await startHost({ store: null });
  });
  after(() => host.close());

  it('makes a principal of the proxy’s assertion', async () => {
    const answer = await host.ask('/who', { user: 'alice', groups: 'admins' });
    expect(answer.json).to.deep.equal({ subject: 'alice', method: 'header', roles: ['admin'] });
  });

  it('sets no principal for a request without an assertion', async () => {
    expect((await host.ask('/who')).json).to.deep.equal({ roles: [] });
  });

  it('makes a principal of a token on an unguarded path', async () => {
    await host.ask('/who', { user: 'alice', groups: 'admins' });
    const { token } = await host.pair('alice');
    const answer = await host.ask('/api/who', { token });
    expect(answer.json).to.deep.equal({ subject: 'alice', method: 'token', roles: ['admin'] });
  });

  it('ignores tokens on guarded paths', async () => {
    const { token } = await host.pair('alice');
    expect((await host.ask('/who', { token })).json).to.deep.equal({ roles: [] });
  });

  it('answers 401 with a bare challenge to requests without credentials', async () => {
    for (const path of ['/guarded', '/api/guarded']) {
      const answer = await host.ask(path);
      expect(answer.status).to.equal(401);
      expect(answer.headers['www-authenticate']).to.equal('Bearer');
      expect(answer.json).to.include({ code: 'ERR_LOGIN_REQUIRED', status: 401 });
    }
  });

  it('names the fault of a bad token in the challenge', async () => {
    for (const token of ['', 'junk', 'a b', 'x'.repeat(5000)]) {
      const answer = await host.ask('/api/guarded', { token });
      expect(answer.status).to.equal(401);
      expect(answer.headers['www-authenticate']).to.equal('Bearer error="invalid_token"');
    }
  });

  it('ends a token with its device’s row, even if the token says later', async () => {
    await host.ask('/who', { user: 'alice' });
    const userId = (await host.directory.findUser('alice'))?.id ?? '';
    const id = crypto.randomUUID();
    const [createdAt, expiresAt] = [new Date(Date.now() - 2000), new Date(Date.now() - 1000)];
    await host.directory.createDevice({
      id,
      userId,
      name: 'Phone',
      clientId: 'app',
      pairedBy: 'qr',
      createdAt,
      expiresAt,
    });
    const later = new Date(Date.now() + 60_000);
    const token = host.tokens.mint({
      deviceId: id,
      subject: 'alice',
      clientId: 'app',
      issuedAt: createdAt,
      expiresAt: later,
    });
    const answer = await host.ask('/api/guarded', { token });
    expect(answer.json).to.include({ code: 'ERR_TOKEN_EXPIRED', status: 401 });
  });
});

describe('authenticate, continued', () => {
  let host: Host;
  afterEach(() => host.close());

  it('records the use of a device, but not of a refused one', async () => {
    const noted: unknown[] = [];
    const used = ({ id }: Device, address: () => string | undefined) => void noted.push([id, address()]);
    const liveness = { check: () => {}, used, asserted: () => {}, endsAt: ({ expiresAt }: Device) => expiresAt };
    host = await startHost({ store: null, services: { liveness } });
    await host.ask('/who', { user: 'alice' });
    const { id, token } = await host.pair('alice');
    await host.ask('/api/who', { token });
    await host.administration.devices.revoke('alice', id);
    await host.ask('/api/who', { token });
    expect(noted).to.deep.equal([[id, '127.0.0.1']]);
  });

  it('leaves bearer tokens to the host when Latchkey has no tokens', async () => {
    host = await startHost({ store: null, withoutTokens: true });
    expect((await host.ask('/api/who', { token: 'theirs' })).json).to.deep.equal({ roles: [] });
    expect(host.auth.tokenRouter).to.equal(undefined);
  });

  it('refuses the assertion of a local account if so configured', async () => {
    host = await startHost({ store: null, services: { localAccounts: 'refuse' } });
    await host.administration.users.create({ subject: 'root', authMethod: 'local' });
    const answer = await host.ask('/who', { user: 'root' });
    expect(answer.json).to.include({ code: 'ERR_ACCOUNT_LOCAL', status: 403 });
  });

  it('refuses disabled, pending, unknown and unmapped users, each with a code', async () => {
    const codes: unknown[] = [];
    for (const provisioning of ['create', 'pending', 'known-users', 'mapped-groups-only'] as const) {
      host = await startHost({ store: null, services: { provisioning } });
      if (provisioning === 'create') {
        await host.ask('/who', { user: 'zed' });
        await host.administration.users.disable('zed');
      }
      const answer = await host.ask('/who', { user: 'zed' });
      expect(answer.status).to.equal(403);
      codes.push(answer.json?.['code']);
      const userId = (await host.directory.findUser('zed'))?.id;
      const code = answer.json?.['code'];
      expect(host.events).to.deep.include({ type: 'login.refused', userId, subject: 'zed', code });
      if (provisioning !== 'mapped-groups-only') await host.close();
    }
    expect(codes).to.deep.equal([
      'ERR_ACCOUNT_DISABLED',
      'ERR_ACCOUNT_PENDING',
      'ERR_ACCOUNT_UNKNOWN',
      'ERR_ACCOUNT_UNMAPPED',
    ]);
  });

  it('reports refused assertions, without their values', async () => {
    host = await startHost({ store: null });
    await host.ask('/api/who', { user: 'mallory' });
    expect(host.events).to.deep.equal([
      { type: 'assertion.refused', code: 'ERR_UNGUARDED_IDENTITY', peer: '127.0.0.1' },
    ]);
  });
});
