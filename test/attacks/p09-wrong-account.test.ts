// P9: a victim's app is connected to the attacker's account. Every token response names the account.
import { expect } from 'chai';
import { startHost } from '../http/harness.js';
import { pairingRig, proofOf } from '../support/pairing-rig.js';

describe('P9: the account', () => {
  it('is in the result of every pairing method', async () => {
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

  it('is in every response of the token endpoint', async () => {
    const rig = await pairingRig({ approval: 'typed' });
    const { directory, state, pairings, tokens } = rig;
    const host = await startHost({ store: null, directory, state, services: { pairings, tokens } });
    const token = async (grant: string, members: Record<string, string>) => {
      const json = { grant_type: grant, client_id: 'app', device_name: 'Phone', ...members };
      return (await host.write('POST', '/api/auth/token', { json })).json ?? {};
    };
    const quickConnect = 'urn:latchkey:params:oauth:grant-type:quick-connect';
    const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
    try {
      const scanned = await token(quickConnect, proofOf((await pairings.open(rig.bob)).uri));
      const { id, code = '' } = await pairings.open(rig.bob);
      const waiting = await token(quickConnect, { code });
      await pairings.approve(rig.bob, id, String(waiting['match_number']));
      const approved = await token(deviceGrant, { device_code: String(waiting['device_code']) });
      const { userCode, deviceCode } = await pairings.authorize({ clientId: 'app', address: '192.0.2.1' });
      await pairings.approveRequest(rig.bob, userCode);
      const requested = await token(deviceGrant, { device_code: deviceCode });
      const again = await token(deviceGrant, { device_code: deviceCode });
      for (const answer of [scanned, approved, requested, again]) {
        expect(answer).to.have.property('access_token');
        expect(answer['account']).to.deep.equal({ subject: 'bob', display_name: 'The bob' });
      }
    } finally {
      await host.close();
      await rig.close();
    }
  });
});
