// test/attacks: P9, a victim's app is connected to the attacker's account. Every token answer names the account.
import { expect } from 'chai';
import { pairingRig, proofOf } from '../support/pairing-rig.js';

describe('P9: the account is named', () => {
  it('by each way to a token', async () => {
    const account = { subject: 'bob', displayName: 'The bob' };
    const rig = await pairingRig();
    const { code = '' } = await rig.pairings.open(rig.bob);
    expect((await rig.redeem(code)).account).to.deep.equal(account);
    const { uri } = await rig.pairings.open(rig.bob);
    expect((await rig.redeem(proofOf(uri))).account).to.deep.equal(account);
    const { userCode, deviceCode } = await rig.pairings.authorize({ clientId: 'app', address: '192.0.2.1' });
    await rig.pairings.approveRequest(rig.bob, userCode);
    expect((await rig.pairings.collect({ deviceCode, clientId: 'app' })).account).to.deep.equal(account);
  });
});
