// P5, a lost answer is asked for again, which looks like a replay.
import { expect } from 'chai';
import { type PairingRig, pairingRig, proofOf } from '../support/pairing-rig.js';

const device = { redemptionId: 'a-random-redemption-id' };

describe('P5: lost answer', () => {
  let rig: PairingRig;
  beforeEach(async () => {
    rig = await pairingRig();
  });
  afterEach(() => rig.close());

  it('gives the same redemption its device and token again, for 60 s', async () => {
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

  it('gives it by QR as well', async () => {
    const { uri } = await rig.pairings.open(rig.alice);
    const first = await rig.redeem(proofOf(uri), device);
    expect(await rig.redeem(proofOf(uri), device)).to.deep.equal(first);
  });

  it('gives it even when the pairing’s time is over meanwhile', async () => {
    const { uri } = await rig.pairings.open(rig.alice);
    rig.clock.now += 290_000;
    await rig.redeem(proofOf(uri), device);
    rig.clock.now += 50_000;
    expect(await rig.outcome(proofOf(uri), device)).to.equal('token');
  });

  it('gives nothing after 60 s, and revokes nothing', async () => {
    const { code = '' } = await rig.pairings.open(rig.alice);
    await rig.redeem(code, device);
    rig.clock.now += 60_000;
    expect(await rig.outcome(code, device)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(1);
  });

  it('gives nothing for the redemption id alone', async () => {
    const { id, code = '' } = await rig.pairings.open(rig.alice);
    await rig.redeem(code, device);
    expect(await rig.outcome(`${code.slice(0, 5)}0000-0000`, device)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.outcome({ id, secret: 'guess' }, device)).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(1);
  });

  it('gives nothing to another app that sends the redemption id, and revokes as for any second redemption', async () => {
    const { uri } = await rig.pairings.open(rig.alice);
    await rig.redeem(proofOf(uri), device);
    expect(await rig.outcome(proofOf(uri), { ...device, clientId: 'other' })).to.equal('ERR_GRANT_INVALID');
    expect(await rig.devices()).to.have.length(0);
  });

  it('gives nothing when the owner revoked the device or is not admitted any more', async () => {
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
