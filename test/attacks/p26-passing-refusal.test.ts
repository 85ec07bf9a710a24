// P26: a temporary refusal (disabled, pending, no groups) must not make apps drop a valid token.
import { expect } from 'chai';
import type { HeaderLoginOn, LatchkeyOptions } from '../../src/index.js';
import { type ClientServer, clientCode, startClientServer, type TestApp, testApp } from '../support/client-rig.js';
import { day, type LivingInstance, type LivingRig, livingRig, tokenOptions } from '../support/living-rig.js';

type Phone = { readonly id: string; readonly token: string };

describe('P26: a valid token of a refused owner', () => {
  let rig: LivingRig;
  let one: LivingInstance;
  let two: LivingInstance;
  let phone: Phone;
  const start = async (
    options: Partial<LatchkeyOptions & HeaderLoginOn> = {},
    login: Record<string, string> = { user: 'ada' },
  ) => {
    rig = livingRig();
    one = await rig.start(options);
    two = await rig.start(options);
    await one.ask('/who', login);
    phone = await rig.pair('ada');
  };
  afterEach(() => rig.stop());

  const post = (instance: LivingInstance, path: string, form: Record<string, string>) =>
    instance.ask(`/api/auth/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: String(new URLSearchParams(form)),
    });
  const renew = (instance: LivingInstance) =>
    post(instance, 'token', { grant_type: 'refresh_token', refresh_token: phone.token, client_id: 'app' });

  async function expectRefused(code: string): Promise<void> {
    for (const instance of [one, two]) {
      const answer = await instance.ask('/api/who', { token: phone.token });
      expect(answer.json).to.include({ code, status: 403 });
      expect(answer.headers).not.to.have.property('www-authenticate');
      const renewed = await renew(instance);
      expect([renewed.status, renewed.json?.['error']]).to.deep.equal([403, 'temporarily_unavailable']);
    }
    const userId = (await rig.database.directory.findUser('ada'))?.id;
    expect(rig.events).to.deep.include({ type: 'login.refused', userId, subject: 'ada', code });
  }

  async function expectAdmitted(): Promise<void> {
    for (const instance of [one, two]) {
      expect((await instance.ask('/api/who', { token: phone.token })).json).to.include({ subject: 'ada' });
    }
    expect((await renew(one)).status).to.equal(200);
  }

  it('is refused with 403 while the owner is disabled, and works again afterwards', async () => {
    await start();
    await one.auth.users.disable('ada');
    await expectRefused('ERR_ACCOUNT_DISABLED');
    await one.auth.users.enable('ada');
    await expectAdmitted();
  });

  it('is refused with 403 while the owner waits for approval', async () => {
    await start();
    const { version } = (await one.auth.users.find('ada')) ?? { version: 0 };
    await one.auth.users.update('ada', { pending: true }, { version });
    await expectRefused('ERR_ACCOUNT_PENDING');
    await one.auth.users.approve('ada');
    await expectAdmitted();
  });

  it('is refused with 403 while none of the owner’s groups gives access', async () => {
    const groupRoles = { crew: ['editor'] };
    await start({ provisioning: 'mapped-groups-only', groupRoles }, { user: 'ada', groups: 'crew' });
    await one.ask('/who', { user: 'ada' });
    await expectRefused('ERR_ACCOUNT_UNMAPPED');
    await one.ask('/who', { user: 'ada', groups: 'crew' });
    await expectAdmitted();
  });

  it('ends with 401 after its device is revoked, has expired, or was idle for too long', async () => {
    await start({ tokens: { ...tokenOptions, idleDays: 30 } });
    const revoked = await rig.pair('ada');
    const expired = await rig.pair('ada', { expiresAt: new Date(rig.clock.now + day) });
    await one.auth.devices.revoke('ada', revoked.id);
    await one.auth.users.disable('ada');
    rig.clock.now += 2 * day;
    const code = async ({ token }: Phone) => (await one.ask('/api/who', { token })).json?.['code'];
    expect([await code(revoked), await code(expired), await code(phone)]).to.deep.equal([
      'ERR_TOKEN_REVOKED',
      'ERR_TOKEN_EXPIRED',
      'ERR_ACCOUNT_DISABLED',
    ]);
    rig.clock.now += 30 * day;
    expect(await code(phone)).to.equal('ERR_TOKEN_EXPIRED');
  });

  it('ends with 401 after its owner is deleted, even if a new user has the same subject', async () => {
    await start();
    await one.auth.users.delete('ada');
    for (const subject of ['nobody', 'ada']) {
      await one.ask('/who', { user: subject });
      const answer = await two.ask('/api/who', { token: phone.token });
      expect([answer.status, answer.headers['www-authenticate']], subject).to.deep.equal([
        401,
        'Bearer error="invalid_token"',
      ]);
    }
  });

  it('is inactive in introspection, for every reason', async () => {
    const introspection = [{ clientId: 'radio', secret: 's'.repeat(32) }];
    await start({ tokens: { ...tokenOptions, introspection } });
    await one.auth.users.disable('ada');
    const answer = await post(two, 'introspect', {
      token: phone.token,
      client_id: 'radio',
      client_secret: 's'.repeat(32),
    });
    expect([answer.status, answer.json]).to.deep.equal([200, { active: false }]);
  });
});

describe('P26: the client', () => {
  let server: ClientServer;
  let app: TestApp;
  beforeEach(async () => {
    server = await startClientServer();
    server.app.use(server.auth.problems);
    app = testApp();
    await app.connection.redeem({ issuer: server.issuer, code: (await server.pairing()).code });
  });
  afterEach(() => server.stop());

  it('keeps its token while the owner is disabled, and pairs no second device afterwards', async () => {
    await server.auth.users.disable('ada');
    expect((await app.connection.call('/api/library')).status).to.equal(403);
    expect(await clientCode(app.connection.renew())).to.equal('ERR_SUSPENDED');
    await server.auth.users.enable('ada');
    expect((await app.connection.call('/api/library')).status).to.equal(200);
    await app.connection.renew();
    expect(app.states).to.deep.equal(['connected']);
    expect(await server.devices()).to.have.length(1);
  });

  it('drops its token after the owner is deleted', async () => {
    await server.auth.users.delete('ada');
    expect(await clientCode(app.connection.call('/api/library'))).to.equal('ERR_DISCONNECTED');
  });
});
