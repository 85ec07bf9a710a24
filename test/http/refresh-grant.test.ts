// The exchange of the current token for a new one.
import { expect } from 'chai';
import { day, type LivingInstance, type LivingRig, livingRig, tokenOptions } from '../support/living-rig.js';
import { renew, renewed, use } from '../support/renewing.js';
import { startHost } from './harness.js';

describe('renewing a token', () => {
  const lifetimeDays = 3650;
  let rig: LivingRig;
  let one: LivingInstance;
  let phone: { id: string; token: string };

  async function begin(options: Parameters<LivingRig['start']>[0] = {}): Promise<void> {
    rig = livingRig();
    one = await rig.start(options);
    await one.ask('/who', { user: 'ada' });
    phone = await rig.pair('ada');
  }
  beforeEach(() => begin());
  afterEach(() => rig.stop());

  const row = async () => (await rig.database.directory.findDevice(phone.id))?.device;
  const refusal = async (token = phone.token, clientId?: string) => {
    const { status, json } = await renew(one, token, clientId);
    return [status, json?.['error']];
  };

  it('answers like the other grants, with a token of the same device for a full lifetime', async () => {
    rig.clock.now += 1000 * day;
    const { status, json, headers } = await renew(one, phone.token);
    expect(status).to.equal(200);
    expect(headers['cache-control']).to.equal('no-store');
    expect(json).to.deep.include({
      token_type: 'Bearer',
      expires_in: lifetimeDays * 86_400,
      device_id: phone.id,
      account: { subject: 'ada' },
      refresh_token: json?.['access_token'],
    });
    const token = String(json?.['access_token']);
    expect(token).not.to.equal(phone.token);
    rig.clock.now += 3000 * day;
    expect(await use(one, token)).to.equal('ok');
    expect(await use(one, phone.token)).to.equal('ERR_TOKEN_EXPIRED');
  });

  it('never extends a token past maximumDays after pairing', async () => {
    await rig.stop();
    await begin({ tokens: { ...tokenOptions, maximumDays: 4000 } });
    rig.clock.now += 3000 * day;
    const { json } = await renew(one, phone.token);
    expect(json?.['expires_in']).to.equal(1000 * 86_400);
    rig.clock.now += 1000 * day;
    expect(await use(one, String(json?.['access_token']))).to.equal('ERR_TOKEN_EXPIRED');
  });

  it('works for each new token in turn', async () => {
    let { token } = phone;
    for (let serial = 2; serial < 6; serial += 1) {
      token = await renewed(one, token);
      expect(await use(one, token)).to.equal('ok');
      expect((await row())?.serial).to.equal(serial);
    }
    expect(
      await rig.database.directory.listDevices((await row())?.userId ?? '', new Date(rig.clock.now)),
    ).to.have.length(1);
  });

  it('counts a renewal as the first use of a token', async () => {
    const second = await renewed(one, phone.token);
    const third = await renewed(one, second);
    expect((await row())?.serial).to.equal(2);
    expect(await use(one, third)).to.equal('ok');
    expect((await row())?.serial).to.equal(3);
  });

  it('works without quick connect', async () => {
    const host = await startHost({ store: null, withoutPairings: true });
    await host.ask('/who', { user: 'alice' });
    const { token } = await host.pair('alice');
    const json = { grant_type: 'refresh_token', refresh_token: token, client_id: 'app' };
    expect((await host.write('POST', '/api/auth/token', { json })).json).to.include({ token_type: 'Bearer' });
    const other = { ...json, grant_type: 'urn:latchkey:params:oauth:grant-type:quick-connect', code: 'x' };
    expect((await host.write('POST', '/api/auth/token', { json: other })).json).to.include({
      error: 'unsupported_grant_type',
    });
    await host.close();
  });

  it('refuses invalid tokens, and tokens of another app', async () => {
    expect(await refusal('junk')).to.deep.equal([400, 'invalid_grant']);
    expect(await refusal(`${phone.token}x`)).to.deep.equal([400, 'invalid_grant']);
    expect(await refusal(phone.token, 'another')).to.deep.equal([400, 'invalid_grant']);
    expect(await refusal('')).to.deep.equal([400, 'invalid_request']);
    expect((await row())?.renewedAt).to.equal(undefined);
    const next = await renewed(one, phone.token);
    expect(await refusal(next, 'another')).to.deep.equal([400, 'invalid_grant']);
    expect((await row())?.serial, 'shown by another app is not seen').to.equal(1);
  });

  it('refuses a serial that was never issued, and ends nothing', async () => {
    const host = await startHost({ store: null });
    await host.ask('/who', { user: 'alice' });
    const { id, token } = await host.pair('alice');
    const [issuedAt, expiresAt] = [new Date(), new Date(Date.now() + day)];
    for (const serial of [2, 3, 1000]) {
      const odd = host.tokens.mint({ deviceId: id, subject: 'alice', clientId: 'app', serial, issuedAt, expiresAt });
      expect((await host.ask('/api/guarded', { token: odd })).json).to.include({ code: 'ERR_TOKEN_INVALID' });
    }
    expect((await host.ask('/api/guarded', { token })).status).to.equal(200);
    await host.close();
  });

  it('refuses a device that is revoked or expired, or whose owner is refused', async () => {
    const { users, devices } = one.auth;
    await users.disable('ada');
    expect(await refusal()).to.deep.equal([403, 'temporarily_unavailable']);
    await users.enable('ada');
    expect(await use(one, phone.token), 'a disabled owner’s device stays').to.equal('ok');
    await devices.revoke('ada', phone.id);
    expect(await refusal()).to.deep.equal([400, 'invalid_grant']);
    phone = await rig.pair('ada', { expiresAt: new Date(rig.clock.now + day) });
    rig.clock.now += day;
    expect(await refusal()).to.deep.equal([400, 'invalid_grant']);
    expect((await row())?.renewedAt).to.equal(undefined);
  });

  it('refuses an idle device, and keeps a suspended one', async () => {
    await rig.stop();
    await begin({ tokens: { ...tokenOptions, idleDays: 2 } });
    rig.clock.now += 2 * day;
    expect(await refusal()).to.deep.equal([400, 'invalid_grant']);
    await rig.stop();
    await begin({ tokens: { ...tokenOptions, suspendAfterDays: 2 } });
    rig.clock.now += 2 * day;
    expect(await refusal()).to.deep.equal([403, 'temporarily_unavailable']);
    expect(await row()).to.not.have.any.keys('renewedAt', 'revokedAt');
    await one.ask('/who', { user: 'ada' });
    expect(await use(one, await renewed(one, phone.token))).to.equal('ok');
  });

  it('counts as a use', async () => {
    await rig.stop();
    await begin({ tokens: { ...tokenOptions, idleDays: 2 } });
    rig.clock.now += 1.5 * day;
    await renewed(one, phone.token);
    rig.clock.now += 1.5 * day;
    expect(await use(one, phone.token)).to.equal('ok');
  });

  it('answers 503 and changes nothing while the directory is unavailable', async () => {
    await use(one, phone.token);
    rig.database.mode = 'down';
    const { status, headers } = await renew(one, phone.token);
    expect([status, headers['retry-after']]).to.deep.equal([503, '2']);
    rig.database.mode = 'up';
    expect(await use(one, await renewed(one, phone.token))).to.equal('ok');
  });

  it('adds no cost to the requests after the first one', async () => {
    const token = await renewed(one, phone.token);
    for (let request = 0; request < 3; request += 1) await use(one, token);
    rig.directory.reset();
    rig.state.reset();
    expect(await use(one, token)).to.equal('ok');
    expect(await use(one, phone.token), 'within the grace').to.equal('ok');
    expect([rig.directory.count(), rig.state.count()]).to.deep.equal([0, 0]);
  });
});
