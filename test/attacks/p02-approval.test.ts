// P2: another person photographs or overhears the code. With approval, the code alone is worthless.
import { expect } from 'chai';
import { codeOf, pairingRig, proofOf } from '../support/pairing-rig.js';

describe('P2: approval', () => {
  it('gives a typed code no token before the approval if typed codes need it', async () => {
    const rig = await pairingRig({ approval: 'typed' });
    const { id, code = '' } = await rig.pairings.open(rig.alice);
    const { deviceCode, matchNumber } = await rig.claim(code, { redemptionId: 'the-first' });
    const poll = () => rig.pairings.collect({ deviceCode, clientId: 'app' }).then(() => 'token', codeOf);
    expect(await poll()).to.equal('ERR_AUTHORIZATION_PENDING');
    expect(await rig.devices()).to.have.length(0);
    await rig.pairings.approve(rig.alice, id, matchNumber);
    expect(await poll()).to.equal('token');
    const { uri } = await rig.pairings.open(rig.alice);
    expect(await rig.outcome(proofOf(uri)), 'the QR code needs none').to.equal('token');
  });

  it('gives a QR code no token before the approval if all codes need it', async () => {
    const rig = await pairingRig({ approval: 'always' });
    const { uri } = await rig.pairings.open(rig.alice);
    expect(await rig.outcome(proofOf(uri))).to.equal('waiting');
    expect(await rig.devices()).to.have.length(0);
  });

  it('gives a second claim nothing, before and after the approval', async () => {
    const rig = await pairingRig({ approval: 'always' });
    const { id, code = '', uri } = await rig.pairings.open(rig.alice);
    const { matchNumber } = await rig.claim(code, { redemptionId: 'the-first' });
    for (const proof of [{ code }, proofOf(uri)]) {
      expect(await rig.outcome(proof, { redemptionId: 'some-thief' })).to.equal('ERR_GRANT_INVALID');
    }
    await rig.pairings.approve(rig.alice, id, matchNumber);
    expect(await rig.outcome(code, { redemptionId: 'some-thief' })).to.equal('ERR_GRANT_INVALID');
    expect(await rig.outcome(code, { redemptionId: 'the-first' })).to.equal('token');
  });

  it('accepts no decision after the time is over, and issues no token', async () => {
    const rig = await pairingRig({ approval: 'always' });
    const { id, code = '' } = await rig.pairings.open(rig.alice);
    const { deviceCode, matchNumber } = await rig.claim(code, { redemptionId: 'the-first' });
    rig.clock.now += 300_000;
    expect(await rig.pairings.approve(rig.alice, id, matchNumber).catch(codeOf)).to.equal('ERR_PAIRING_ENDED');
    expect(await rig.pairings.deny(rig.alice, id).catch(codeOf)).to.equal('ERR_PAIRING_ENDED');
    expect(await rig.pairings.collect({ deviceCode, clientId: 'app' }).catch(codeOf)).to.equal(
      'ERR_DEVICE_CODE_EXPIRED',
    );
    expect(await rig.devices()).to.have.length(0);
  });

  it('shows the owner the device, its address and the age of its request', async () => {
    const rig = await pairingRig({ approval: 'always' });
    const { id, code = '' } = await rig.pairings.open(rig.alice);
    await rig.claim(code, { deviceName: 'Thief', platform: 'Android 16', appVersion: '2.3', address: '203.0.113.9' });
    rig.clock.now += 7000;
    expect((await rig.pairings.view(rig.alice, id)).claim).to.deep.equal({
      deviceName: 'Thief',
      clientId: 'app',
      platform: 'Android 16',
      appVersion: '2.3',
      address: '203.0.113.9',
      age: 7,
    });
    await rig.pairings.deny(rig.alice, id);
    expect(rig.events.map(({ type }) => type)).to.deep.equal(['pairing.opened', 'pairing.claimed', 'pairing.denied']);
  });
});
