// The pairing service in the browser flow, from opening a pairing to the token.
import { expect } from 'chai';
import type { Owner } from '../../src/vocabulary/types.js';
import {
  appLink,
  codeOf,
  issuer,
  type PairingRig,
  pairingRig,
  proofOf,
  start,
  wrongCode,
} from '../support/pairing-rig.js';

describe('pairings', () => {
  let rig: PairingRig;
  let alice: Owner;
  beforeEach(async () => {
    rig = await pairingRig();
    alice = rig.alice;
  });
  afterEach(() => rig.close());

  it('opens a pairing with a code, a link and their expiry', async () => {
    rig.clock.now = start + 13_000;
    const view = await rig.pairings.open(alice);
    expect(view).to.have.all.keys('id', 'status', 'code', 'codeExpiresIn', 'expiresIn', 'uri');
    expect(view).to.include({ status: 'open', codeExpiresIn: 47, expiresIn: 300 });
    expect(view.code).to.match(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(rig.events).to.deep.equal([
      { type: 'pairing.opened', pairingId: view.id, userId: alice.userId, subject: 'alice' },
    ]);
  });

  it('exchanges the code for a device and its token', async () => {
    const { id, code = '' } = await rig.pairings.open(alice);
    rig.clock.now = start + 30_000;
    const redemption = await rig.redeem(code, { deviceName: '  Alice’s phone ', clientId: 'app/1.0' });
    expect(redemption).to.deep.include({
      expiresIn: 365 * 86_400,
      account: { subject: 'alice', displayName: 'The alice' },
    });
    expect(rig.tokens.verify(redemption.accessToken)).to.include({ deviceId: redemption.deviceId, subject: 'alice' });
    expect(await rig.devices()).to.deep.equal([
      {
        subject: 'alice',
        id: redemption.deviceId,
        userId: alice.userId,
        name: 'Alice’s phone',
        clientId: 'app/1.0',
        pairedBy: 'code',
        serial: 1,
        version: 1,
        lastAddress: '192.0.2.1',
        createdAt: new Date(start + 30_000),
        expiresAt: new Date(start + 30_000 + 365 * 86_400_000),
      },
    ]);
    expect(await rig.pairings.view(alice, id)).to.deep.equal({
      id,
      status: 'redeemed',
      expiresIn: 0,
      device: { id: redemption.deviceId, name: 'Alice’s phone' },
    });
    expect(rig.events.slice(1)).to.deep.equal([
      {
        type: 'device.paired',
        pairingId: id,
        userId: alice.userId,
        subject: 'alice',
        deviceId: redemption.deviceId,
        deviceName: 'Alice’s phone',
        clientId: 'app/1.0',
        pairedBy: 'code',
        address: '192.0.2.1',
      },
    ]);
  });

  it('exchanges the content of the QR code for a device and its token', async () => {
    const { uri } = await rig.pairings.open(alice);
    const { deviceId } = await rig.redeem(proofOf(uri));
    expect((await rig.devices())[0]).to.include({ id: deviceId, pairedBy: 'qr', userId: alice.userId });
  });

  it('pairs with a code of digits', async () => {
    const digits = await pairingRig({ codeFormat: 'digits' });
    const { code = '' } = await digits.pairings.open(digits.alice);
    expect(code).to.match(/^\d{4}-\d{4}-\d{4}$/);
    expect(await digits.outcome(wrongCode(code))).to.equal('ERR_GRANT_INVALID');
    expect(await digits.outcome(code.replaceAll('-', ' '))).to.equal('token');
    await digits.close();
  });

  it('shows a new code each minute and accepts the previous one', async () => {
    const { id, code = '' } = await rig.pairings.open(alice);
    rig.clock.now = start + 60_000;
    const next = await rig.pairings.view(alice, id);
    expect(next).to.include({ status: 'open', codeExpiresIn: 60, expiresIn: 240 });
    expect(next.code).to.not.equal(code);
    rig.clock.now = start + 119_999;
    expect(await rig.outcome(code)).to.equal('token');
  });

  it('refuses the code of two minutes ago and accepts the current one', async () => {
    const { id, code = '' } = await rig.pairings.open(alice);
    rig.clock.now = start + 120_000;
    expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.outcome((await rig.pairings.view(alice, id)).code ?? '')).to.equal('token');
  });

  it('expires after 300 s', async () => {
    const { id } = await rig.pairings.open(alice);
    rig.clock.now = start + 299_999;
    const { code = '', expiresIn, codeExpiresIn } = await rig.pairings.view(alice, id);
    expect([expiresIn, codeExpiresIn]).to.deep.equal([1, 1]);
    rig.clock.now = start + 300_000;
    expect(await rig.pairings.view(alice, id)).to.deep.equal({ id, status: 'expired', expiresIn: 0 });
    expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.pairings.cancel(alice, id).catch(codeOf)).to.equal('ERR_PAIRING_ENDED');
  });

  it('cancels an open pairing', async () => {
    const { id, code = '' } = await rig.pairings.open(alice);
    expect(await rig.pairings.cancel(alice, id)).to.deep.equal({ id, status: 'cancelled', expiresIn: 0 });
    expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.pairings.cancel(alice, id).catch(codeOf)).to.equal('ERR_PAIRING_ENDED');
    expect(await rig.pairings.qr(alice, id).catch(codeOf)).to.equal('ERR_PAIRING_ENDED');
    expect(rig.events[1]).to.deep.equal({
      type: 'pairing.cancelled',
      pairingId: id,
      userId: alice.userId,
      subject: 'alice',
    });
  });

  it('says no more about its owner in events than the id and the subject', async () => {
    const whole = { ...alice, displayName: 'Alice', roles: ['admin'] };
    const { id } = await rig.pairings.open(whole);
    await rig.pairings.cancel(whole, id);
    const said = { pairingId: id, userId: alice.userId, subject: 'alice' };
    expect(rig.events).to.deep.equal([
      { type: 'pairing.opened', ...said },
      { type: 'pairing.cancelled', ...said },
    ]);
  });

  it('shows a pairing only to its owner', async () => {
    const { id } = await rig.pairings.open(alice);
    for (const call of [
      rig.pairings.view(rig.bob, id),
      rig.pairings.cancel(rig.bob, id),
      rig.pairings.qr(rig.bob, id),
      rig.pairings.watch(rig.bob, id, () => undefined),
      rig.pairings.view(alice, '00000000-0000-4000-8000-000000000000'),
      rig.pairings.view(alice, '__proto__'),
    ]) {
      expect(await call.catch(codeOf)).to.equal('ERR_PAIRING_UNKNOWN');
    }
    expect(await rig.pairings.view(alice, id)).to.include({ status: 'open' });
  });

  it('does not find a pairing whose key is no longer in the key ring', async () => {
    const { id, code = '' } = await rig.pairings.open(alice);
    const { keyRing } = await import('../../src/tokens/key-ring.js');
    const other = rig.instance({ keys: keyRing([{ kid: 'other', secret: 'x'.repeat(32) }]) });
    expect(await other.view(alice, id).catch(codeOf)).to.equal('ERR_PAIRING_UNKNOWN');
    const device = { clientId: 'app', deviceName: 'Phone', address: '192.0.2.1' };
    expect(await other.redeem({ code }, device).catch(codeOf)).to.equal('ERR_GRANT_INVALID');
  });

  it('refuses redemption if the owner is no longer admitted', async () => {
    const { id, code = '' } = await rig.pairings.open(alice);
    await rig.directory.updateUser('alice', { disabled: true });
    expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
    await rig.directory.deleteUser('alice');
    await rig.directory.createUser({ subject: 'alice', authMethod: 'proxy' });
    expect(await rig.outcome(code), 'the subject came back as somebody else').to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(0);
    expect(await rig.pairings.view(alice, id)).to.include({ status: 'open' });
  });

  it('refuses redemption if the owner is deleted while the device is created', async () => {
    const { code = '' } = await rig.pairings.open(alice);
    rig.around = async (verb, call) => {
      if (verb === 'createDevice') await rig.directory.deleteUser('alice');
      return call();
    };
    expect(await rig.outcome(code)).to.equal('ERR_GRANT_INVALID');
  });

  it('names the malformed member of the body', async () => {
    const { code = '' } = await rig.pairings.open(alice);
    const bad: [string, Record<string, unknown>][] = [
      ['device_name', { deviceName: '' }],
      ['device_name', { deviceName: '   ' }],
      ['device_name', { deviceName: 'x'.repeat(65) }],
      ['device_name', { deviceName: 'a\nb' }],
      ['device_name', { deviceName: 'a\u202eb' }],
      ['device_name', { deviceName: 'a\ud800b' }],
      ['app_version', { appVersion: '' }],
      ['platform', { platform: 'x'.repeat(65) }],
      ['platform', { platform: 'a\u2028b' }],
      ['client_id', { clientId: '' }],
      ['client_id', { clientId: 'a b' }],
      ['client_id', { clientId: 'x'.repeat(65) }],
      ['client_id', { clientId: 7 }],
      ['redemption_id', { redemptionId: 'short' }],
      ['redemption_id', { redemptionId: 'x'.repeat(129) }],
      ['redemption_id', { redemptionId: 'a b c d e f' }],
      ['redemption_id', { redemptionId: 12345678 }],
    ];
    for (const [member, device] of bad) {
      const error = await rig.redeem(code, device).catch((thrown: unknown) => thrown);
      expect(codeOf(error)).to.equal('ERR_BODY_INVALID');
      expect(error)
        .to.have.property('message')
        .that.matches(new RegExp(`^${member} `));
    }
    for (const proof of [{ code: '' }, { code: 5 }, { code: 'x'.repeat(129) }, { id: 5, secret: 'x' }, { id: 'x' }]) {
      expect(await rig.outcome(proof as never)).to.equal('ERR_BODY_INVALID');
    }
    const name = '👩‍👩‍👧'.repeat(12);
    expect(await rig.outcome(code, { deviceName: name, clientId: 'a.b_c:d/e-f' })).to.equal('token');
    expect((await rig.devices())[0]).to.include({ name });
  });

  it('refuses an app link that is not an https URL, and unknown formats', () => {
    for (const link of ['music', 'http://music.example.com', 'javascript:alert(1)', `${appLink}#x`, undefined]) {
      expect(() => rig.instance({ appLink: link as string }))
        .to.throw()
        .with.property('code', 'ERR_CONFIG');
    }
    expect(() => rig.instance({ appLink: 'http://localhost:3000/link' })).to.not.throw();
    expect(() => rig.instance({ codeFormat: 'words' as never }))
      .to.throw()
      .with.property('code', 'ERR_CONFIG');
  });

  it('includes the issuer in the link', async () => {
    const { uri = '' } = await rig.pairings.open(alice);
    expect(new URLSearchParams(uri.split('#')[1]).get('iss')).to.equal(issuer);
  });
});
