// P5: the response is lost, and the retry looks like a replay.
import { expect } from 'chai';
import { type PairingRig, pairingRig, proofOf } from '../support/pairing-rig.js';

const device = { redemptionId: 'a-random-redemption-id' };

describe('P5: a lost response', () => {
  let rig: PairingRig;
  beforeEach(async () => {
    rig = await pairingRig();
  });
  afterEach(() => rig.close());

  it('is repeated with the same device and token to the same redemption, for 60 s', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    rig.clock.now += 119_000;
    const first = await rig.redeem(code, device);
    rig.clock.now += 59_000;
    const again = await rig.redeem(code, { ...device, deviceName: 'Another name' });
    expect(again).to.deep.equal({ ...first, expiresIn: first.expiresIn - 59 });
    expect(await rig.devices()).to.have.length(1);
    expect(rig.events.filter(({ type }) => type === 'device.paired')).to.have.length(1);
    expect(rig.events.filter(({ type }) => type === 'pairing.replayed')).to.have.length(0);
  });

  it('is repeated for a QR secret, too', async () => {
    const { uri } = await rig.pairings.open(rig.alice);
    const first = await rig.redeem(proofOf(uri), device);
    expect(await rig.redeem(proofOf(uri), device)).to.deep.equal(first);
  });

  it('is repeated even if the pairing has expired meanwhile', async () => {
    const { uri } = await rig.pairings.open(rig.alice);
    rig.clock.now += 290_000;
    await rig.redeem(proofOf(uri), device);
    rig.clock.now += 50_000;
    expect(await rig.outcome(proofOf(uri), device)).to.equal('token');
  });

  it('is not repeated after 60 s, but the device is not revoked', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    await rig.redeem(code, device);
    rig.clock.now += 60_000;
    expect(await rig.outcome(code, device)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(1);
  });

  it('is not repeated for the redemption id alone', async () => {
    const { id, code = '' } = await rig.pairings.open(rig.alice);
    await rig.redeem(code, device);
    expect(await rig.outcome(`${code.slice(0, 5)}0000-0000`, device)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.outcome({ id, secret: 'guess' }, device)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(1);
  });

  it('is not repeated to another app with the same redemption id, which counts as a replay', async () => {
    const { uri } = await rig.pairings.open(rig.alice);
    await rig.redeem(proofOf(uri), device);
    expect(await rig.outcome(proofOf(uri), { ...device, clientId: 'other' })).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(0);
  });

  it('is not repeated if the owner has revoked the device or is refused', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    const { deviceId } = await rig.redeem(code, device);
    await rig.directory.updateUser('alice', { disabled: true });
    expect(await rig.outcome(code, device)).to.equal('ERR_GRANT_INVALID');
    await rig.directory.updateUser('alice', { disabled: false });
    await rig.directory.revokeDevices(rig.alice.userId, { only: deviceId }, new Date());
    expect(await rig.outcome(code, device)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(0);
  });
});
